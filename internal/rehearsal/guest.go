// Clients for programs outside this package: the same place in the VPC that the drills' clients have.
package rehearsal

import (
	"context"

	"github.com/nats-io/nats.go"
)

// Guest is a client's place in the VPC of a rehearsed platform.
type Guest struct{ desk *desk }

// Guest places somebody with the security group of an end of the flows ("service", "gateway",
// "controller"). The platform must stand; Leave gives the place back.
func (s *Stage) Guest(ctx context.Context, who, end string) (*Guest, error) {
	place, err := newDesk(ctx, s, who, end)
	if err != nil {
		return nil, err
	}
	return &Guest{place}, nil
}

// Connect connects as tasks do: through the load balancer's name, with TLS and an identity's nkey.
func (g *Guest) Connect(identity string, options ...nats.Option) (*nats.Conn, error) {
	return g.desk.connect(identity, options...)
}

// Leave gives the place back.
func (g *Guest) Leave() { g.desk.leave() }
