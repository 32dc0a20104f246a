// The ground floor of the platform: keys, network, identities, certificates, artifacts, and
// the controller. Each part hands on only what the next ones need, so that nothing waits for
// what it does not use.
package stacks

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/assets/services"
	"github.com/bodybroker/platform/components/artifacts"
	"github.com/bodybroker/platform/components/backup"
	"github.com/bodybroker/platform/components/controller"
	"github.com/bodybroker/platform/components/encryption"
	"github.com/bodybroker/platform/components/identity"
	"github.com/bodybroker/platform/components/network"
	"github.com/bodybroker/platform/components/privateca"
	"github.com/bodybroker/platform/components/securitygroups"
)

func (p *platform) encryption() (err error) {
	p.keys, err = encryption.New(p.ctx, "keys", encryption.Args{Environment: p.config.Environment,
		Account: p.around.account, Region: p.config.Region, Protect: p.config.Protect}, p.under)
	return err
}

func (p *platform) network() (err error) {
	c := p.config.Network
	p.vpc, err = network.New(p.ctx, "network", network.Args{Environment: p.config.Environment, Cidr: c.Cidr, Zones: p.around.zones,
		ZoneCidrMask: c.ZoneCidrMask, NatGatewayStrategy: c.NatGatewayStrategy, VpcID: c.VpcID, PrivateSubnetIDs: c.PrivateSubnetIDs,
		PublicSubnetIDs: c.PublicSubnetIDs, LogRetentionDays: c.FlowLogRetention, LogsKeyArn: p.keys.Key(encryption.Logs),
		Protect: p.config.Protect}, p.under)
	if err != nil {
		return err
	}
	// An existing VPC keeps the endpoints that it has; what stands here reaches AWS through its NAT.
	endpoints := len(c.InterfaceEndpoints) > 0 && c.VpcID == ""
	p.groups, err = securitygroups.New(p.ctx, "flow", securitygroups.Args{Environment: p.config.Environment, VpcID: p.vpc.VpcID,
		VpcCidr: p.vpc.Cidr, S3PrefixListID: pulumi.String(p.around.s3PrefixList),
		Flows: securitygroups.Flows(p.config.Gateway.Domain != "", endpoints)}, p.under)
	if err != nil || c.VpcID != "" {
		return err
	}
	args := network.EndpointsArgs{Region: p.config.Region, Services: c.InterfaceEndpoints}
	if endpoints {
		args.SecurityGroupID = p.groups.ID(securitygroups.Endpoint)
	}
	p.endpoints, err = network.NewEndpoints(p.ctx, "endpoint", p.vpc, args, p.under)
	return err
}

func (p *platform) backup() (err error) {
	p.snapshots, err = backup.New(p.ctx, "backup", backup.Args{Environment: p.config.Environment,
		CopyRegion: p.config.Backup.CopyRegion, RetentionDays: p.config.Backup.RetentionDays}, p.under)
	return err
}

// identities makes one NATS identity for each service, the gateway and the controller.
func (p *platform) identities() (err error) {
	_, front, err := services.Table()
	if err != nil {
		return err
	}
	names := []string{"controller", front.Name}
	for _, s := range p.config.Services.Table {
		names = append(names, s.Name)
	}
	made, err := each(names, p.identity)
	if err != nil {
		return err
	}
	p.system = made[0]
	p.users = map[string]*identity.Identity{}
	for i, name := range names[1:] {
		p.users[name] = made[i+1]
	}
	return nil
}

func (p *platform) identity(name string) (*identity.Identity, error) {
	return identity.New(p.ctx, "identity-"+name, identity.Args{Environment: p.config.Environment, Identity: name,
		SecretsKeyArn: p.keys.Key(encryption.Secrets), Protect: p.config.Protect}, p.under)
}

func (p *platform) certificates() (err error) {
	p.authority, err = privateca.New(p.ctx, "ca", privateca.Args{Environment: p.config.Environment,
		Domain: p.config.NATS.PrivateDomain, Protect: p.config.Protect}, p.under)
	return err
}

func (p *platform) artifacts() (err error) {
	binary, err := os.Open(p.config.NATS.ServerBinary)
	if err != nil {
		return fmt.Errorf("reading the nats-server that nodes are to run: %w; build it with: make artifacts", err)
	}
	defer func() { err = errors.Join(err, binary.Close()) }()
	sum := sha256.New()
	if _, err = io.Copy(sum, binary); err != nil {
		return fmt.Errorf("reading the nats-server that nodes are to run: %w", err)
	}
	p.around.serverDigest = hex.EncodeToString(sum.Sum(nil))
	p.bucket, err = artifacts.New(p.ctx, "artifacts", artifacts.Args{Environment: p.config.Environment,
		KeyArn: p.keys.Key(encryption.Artifacts), ServerBinary: p.config.NATS.ServerBinary, ServerDigest: p.around.serverDigest,
		Protect: p.config.Protect}, p.under)
	return err
}

func (p *platform) controller() (err error) {
	p.controlling, err = controller.New(p.ctx, "controller", controller.Args{Environment: p.config.Environment,
		Archive: p.config.NATS.ControllerArchive, LogRetentionDays: p.config.Observability.LogRetentionDays,
		SubnetIDs: p.vpc.PrivateSubnetIDs, SecurityGroupID: p.groups.ID(securitygroups.Controller),
		SystemSecretArn: p.system.SecretArn, SecretsKeyArn: p.keys.Key(encryption.Secrets),
		LogsKeyArn: p.keys.Key(encryption.Logs), Protect: p.config.Protect}, p.under)
	return err
}
