// Package release keeps production as a release leaves it, for the drill upgrade.preview: it is
// brought up in an account that only keeps records.
package release

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"github.com/bodybroker/platform/internal/releasefixture"
)

// fixtureConfiguration is what an operator adds to the shipped configuration, and what makes parts
// that it leaves out.
var fixtureConfiguration = map[string]any{
	"allowedAccounts":     []any{"123456789012"},
	"alarmEmails":         []any{"platform@example.com"},
	"gatewayDomain":       fixtureDomain,
	"gatewayHostedZoneId": fixtureZone,
	"verificationImage":   "verification-1.0.0",
}

// Keep brings production up as the program of today makes it and keeps its state as the
// fixture of a release.
func Keep(ctx context.Context, root, release string, out io.Writer) (err error) {
	s, closing, err := FixtureStage(ctx, root, "", fixtureConfiguration, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	steps, err := s.Up(ctx)
	if err != nil {
		return fmt.Errorf("bringing production up for its fixture: %w", err)
	}
	state, err := s.Export(ctx)
	if err != nil {
		return err
	}
	configuration, err := fixtureFile(root)
	if err != nil {
		return err
	}
	if err := releasefixture.Save(root, release, state, configuration); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s/%s holds production as %s leaves it: %s\n",
		releasefixture.Folder, release, release, steps.Summary())
	return nil
}

// fixtureFile is the shipped configuration of production with the fixture's over it.
func fixtureFile(root string) ([]byte, error) {
	file := filepath.Join(root, "Pulumi."+releasefixture.Stack+".yaml")
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the shipped configuration: %w", err)
	}
	var read struct {
		Config map[string]any `yaml:"config"`
	}
	if err := yaml.Unmarshal(content, &read); err != nil {
		return nil, fmt.Errorf("reading the shipped configuration %s: %w", file, err)
	}
	values := maps.Clone(read.Config)
	for key, value := range fixtureConfiguration {
		values["nats-platform:"+key] = value
	}
	return yaml.Marshal(map[string]any{"config": values})
}
