// Rules of the rotation of NATS keys: for as long as tasks with the old seed run, the servers know
// two keys of an identity.

package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/nats-io/nkeys"
)

// validatePreviousKeys requires public keys of identities that tasks have. The controller's two
// identities have none: it reads their seeds anew in each call, and nothing runs on with an old
// one.
func (v *validator) validatePreviousKeys() {
	names := []string{v.gatewayRow.Name}
	for _, service := range v.Services.Table {
		names = append(names, service.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(v.NATS.PreviousKeys)) {
		key, value := "natsPreviousKeys."+name, v.NATS.PreviousKeys[name]
		remove := fmt.Sprintf("pulumi config rm --path '%s'", key)
		if !slices.Contains(names, name) {
			v.add(Fault{
				Key:     key,
				Value:   value,
				Problem: fmt.Sprintf("there is no service %s; the nearest is %s", name, nearest(name, names)),
				Accepts: "the names of services and of the gateway",
				Fix:     remove,
			})
		}
		if !nkeys.IsValidPublicUserKey(value) {
			// It may be the seed, mistaken for the public key: it must not reach a log.
			v.add(Fault{
				Key:     key,
				Value:   "(not shown)",
				Problem: "is not the public key of a user",
				Accepts: `"U" and 55 characters, as the output natsPublicKeys has them`,
				Fix:     remove,
			})
		}
	}
}
