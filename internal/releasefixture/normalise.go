// What is left out of a kept state: when, where and from which line of code it was made.

package releasefixture

import (
	"errors"
	"path"
)

// made is the time in every fixture; the engine requires one.
const made = "2025-01-01T00:00:00Z"

// normalise changes the deployment in place.
func normalise(deployment any) error {
	top, _ := deployment.(map[string]any)
	manifest, _ := top["manifest"].(map[string]any)
	list, _ := top["resources"].([]any)
	if manifest == nil || len(list) == 0 {
		return errors.New("the state has no manifest or no resources: keep the state of a stack that is up")
	}
	manifest["time"] = made
	delete(top, "metadata")
	delete(top, "secrets_providers") // the stack that imports it has its own
	for _, r := range list {
		resource, _ := r.(map[string]any)
		for _, key := range []string{"created", "modified", "sourcePosition", "stackTrace"} {
			delete(resource, key)
		}
		walk(resource, namelessFile)
	}
	return nil
}

// namelessFile takes the folder off the path of a file that was uploaded: its hash is compared.
func namelessFile(value map[string]any) {
	if file, ok := value["path"].(string); ok &&
		(value[signature] == assetSignature || value[signature] == archiveSignature) {
		value["path"] = path.Base(file)
	}
}

// walk visits every object in a value, outer ones first.
func walk(value any, change func(map[string]any)) {
	switch v := value.(type) {
	case map[string]any:
		change(v)
		for _, inner := range v {
			walk(inner, change)
		}
	case []any:
		for _, inner := range v {
			walk(inner, change)
		}
	}
}
