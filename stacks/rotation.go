// Rotation of NATS keys: for as long as tasks with the old seed run, the servers know two keys of
// an identity.

package stacks

import (
	"fmt"
	"maps"
	"slices"

	"github.com/nats-io/nkeys"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/components/natscluster"
)

// judgePreviousKeys wants public keys of users that tasks have: the controller's two identities
// read their seeds anew with each call, and have nothing that runs on.
func (j *judge) judgePreviousKeys() {
	names := []string{j.front.Name}
	for _, service := range j.Services.Table {
		names = append(names, service.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(j.NATS.PreviousKeys)) {
		key, value := "natsPreviousKeys."+name, j.NATS.PreviousKeys[name]
		remove := fmt.Sprintf("pulumi config rm --path '%s'", key)
		if !slices.Contains(names, name) {
			j.add(Fault{
				Key:     key,
				Value:   value,
				Problem: fmt.Sprintf("there is no service %s; the nearest is %s", name, nearest(name, names)),
				Accepts: "the names of services and of the gateway",
				Fix:     remove,
			})
		}
		if !nkeys.IsValidPublicUserKey(value) {
			// Whoever mistook the seed for it must not read it in a log.
			j.add(Fault{
				Key:     key,
				Value:   "(not shown)",
				Problem: "is not the public key of a user",
				Accepts: `"U" and 55 characters, as the output natsPublicKeys has them`,
				Fix:     remove,
			})
		}
	}
}

// natsUsers are all identities of the platform's account with their keys, those with a previous key
// twice.
func (p *platform) natsUsers() (users []natscluster.User) {
	for _, u := range catalog.Users(p.config.Services.Table, p.config.front, p.config.NATS.Streams) {
		users = append(users, natscluster.User{User: u, PublicKey: p.users[u.Name].PublicKey})
		if previous := p.config.NATS.PreviousKeys[u.Name]; previous != "" {
			users = append(users, natscluster.User{User: u, PublicKey: pulumi.String(previous)})
		}
	}
	if p.config.Gateway.VerificationImage != "" {
		users = append(
			users,
			natscluster.User{
				User:      catalog.Verifier(p.config.NATS.Streams),
				PublicKey: p.users[catalog.Verification].PublicKey,
			},
		)
	}
	return users
}

// publicKeys are the keys that the servers know now, by identity.
func (p *platform) publicKeys() pulumi.StringMap {
	keys := pulumi.StringMap{}
	for name, user := range p.users {
		keys[name] = user.PublicKey
	}
	return keys
}
