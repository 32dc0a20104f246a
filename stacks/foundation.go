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

	"github.com/bodybroker/platform/catalog"
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
	p.keys, err = encryption.New(p.ctx, "keys", encryption.Args{
		Environment: p.config.Environment,
		Account:     p.around.account,
		Region:      p.config.Region,
		Protect:     p.config.Protect,
	}, p.under)
	return err
}

func (p *platform) network() (err error) {
	c := p.config.Network
	p.vpc, err = network.New(p.ctx, "network", network.Args{
		Environment:        p.config.Environment,
		Region:             p.config.Region,
		Account:            p.around.account,
		Cidr:               c.Cidr,
		Zones:              p.around.zones,
		ZoneCidrMask:       c.ZoneCidrMask,
		NatGatewayStrategy: c.NatGatewayStrategy,
		VpcID:              c.VpcID,
		PrivateSubnetIDs:   c.PrivateSubnetIDs,
		PublicSubnetIDs:    c.PublicSubnetIDs,
		LogRetentionDays:   c.FlowLogRetention,
		LogsKeyArn:         p.keys.Key(encryption.Logs),
		Protect:            p.config.Protect,
	}, p.under)
	if err != nil {
		return err
	}
	// An existing VPC keeps the endpoints that it has; what stands here reaches AWS through its
	// NAT.
	endpoints := len(c.InterfaceEndpoints) > 0 && c.VpcID == ""
	p.groups, err = securitygroups.New(p.ctx, "flow", securitygroups.Args{
		Environment:    p.config.Environment,
		VpcID:          p.vpc.VpcID,
		VpcCidr:        p.vpc.Cidr,
		S3PrefixListID: pulumi.String(p.around.s3PrefixList),
		Flows:          securitygroups.Flows(flowsOf(p.config, endpoints)),
	}, p.under)
	if err != nil || c.VpcID != "" {
		return err
	}
	args := network.EndpointsArgs{Region: p.config.Region, Account: p.around.account, Services: c.InterfaceEndpoints}
	if endpoints {
		args.SecurityGroupID = p.groups.ID(securitygroups.Endpoint)
	}
	p.endpoints, err = network.NewEndpoints(p.ctx, "endpoint", p.vpc, args, p.under)
	return err
}

func (p *platform) backup() (err error) {
	p.snapshots, err = backup.New(p.ctx, "backup", backup.Args{
		Environment:   p.config.Environment,
		Region:        p.config.Region,
		Account:       p.around.account,
		DataKeyArn:    p.keys.Key(encryption.Data),
		CopyRegion:    p.config.Backup.CopyRegion,
		RetentionDays: p.config.Backup.RetentionDays,
	}, p.under)
	return err
}

// identities makes one NATS identity for each service, the gateway and the two accounts that the
// controller acts in: the system's, and the platform's own.
func (p *platform) identities() (err error) {
	names := []string{"controller", catalog.Administrator, p.config.GatewayRow().Name}
	for _, s := range p.config.Services.Table {
		names = append(names, s.Name)
	}
	if p.config.Gateway.VerificationImage != "" {
		names = append(names, catalog.Verification)
	}
	made, err := each(names, p.identity)
	if err != nil {
		return err
	}
	p.system, p.administrator = made[0], made[1]
	p.users = map[string]*identity.Identity{}
	for i, name := range names[2:] {
		p.users[name] = made[i+2]
	}
	return nil
}

func (p *platform) identity(name string) (*identity.Identity, error) {
	return identity.New(p.ctx, "identity-"+name, identity.Args{
		Environment:   p.config.Environment,
		Identity:      name,
		SecretsKeyArn: p.keys.Key(encryption.Secrets),
		Protect:       p.config.Protect,
	}, p.under)
}

func (p *platform) certificates() (err error) {
	p.authority, err = privateca.New(p.ctx, "ca", privateca.Args{
		Environment: p.config.Environment,
		Domain:      p.config.NATS.PrivateDomain, Protect: p.config.Protect,
	}, p.under)
	return err
}

func (p *platform) artifacts() (err error) {
	args := artifacts.Args{
		Environment: p.config.Environment,
		KeyArn:      p.keys.Key(encryption.Artifacts),
		Protect:     p.config.Protect,
	}
	if args.Server, err = program(p.config.NATS.ServerBinary); err != nil {
		return err
	}
	if args.Node, err = program(p.config.NATS.NodeProgram); err != nil {
		return err
	}
	p.serverDigest, p.nodeDigest = args.Server.Digest, args.Node.Digest
	p.bucket, err = artifacts.New(p.ctx, "artifacts", args, p.under)
	return err
}

// program reads a built file's digest.
func program(path string) (made artifacts.Program, err error) {
	file, err := os.Open(path)
	if err != nil {
		return made, fmt.Errorf("reading a program that nodes are to run: %w; build it with: make artifacts", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return made, fmt.Errorf("reading a program that nodes are to run: %w", err)
	}
	return artifacts.Program{File: path, Digest: hex.EncodeToString(sum.Sum(nil))}, nil
}

func (p *platform) controller() (err error) {
	p.controlling, err = controller.New(p.ctx, "controller", controller.Args{
		Environment:            p.config.Environment,
		Region:                 p.config.Region,
		Account:                p.around.account,
		Archive:                p.config.NATS.ControllerArchive,
		LogRetentionDays:       p.config.Observability.LogRetentionDays,
		SubnetIDs:              p.vpc.PrivateSubnetIDs,
		SecurityGroupID:        p.groups.ID(securitygroups.Controller),
		AdministratorSecretArn: p.administrator.SecretArn,
		SecretsKeyArn:          p.keys.Key(encryption.Secrets),
		CertificateAuthority:   p.authority.Certificate,
		LogsKeyArn:             p.keys.Key(encryption.Logs),
		Protect:                p.config.Protect,
		BackupBucket:           p.bucket.Bucket,
		BackupBucketArn:        p.bucket.BucketArn,
		BackupKeyArn:           p.keys.Key(encryption.Artifacts),
	}, p.under)
	return err
}
