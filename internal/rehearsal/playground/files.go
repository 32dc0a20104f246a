// The files with which ordinary NATS clients connect to a playground.

package playground

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

const (
	authorityFile           = "ca.pem"
	seedSuffix              = ".nk"
	playgroundAdministrator = catalog.Administrator
	// playgroundSystem is the controller's identity in the system account (stacks/foundation.go).
	playgroundSystem = "controller"
	// contexts is where the nats CLI looks for contexts under XDG_CONFIG_HOME (nats-io/jsm.go,
	// natscontext).
	contexts = "nats/context"
)

// Context is a context of the nats CLI (NATS ADR-21, "NATS Configuration Contexts").
type Context struct {
	Description string `json:"description"`
	URL         string `json:"url"`
	NKey        string `json:"nkey"`
	CA          string `json:"ca"`
	InboxPrefix string `json:"inbox_prefix"`
}

// ContextFile is the file of an identity's context.
func ContextFile(folder, identity string) string {
	return filepath.Join(folder, contexts, identity+".json")
}

// identities are the names of all identities that the cloud holds a seed of.
func (p *Playground) identities() []string {
	var names []string
	for _, r := range p.stage.Cloud.Records("aws:secretsmanager/secretVersion:SecretVersion") {
		name := stage.NameOf(r.URN)
		if strings.HasPrefix(name, "identity-") && strings.HasSuffix(name, "-seed-version") {
			names = append(names, strings.TrimSuffix(strings.TrimPrefix(name, "identity-"), "-seed-version"))
		}
	}
	return names
}

// write makes the folder anew: the authority, and for every identity its seed and a context.
func (p *Playground) write(ctx context.Context) error {
	outputs, err := p.stage.Outputs(ctx)
	if err != nil {
		return err
	}
	authority, _ := outputs["natsCertificate"].Value.(string)
	if err := os.MkdirAll(filepath.Join(p.Folder, contexts), 0o700); err != nil {
		return err
	}
	errs := []error{
		os.Chmod(p.Folder, 0o700),
		os.WriteFile(filepath.Join(p.Folder, authorityFile), []byte(authority), 0o600),
	}
	for _, identity := range p.identities() {
		errs = append(errs, p.writeIdentity(identity))
	}
	return errors.Join(errs...)
}

func (p *Playground) writeIdentity(identity string) error {
	seed, err := stage.SeedOf(p.stage.Cloud, identity)
	if err != nil {
		return err
	}
	file := filepath.Join(p.Folder, identity+seedSuffix)
	content, err := json.MarshalIndent(Context{
		Description: "the rehearsed platform, as " + identity,
		URL:         p.urls(),
		NKey:        file,
		CA:          filepath.Join(p.Folder, authorityFile),
		InboxPrefix: catalog.Inbox(identity),
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the context of %s: %w", identity, err)
	}
	return errors.Join(
		os.WriteFile(file, seed, 0o600),
		os.WriteFile(ContextFile(p.Folder, identity), content, 0o600),
	)
}
