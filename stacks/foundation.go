// The foundation of the platform: keys, network, identities, certificates, artifacts, and the
// controller. Each part hands on only what the next ones need, so that nothing waits for what it
// does not use.
package stacks

import (
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

func (d *deployment) createKeys() error {
	made, err := encryption.New(d.ctx, "keys", encryption.Args{Stack: d.stack}, d.under)
	if err != nil {
		return err
	}
	d.stack.Keys = made.Keys()
	return nil
}

func (d *deployment) createNetwork() (err error) {
	c := d.config.Network
	d.network, err = network.New(d.ctx, "network", network.Args{
		Stack:    d.stack,
		Settings: c.Settings,
		Zones:    d.around.zones,
	}, d.under)
	if err != nil {
		return err
	}
	// An existing VPC keeps the endpoints that it has; what is made here reaches AWS through its
	// NAT.
	endpoints := len(c.InterfaceEndpoints) > 0 && c.VpcID == ""
	d.groups, err = securitygroups.New(d.ctx, "flow", securitygroups.Args{
		Stack:          d.stack,
		VpcID:          d.network.VpcID,
		VpcCidr:        d.network.Cidr,
		S3PrefixListID: pulumi.String(d.around.s3PrefixList),
		Flows:          securitygroups.Flows(flowsOf(d.config, endpoints)),
	}, d.under)
	if err != nil || c.VpcID != "" {
		return err
	}
	args := network.EndpointsArgs{Stack: d.stack, Network: d.network, Services: c.InterfaceEndpoints}
	if endpoints {
		args.SecurityGroupID = d.groups.ID(securitygroups.Endpoint)
	}
	d.endpoints, err = network.NewEndpoints(d.ctx, "endpoint", args, d.under)
	return err
}

// place is a place in the network for what is in a security group.
func (d *deployment) place(group string) network.Placement {
	placement := d.network.Placement()
	placement.SecurityGroupID = d.groups.ID(group)
	placement.Reachable = []pulumi.Resource{d.network, d.groups}
	if d.endpoints != nil {
		placement.Reachable = append(placement.Reachable, d.endpoints)
	}
	return placement
}

// placeBehind is place for what is behind a load balancer, which is in a group of its own.
func (d *deployment) placeBehind(balancer, group string) network.Placement {
	placement := d.place(group)
	placement.LoadBalancerSecurityGroupID = d.groups.ID(balancer)
	return placement
}

func (d *deployment) createBackup() (err error) {
	d.backup, err = backup.New(d.ctx, "backup", backup.Args{Stack: d.stack, Settings: d.config.Backup}, d.under)
	return err
}

// createIdentities makes the NATS identities: of the controller, the administrator, the gateway,
// each service, and the verification where its image is set.
func (d *deployment) createIdentities() (err error) {
	names := []string{"controller", catalog.Administrator, d.config.GatewayRow().Name}
	for _, s := range d.config.Services.Table {
		names = append(names, s.Name)
	}
	if d.config.Gateway.VerificationImage != "" {
		names = append(names, catalog.Verification)
	}
	made, err := each(names, d.createIdentity)
	if err != nil {
		return err
	}
	d.system, d.administrator = made[0], made[1]
	d.users = map[string]*identity.Identity{}
	for i, name := range names[2:] {
		d.users[name] = made[i+2]
	}
	return nil
}

func (d *deployment) createIdentity(name string) (*identity.Identity, error) {
	return identity.New(d.ctx, "identity-"+name, identity.Args{Stack: d.stack, Identity: name}, d.under)
}

func (d *deployment) createAuthority() (err error) {
	d.authority, err = privateca.New(d.ctx, "ca", privateca.Args{
		Stack:  d.stack,
		Domain: d.config.NATS.PrivateDomain,
	}, d.under)
	return err
}

func (d *deployment) createArtifacts() (err error) {
	d.artifacts, err = artifacts.New(d.ctx, "artifacts", artifacts.Args{
		Stack:    d.stack,
		Settings: d.config.Artifacts,
	}, d.under)
	return err
}

func (d *deployment) createController() (err error) {
	d.controller, err = controller.New(d.ctx, "controller", controller.Args{
		Stack:                  d.stack,
		Settings:               d.config.Controller,
		Placement:              d.place(securitygroups.Controller),
		AdministratorSecretArn: d.administrator.SecretArn,
		CertificateAuthority:   d.authority.Certificate,
		Backups:                d.artifacts.Store(),
	}, d.under)
	return err
}
