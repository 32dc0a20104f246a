// Reading the configuration from the engine. Why this looks into the SDK's context, and what
// guards it, is docs/adr/0005-strict-configuration.md.

package config

import (
	"fmt"
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Read decodes the complete configuration of the stack. The error is Faults when values were
// refused: then the Config is filled with defaults in their place, so that the faults of
// Validate can be reported together with these (Refusal). Any other error means that the
// configuration could not be read.
func Read(ctx *pulumi.Context) (Config, error) {
	keys, err := configKeys(ctx)
	if err != nil {
		return Config{}, err
	}
	raw := make(map[string]string, len(keys))
	for _, key := range keys {
		if value, set := ctx.GetConfig(key); set {
			raw[key] = value
		}
	}
	config, faults := Decode(raw, ctx.IsConfigSecret)
	if len(faults) > 0 {
		return config, Faults(faults)
	}
	return config, nil
}

// configKeys lists the keys of the context's configuration. The SDK can look one key up but
// not list them, and a misspelled key can be noticed only in a list.
func configKeys(ctx any) ([]string, error) {
	value := reflect.ValueOf(ctx)
	for _, name := range []string{"state", "info", "Config"} {
		for value.Kind() == reflect.Pointer {
			value = value.Elem()
		}
		if value.Kind() != reflect.Struct {
			return nil, shapeError(name, value.Kind())
		}
		value = value.FieldByName(name)
	}
	if value.Kind() != reflect.Map || value.Type().Key().Kind() != reflect.String {
		return nil, shapeError("Config", value.Kind())
	}
	keys := make([]string, 0, value.Len())
	for _, key := range value.MapKeys() {
		keys = append(keys, key.String())
	}
	return keys, nil
}

func shapeError(field string, kind reflect.Kind) error {
	return fmt.Errorf("listing the configuration keys: pulumi.Context.state.info.Config is not the map it is in "+
		"pulumi/sdk v3.259.0 (stopped at %s, a value of kind %s): pin that version or adapt config/read.go "+
		"(docs/adr/0005-strict-configuration.md)", field, kind)
}
