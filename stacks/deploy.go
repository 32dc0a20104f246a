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
	"github.com/bodybroker/platform/components/gateway"
	"github.com/bodybroker/platform/components/identity"
	"github.com/bodybroker/platform/components/natscluster"
	"github.com/bodybroker/platform/components/network"
	"github.com/bodybroker/platform/components/observability"
	"github.com/bodybroker/platform/components/platform"
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
	d := &deployment{ctx: ctx, config: read, around: around, stack: platform.Stack{
		Environment:      read.Environment,
		Region:           read.Region,
		Account:          around.account,
		Protect:          read.Protect,
		LogRetentionDays: read.Observability.LogRetentionDays,
	}}
	for _, part := range []func() error{
		d.configureProvider, d.createKeys, d.createNetwork, d.createBackup, d.createIdentities, d.createAuthority,
		d.createArtifacts, d.createController, d.createRedis, d.createRegistry, d.createNats,
		d.createContainerCluster, d.createServices, d.createGateway, d.awaitServices, d.createVerifier,
		d.createAlarms,
	} {
		if err := part(); err != nil {
			return err
		}
	}
	d.export()
	return nil
}

// deployment holds the parts while they are being wired.
type deployment struct {
	ctx    *pulumi.Context
	config config.Config
	around surroundings
	under  pulumi.ResourceOption
	stack  platform.Stack // without its keys before createKeys

	network       *network.Network
	endpoints     *network.Endpoints
	groups        *securitygroups.SecurityGroups
	backup        *backup.Backup
	users         map[string]*identity.Identity // services and gateway by name
	system        *identity.Identity            // the controller's, in the system account
	administrator *identity.Identity            // the controller's, in the platform's account
	authority     *privateca.PrivateCA
	artifacts     *artifacts.Artifacts
	controller    *controller.Controller
	nats          *natscluster.NatsCluster
	redis         *rediscluster.RedisCluster
	registry      *registry.Registry
	containers    *containercluster.ContainerCluster
	services      []*service.Service // in the order of the table
	gateway       *gateway.Gateway
	gate          *servicegate.ServiceGate // nil without an image
	verifier      *service.Service         // nil without its image
	alarms        *observability.Observability
}

func (d *deployment) configureProvider() error {
	provider, err := aws.NewProvider(d.ctx, "aws", &aws.ProviderArgs{
		Region:            pulumi.String(d.config.Region),
		AllowedAccountIds: pulumi.ToStringArray(d.config.AllowedAccounts),
		DefaultTags: &aws.ProviderDefaultTagsArgs{Tags: pulumi.StringMap{
			"Environment": pulumi.String(d.config.Environment), "ManagedBy": pulumi.String("pulumi/" + d.ctx.Project()),
		}},
	})
	if err != nil {
		return fmt.Errorf("configuring the AWS provider: %w", err)
	}
	d.under = pulumi.Providers(provider)
	return nil
}
