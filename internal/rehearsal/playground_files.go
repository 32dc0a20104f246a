// The files with which ordinary NATS clients connect to a playground.
package rehearsal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bodybroker/platform/catalog"
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

// natsContext is a context of the nats CLI (NATS ADR-21, "NATS Configuration Contexts").
type natsContext struct {
	Description string `json:"description"`
	URL         string `json:"url"`
	NKey        string `json:"nkey"`
	CA          string `json:"ca"`
	InboxPrefix string `json:"inbox_prefix"`
}

// contextFile is the file of an identity's context.
func contextFile(folder, identity string) string {
	return filepath.Join(folder, contexts, identity+".json")
}

// identities are the names of all identities that the cloud holds a seed of.
func (p *playground) identities() []string {
	var names []string
	for _, r := range p.stage.Cloud.Records("aws:secretsmanager/secretVersion:SecretVersion") {
		name := nameOf(r.URN)
		if strings.HasPrefix(name, "identity-") && strings.HasSuffix(name, "-seed-version") {
			names = append(names, strings.TrimSuffix(strings.TrimPrefix(name, "identity-"), "-seed-version"))
		}
	}
	return names
}

// write makes the folder anew: the authority, and for every identity its seed and a context.
func (p *playground) write(ctx context.Context) error {
	outputs, err := p.stage.Outputs(ctx)
	if err != nil {
		return err
	}
	authority, _ := outputs["natsCertificate"].Value.(string)
	if err := os.MkdirAll(filepath.Join(p.folder, contexts), 0o700); err != nil {
		return err
	}
	errs := []error{
		os.Chmod(p.folder, 0o700),
		os.WriteFile(filepath.Join(p.folder, authorityFile), []byte(authority), 0o600),
	}
	for _, identity := range p.identities() {
		errs = append(errs, p.writeIdentity(identity))
	}
	return errors.Join(errs...)
}

func (p *playground) writeIdentity(identity string) error {
	seed, err := seedOf(p.stage.Cloud, identity)
	if err != nil {
		return err
	}
	file := filepath.Join(p.folder, identity+seedSuffix)
	content, err := json.MarshalIndent(natsContext{
		Description: "the rehearsed platform, as " + identity,
		URL:         p.urls(),
		NKey:        file,
		CA:          filepath.Join(p.folder, authorityFile),
		InboxPrefix: catalog.Inbox(identity),
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the context of %s: %w", identity, err)
	}
	return errors.Join(
		os.WriteFile(file, seed, 0o600),
		os.WriteFile(contextFile(p.folder, identity), content, 0o600),
	)
}
