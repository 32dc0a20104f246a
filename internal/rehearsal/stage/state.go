// A stage's state as the engine exports and imports it.

package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"gopkg.in/yaml.v3"
)

// Export is the stack's state with its secrets in clear.
func (s *Stage) Export(ctx context.Context) (apitype.UntypedDeployment, error) {
	return s.Stack.Export(ctx)
}

// Import makes a deployment with its secrets in clear the stack's state. The engine encrypts them
// as the state says, so the stack's own salt is put there.
func (s *Stage) Import(ctx context.Context, deployment apitype.UntypedDeployment) error {
	content, err := os.ReadFile(s.stackFile())
	if err != nil {
		return fmt.Errorf("importing a state: reading the stack's salt: %w", err)
	}
	var file struct {
		Salt string `yaml:"encryptionsalt"`
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		return fmt.Errorf("importing a state: reading the stack's salt: %w", err)
	}
	state := map[string]json.RawMessage{}
	if err := json.Unmarshal(deployment.Deployment, &state); err != nil {
		return fmt.Errorf("importing a state: reading it: %w", err)
	}
	state["secrets_providers"], err = json.Marshal(map[string]any{
		"type":  "passphrase",
		"state": map[string]any{"salt": file.Salt},
	})
	if err != nil {
		return fmt.Errorf("importing a state: writing its salt: %w", err)
	}
	if deployment.Deployment, err = json.Marshal(state); err != nil {
		return fmt.Errorf("importing a state: writing it: %w", err)
	}
	return s.Stack.Import(ctx, deployment)
}
