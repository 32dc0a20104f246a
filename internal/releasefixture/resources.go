// The resources of a deployment, as the account that it came from had them.

package releasefixture

import (
	"encoding/json"
	"strings"
)

// resources are those of providers; components and the stack are nothing in an account.
func resources(deployment any) (found []Resource) {
	top, _ := deployment.(map[string]any)
	list, _ := top["resources"].([]any)
	for _, r := range list {
		entry, _ := r.(map[string]any)
		token, _ := entry["type"].(string)
		if entry["custom"] != true || strings.HasPrefix(token, "pulumi:") {
			continue
		}
		urn, _ := entry["urn"].(string)
		id, _ := entry["id"].(string)
		outputs, _ := inClear(entry["outputs"]).(map[string]any)
		found = append(found, Resource{
			URN:     urn,
			Type:    token,
			ID:      id,
			Outputs: outputs,
		})
	}
	return found
}

// inClear is a value with its secrets opened and without files.
func inClear(value any) any {
	switch v := value.(type) {
	case map[string]any:
		if v[signature] == secretSignature {
			value, _ := open(v)
			return inClear(value)
		}
		opened := map[string]any{}
		for key, inner := range v {
			if key != signature {
				opened[key] = inClear(inner)
			}
		}
		return opened
	case []any:
		opened := make([]any, len(v))
		for i, inner := range v {
			opened[i] = inClear(inner)
		}
		return opened
	case json.Number:
		number, _ := v.Float64() // the engine's only kind of number
		return number
	}
	return value
}

// nameOf is the logical name at the end of a URN.
func nameOf(urn string) string { return urn[strings.LastIndex(urn, "::")+2:] }
