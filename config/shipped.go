// The stack files that are shipped with the project, at the top of the repository. Tests and the
// rehearsal read them, so that they run with what production runs with.

package config

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// LoadShipped reads Pulumi.<stack>.yaml and the Pulumi.yaml next to it, and returns the
// configuration as the engine passes it to the program: full key (nats-platform:vpcCidr) to
// string, arrays and objects as JSON, with the defaults of Pulumi.yaml for what the stack does
// not set. A missing or malformed file, a value of another type than Pulumi.yaml declares and
// an encrypted value are errors.
func LoadShipped(file string) (map[string]string, error) {
	project, err := workspace.LoadProject(filepath.Join(filepath.Dir(file), "Pulumi.yaml"))
	if err != nil {
		return nil, fmt.Errorf("reading the project of %s: %w", file, err)
	}
	// The engine's loader takes a missing file for an empty stack.
	if _, err := filepath.EvalSymlinks(file); err != nil {
		return nil, fmt.Errorf("reading stack file %s: %w", file, err)
	}
	stack, err := workspace.LoadProjectStack(nil, project, file)
	if err != nil {
		return nil, fmt.Errorf("reading stack file %s: %w", file, err)
	}
	raw, err := defaults(project)
	if err != nil {
		return nil, err
	}
	if keys := stack.Config.SecureKeys(); len(keys) > 0 {
		return nil, fmt.Errorf(
			"reading the values of %s: %s is encrypted, and a shipped file holds no secret",
			file,
			keys[0],
		)
	}
	values, err := stack.Config.Decrypt(config.NopDecrypter)
	if err != nil {
		return nil, fmt.Errorf("reading the values of %s: %w", file, err)
	}
	for key, value := range values {
		if err := checkType(project, key, value); err != nil {
			return nil, fmt.Errorf("reading the values of %s: %w", file, err)
		}
		raw[key.String()] = value
	}
	return raw, nil
}

func defaults(project *workspace.Project) (map[string]string, error) {
	raw := make(map[string]string, len(project.Config))
	for name, declared := range project.Config {
		text, isText := declared.Default.(string)
		if !isText {
			encoded, err := json.Marshal(declared.Default)
			if err != nil {
				return nil, fmt.Errorf("reading the default of %s in Pulumi.yaml: %w", name, err)
			}
			text = string(encoded)
		}
		raw[project.Name.String()+":"+name] = text
	}
	return raw, nil
}

// checkType applies the engine's own check of a value against its declared type.
func checkType(project *workspace.Project, key config.Key, value string) error {
	declared, known := project.Config[key.Name()]
	if !known || key.Namespace() != project.Name.String() {
		return nil // Decode refuses unknown keys
	}
	var decoded any = value
	if name := declared.TypeName(); name == "array" || name == "object" {
		if err := json.Unmarshal([]byte(value), &decoded); err != nil {
			return fmt.Errorf("%s: expected %s, got %s", key, name, value)
		}
	}
	if !workspace.ValidateConfigValue(declared.TypeName(), declared.Items, decoded) {
		return fmt.Errorf(
			"%s: expected %s, got %s",
			key,
			workspace.InferFullTypeName(declared.TypeName(), declared.Items),
			value,
		)
	}
	return nil
}
