// Faults that an update must refuse or survive, and what is expected of the refusal.

package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/toolchain"
)

// ExpectRefusal says what is missing from an error that should name what it protects.
func ExpectRefusal(err error, words ...string) error {
	if err == nil {
		return fmt.Errorf("was not refused")
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			return fmt.Errorf("the refusal does not say %q: %w", word, err)
		}
	}
	return nil
}

// ShortGate is the controller's limit while a gate is meant to fail: several boots long.
const ShortGate = 20 * time.Second

// ExpectFailedReplacement breaks something, and expects the replacement of nats-1 to fail with all
// words and to leave the other nodes alone, mends it and expects the next replacement to succeed.
// look sees what the fault did.
func ExpectFailedReplacement(
	ctx context.Context,
	s *Stage,
	broken func() (mend func() error, err error),
	look func(*Cluster, Node) error,
	words ...string,
) error {
	c, err := NewCluster(ctx, s)
	if err != nil {
		return err
	}
	defer c.Detach()
	if err := c.AwaitHealthy(ctx); err != nil {
		return err
	}
	nodes := c.Nodes()
	before, err := c.Servers(ctx)
	if err != nil {
		return err
	}
	mend, err := broken()
	if err != nil {
		return err
	}
	s.GateLimit = ShortGate
	_, failed := s.ReplaceNode(ctx, "nats-1")
	s.GateLimit = 0
	err = errors.Join(ExpectRefusal(failed, words...), c.ExpectUntouched(ctx, nodes[1:], before))
	if now := c.Nodes(); err == nil && look != nil {
		err = look(c, now[0])
	}
	if err = errors.Join(err, mend()); err != nil {
		return err
	}
	if _, err := s.ReplaceNode(ctx, "nats-1"); err != nil {
		return fmt.Errorf("with the fault repaired: %w", err)
	}
	return c.AwaitHealthy(ctx)
}

// WithoutRights takes statements out of the nodes' role until mend.
func WithoutRights(s *Stage, sids ...string) func() (func() error, error) {
	const token = "aws:iam/rolePolicy:RolePolicy"
	return func() (func() error, error) {
		for _, r := range s.Cloud.Records(token) {
			if NameOf(r.URN) != "nats-node" {
				continue
			}
			before := fmt.Sprint(r.Get("policy"))
			var document struct {
				Version   string
				Statement []map[string]any
			}
			if err := json.Unmarshal([]byte(before), &document); err != nil {
				return nil, fmt.Errorf("reading the nodes' rights: %w", err)
			}
			all := len(document.Statement)
			document.Statement = slices.DeleteFunc(document.Statement, func(statement map[string]any) bool {
				return slices.Contains(sids, fmt.Sprint(statement["Sid"]))
			})
			less, err := json.Marshal(document)
			if err != nil || len(document.Statement) != all-len(sids) {
				return nil, errors.Join(
					fmt.Errorf("expected the nodes' role to have statements %v, got %q", sids, before),
					err,
				)
			}
			set := func(text string) error {
				s.Cloud.Change(
					token,
					r.ID,
					func(properties resource.PropertyMap) { properties["policy"] = resource.NewProperty(text) },
				)
				return nil
			}
			return func() error { return set(before) }, set(string(less))
		}
		return nil, errors.New("the nodes' role has no policy")
	}
}

// BadServer is a server program that does not start.
func BadServer(s *Stage) (file string, err error) {
	file = filepath.Join(s.Dir, "bad-"+toolchain.ServerFile)
	return file, os.WriteFile(file, []byte("#!/bin/sh\necho this is no server >&2\nexit 1\n"), 0o755)
}
