// The stack's configuration, and updates with other values than the shipped ones.

package stage

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"github.com/bodybroker/platform/internal/toolchain"
)

// UpWith updates with configuration set over the shipped one.
func (s *Stage) UpWith(ctx context.Context, override map[string]any) (Steps, error) {
	if err := s.Configure(override); err != nil {
		return Steps{}, err
	}
	steps, err := s.Up(ctx)
	if err != nil {
		return steps, err
	}
	return steps, nil
}

// Restore brings the platform back to its shipped configuration.
func (s *Stage) Restore(ctx context.Context) error {
	if _, err := s.UpWith(ctx, nil); err != nil {
		return fmt.Errorf("going back to the shipped configuration: %w", err)
	}
	return nil
}

// Images is the shipped serviceImages with some changed or added.
func (s *Stage) Images(change map[string]string) (map[string]any, error) {
	shipped, err := s.Shipped("serviceImages")
	if err != nil {
		return nil, err
	}
	images, _ := shipped.(map[string]any)
	for service, tag := range change {
		images[service] = tag
	}
	return images, nil
}

// Retire takes a service away again as docs/runbook.md says: its repository, secret and logs are
// protected, so protection is lifted by an update of its own before the service is taken out.
func (s *Stage) Retire(ctx context.Context, with map[string]any) error {
	with["protect"] = false
	if _, err := s.UpWith(ctx, with); err != nil {
		return fmt.Errorf("lifting the protection: %w", err)
	}
	return s.Restore(ctx)
}

// NewAMI is the second image of the embedded AWS.
const NewAMI = "ami-0b2c3d4e5f6071829"

// Shipped is one value of the stack's shipped configuration, "" where it is not set.
func (s *Stage) Shipped(key string) (any, error) {
	file := s.shippedFile()
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
	return read.Config["nats-platform:"+key], nil
}

// Configure writes the stack's configuration: the shipped file, with the overrides over it.
func (s *Stage) Configure(override map[string]any) error {
	values := map[string]any{}
	for _, file := range []string{s.shippedFile(), s.stackFile()} {
		content, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("configuring the rehearsed stack: %w", err)
		}
		var read map[string]any
		if err := yaml.Unmarshal(content, &read); err != nil {
			return fmt.Errorf("configuring the rehearsed stack: reading %s: %w", file, err)
		}
		for key, value := range read {
			// The stack's own file contributes its encryption salt, never old configuration.
			if key != "config" || file != s.stackFile() {
				values[key] = value
			}
		}
	}
	config, _ := values["config"].(map[string]any)
	config["aws:region"] = s.Cloud.Region
	for key, value := range s.artifacts() {
		config["nats-platform:"+key] = value
	}
	for key, value := range override {
		config["nats-platform:"+key] = value
	}
	content, err := yaml.Marshal(values)
	if err != nil {
		return fmt.Errorf("configuring the rehearsed stack: %w", err)
	}
	if err := os.WriteFile(s.stackFile(), content, 0o600); err != nil {
		return fmt.Errorf("configuring the rehearsed stack: %w", err)
	}
	return nil
}

func (s *Stage) shippedFile() string {
	return cmp.Or(s.Options.Configuration, filepath.Join(s.Options.Root, "Pulumi."+s.Options.Stack+".yaml"))
}

func (s *Stage) stackFile() string {
	return filepath.Join(s.Dir, "work", "Pulumi."+s.Options.Stack+".yaml")
}

// artifacts are absolute here: an inline program runs wherever the rehearsal was started.
func (s *Stage) artifacts() map[string]any {
	folder := filepath.Join(s.Options.Root, "artifacts")
	return map[string]any{
		"natsServerBinary":  filepath.Join(folder, toolchain.ServerFile),
		"natsNodeProgram":   filepath.Join(folder, toolchain.NodeFile),
		"controllerArchive": filepath.Join(folder, toolchain.ControllerFile),
	}
}
