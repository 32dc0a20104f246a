// Deploy wires the components into the platform: read, validate, convert, create.
package stacks

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/artifacts"
	"github.com/bodybroker/platform/components/backup"
	"github.com/bodybroker/platform/components/containercluster"
	"github.com/bodybroker/platform/components/controller"
	"github.com/bodybroker/platform/components/encryption"
	"github.com/bodybroker/platform/components/gateway"
	"github.com/bodybroker/platform/components/identity"
	"github.com/bodybroker/platform/components/natscluster"
	"github.com/bodybroker/platform/components/network"
	"github.com/bodybroker/platform/components/observability"
	"github.com/bodybroker/platform/components/privateca"
	"github.com/bodybroker/platform/components/rediscluster"
	"github.com/bodybroker/platform/components/registry"
	"github.com/bodybroker/platform/components/securitygroups"
	"github.com/bodybroker/platform/components/service"
	"github.com/bodybroker/platform/components/servicegate"
	"github.com/bodybroker/platform/config"
)

// Deploy brings up the platform that the stack's configuration describes. Nothing is created
// when any of it is wrong; the error then holds every fault.
func Deploy(ctx *pulumi.Context) error {
	read, refused := config.Read(ctx)
	around, err := lookUp(ctx, read)
	if err != nil {
		return err
	}
	if err := config.Refusal(refused, read.Validate(around.allZones, around.account)); err != nil {
		return err
	}
	p := &platform{ctx: ctx, config: read, around: around}
	for _, part := range []func() error{
		p.provider, p.encryption, p.network, p.backup, p.identities, p.certificates, p.artifacts, p.controller,
		p.cache, p.registry, p.nats, p.containerCluster, p.services, p.gateway, p.serving,
		p.verification, p.observability,
	} {
		if err := part(); err != nil {
			return err
		}
	}
	p.export()
	return nil
}

// platform holds the parts while they are being wired.
type platform struct {
	ctx    *pulumi.Context
	config config.Config
	around surroundings
	under  pulumi.ResourceOption

	serverDigest  string // SHA-256 of nats-server, hex
	nodeDigest    string // SHA-256 of nats-node, hex
	keys          *encryption.Encryption
	vpc           *network.Network
	endpoints     *network.Endpoints
	groups        *securitygroups.SecurityGroups
	snapshots     *backup.Backup
	users         map[string]*identity.Identity // services and gateway by name
	system        *identity.Identity            // the controller's, in the system account
	administrator *identity.Identity            // the controller's, in the platform's account
	authority     *privateca.PrivateCA
	bucket        *artifacts.Artifacts
	controlling   *controller.Controller
	cluster       *natscluster.NatsCluster
	redis         *rediscluster.RedisCluster
	repositories  *registry.Registry
	containers    *containercluster.ContainerCluster
	running       []*service.Service // in the order of the table
	front         *gateway.Gateway
	gate          *servicegate.ServiceGate // nil without an image
	verifier      *service.Service         // nil without its image
	alarms        *observability.Observability
}

func (p *platform) provider() error {
	provider, err := aws.NewProvider(p.ctx, "aws", &aws.ProviderArgs{
		Region:            pulumi.String(p.config.Region),
		AllowedAccountIds: pulumi.ToStringArray(p.config.AllowedAccounts),
		DefaultTags: &aws.ProviderDefaultTagsArgs{Tags: pulumi.StringMap{
			"Environment": pulumi.String(p.config.Environment), "ManagedBy": pulumi.String("pulumi/" + p.ctx.Project()),
		}},
	})
	if err != nil {
		return fmt.Errorf("configuring the AWS provider: %w", err)
	}
	p.under = pulumi.Providers(provider)
	return nil
}
