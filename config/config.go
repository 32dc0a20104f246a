// The configuration of one stack, decoded and typed. Every field here, and every field of the
// settings that components declare, is one key of Pulumi.yaml: the tables in keys_*.go say which,
// what it is for and what it accepts. decode.go fills it, validate.go validates it, and package
// stacks builds the platform from it.

package config

import (
	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/components/artifacts"
	"github.com/bodybroker/platform/components/backup"
	"github.com/bodybroker/platform/components/controller"
	"github.com/bodybroker/platform/components/gateway"
	"github.com/bodybroker/platform/components/natscluster"
	"github.com/bodybroker/platform/components/network"
	"github.com/bodybroker/platform/components/observability"
	"github.com/bodybroker/platform/components/rediscluster"
	"github.com/bodybroker/platform/components/service"
)

// Config is everything that differs between two stacks. The keys hold the defaults; Pulumi.yaml
// repeats them for the engine.
type Config struct {
	Environment     string
	AllowedAccounts []string
	Region          string
	Protect         bool

	Network       Network
	Redis         rediscluster.Settings
	NATS          NATS
	Artifacts     artifacts.Settings
	Controller    controller.Settings
	Services      Services
	Gateway       Gateway
	Observability Observability
	Backup        backup.Settings

	// gatewayRow is the gateway's row of assets/services/services.yaml.
	gatewayRow catalog.Gateway
	// shipped is how many services that file has: the first ones of Services.Table.
	shipped int
	// secrets keeps the values of secret keys out of faults; nil: none are secret.
	secrets *secrets
	// undecoded are the keys that Decode refused: Validate does not validate their defaults.
	undecoded []string
}

// GatewayRow is the gateway's row of assets/services/services.yaml: its name, and what it calls.
func (c Config) GatewayRow() catalog.Gateway { return c.gatewayRow }

// Network makes a new VPC from a range, or names an existing one by ids.
type Network struct {
	network.Settings
	Zones              []string
	ZoneCount          int
	InterfaceEndpoints []string
	ReservedCidrs      []string
}

// NATS is the JetStream cluster.
type NATS struct {
	natscluster.Settings                   // Streams are from assets/nats/streams.yaml
	PreviousKeys         map[string]string // by service, while its seed is rotated
}

// Services is the table of services and the sizes that all of them share.
type Services struct {
	service.Settings
	MaxTaskCount int
	Table        []catalog.Service // the 22 of the table and additionalServices
	Images       map[string]string // by service
	AwaitImages  bool
}

// Gateway is the HTTP gateway, its load balancer and the cutover from HTTP.
type Gateway struct {
	gateway.Settings
	Image             string
	LegacyPort        int
	VerificationImage string
}

// Observability is logs, alarms and the budget.
type Observability struct {
	observability.Settings
	LogRetentionDays int
}
