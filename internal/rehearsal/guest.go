// Clients for programs outside this package: the same place in the VPC that the drills' clients
// have.
package rehearsal

import (
	"context"
	"fmt"

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

// Quiet stops the nodes' timers, so that a measurement is not one of them: on the scaled clock the
// five nodes look for configuration ten times a second on this one computer, where in production
// each looks every ten seconds on its own.
func (s *Stage) Quiet(ctx context.Context) error {
	for _, r := range s.Cloud.Records("aws:ec2/instance:Instance") {
		if _, err := s.Cloud.Machine(r.ID).
			Run(ctx, "systemctl", "stop", "nats-configuration.timer", "nats-certificate.timer"); err != nil {
			return fmt.Errorf("stopping the timers of the nodes: %w", err)
		}
	}
	return nil
}
