// The NATS users that the servers know. While a key is rotated, an identity has two: for as long as
// tasks with the old seed run, the servers accept both.

package stacks

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/components/natscluster"
)

// natsUsers are all identities of the platform's account with their keys, those with a previous key
// twice.
func (d *deployment) natsUsers() (users []natscluster.User) {
	for _, u := range catalog.Users(d.config.Services.Table, d.config.GatewayRow(), d.config.NATS.Streams) {
		users = append(users, natscluster.User{User: u, PublicKey: d.users[u.Name].PublicKey})
		if previous := d.config.NATS.PreviousKeys[u.Name]; previous != "" {
			users = append(users, natscluster.User{User: u, PublicKey: pulumi.String(previous)})
		}
	}
	if d.config.Gateway.VerificationImage != "" {
		users = append(
			users,
			natscluster.User{
				User:      catalog.Verifier(d.config.NATS.Streams),
				PublicKey: d.users[catalog.Verification].PublicKey,
			},
		)
	}
	return users
}

// publicKeys are the keys that the servers know now, by identity.
func (d *deployment) publicKeys() pulumi.StringMap {
	keys := pulumi.StringMap{}
	for name, user := range d.users {
		keys[name] = user.PublicKey
	}
	return keys
}
