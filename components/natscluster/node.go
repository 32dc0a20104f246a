// One NATS node: an address and a disk that stay, a machine that can be replaced, a gate.
package natscluster

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ebs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/node/image"
	"github.com/bodybroker/platform/node/settings"
)

// node is one node while it is being made.
type node struct {
	number  int // from 1
	name    string
	zone    string
	subnet  subnet
	address pulumi.StringOutput
}

// firstHost is the offset of the first node's address in its subnet. EC2 keeps the first four
// addresses and the last of every subnet (VPC user guide, "Subnet sizing").
const firstHost = 10

func (c *NatsCluster) createNodes(ctx *pulumi.Context, name string) error {
	var previousGate pulumi.Resource
	for _, n := range c.nodes {
		logical := fmt.Sprintf("%s-%d", name, n.number)
		target, err := lb.NewTargetGroupAttachment(ctx, logical+"-target", &lb.TargetGroupAttachmentArgs{
			TargetGroupArn: c.targets.Arn, TargetId: n.address, Port: pulumi.Int(4222),
		}, pulumi.Parent(c))
		if err != nil {
			return fmt.Errorf("node %s: %w", n.name, err)
		}
		c.Ready = append(c.Ready, target)
		if previousGate, err = c.createNode(ctx, logical, n, previousGate); err != nil {
			return fmt.Errorf("node %s: %w", n.name, err)
		}
	}
	c.Ready = append(c.Ready, previousGate)
	return nil
}

// host is the address at an offset in a range.
func host(cidr string, offset int) (string, error) {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil {
		return "", fmt.Errorf("finding a node's address in subnet range %q: %w", cidr, err)
	}
	address := prefix.Masked().Addr()
	for range offset {
		address = address.Next()
	}
	if !prefix.Contains(address) {
		return "", fmt.Errorf(
			"finding a node's address: subnet range %s has no host %d; give the VPC a larger range",
			cidr,
			offset,
		)
	}
	return address.String(), nil
}

// createNode makes the chain address and disk → instance → attachment → gate, behind the previous
// node's gate, and returns its own.
func (c *NatsCluster) createNode(
	ctx *pulumi.Context,
	name string,
	n node,
	previousGate pulumi.Resource,
) (pulumi.Resource, error) {
	under := pulumi.Parent(c)
	networkInterface, err := ec2.NewNetworkInterface(ctx, name+"-interface", &ec2.NetworkInterfaceArgs{
		SubnetId:       n.subnet.id,
		PrivateIps:     pulumi.StringArray{n.address},
		SecurityGroups: pulumi.StringArray{c.args.Placement.SecurityGroupID},
		Description:    pulumi.String("Fixed address of " + n.name),
		Tags:           c.args.Tags(n.name),
	}, under)
	if err != nil {
		return nil, err
	}
	volume, err := c.createVolume(ctx, name, n)
	if err != nil {
		return nil, err
	}
	var after []pulumi.Resource
	if previousGate != nil {
		after = append(after, previousGate)
	}
	// The disk first: a configuration for a larger one must not find it small.
	pointer, err := c.createPointer(ctx, name, n, slices.Concat(after, []pulumi.Resource{volume}))
	if err != nil {
		return nil, err
	}
	instance, err := c.createInstance(ctx, name, n, networkInterface, volume, append(after, pointer))
	if err != nil {
		return nil, err
	}
	c.InstanceIDs = append(c.InstanceIDs, instance.ID().ToStringOutput())
	attachment, err := ec2.NewVolumeAttachment(ctx, name+"-attachment", &ec2.VolumeAttachmentArgs{
		DeviceName: pulumi.String("/dev/sdf"),
		InstanceId: instance.ID(),
		VolumeId:   volume.ID(),
		// The machine is stopped first, so that the server has left lame duck and the disk is
		// unmounted.
		StopInstanceBeforeDetaching: pulumi.Bool(true),
	}, under, pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return nil, err
	}
	return c.createGate(ctx, name, n, instance, attachment, pointer)
}

// createVolume makes the node's data: protected, and kept whatever happens to the machine.
func (c *NatsCluster) createVolume(ctx *pulumi.Context, name string, n node) (*ebs.Volume, error) {
	tags := c.args.Tags(n.name)
	tags[c.args.BackupTag.Key] = pulumi.String(c.args.BackupTag.Value)
	args := &ebs.VolumeArgs{
		AvailabilityZone: pulumi.String(n.zone),
		Type:             pulumi.String("gp3"),
		Size:             pulumi.Int(c.args.VolumeGiB),
		Iops:             pulumi.Int(c.args.VolumeIOPS),
		Throughput:       pulumi.Int(c.args.VolumeThroughput),
		Encrypted:        pulumi.Bool(true),
		KmsKeyId:         c.args.Keys.Data,
		// Whatever else an unprotected stack forgets: a disk with messages leaves a snapshot
		// behind.
		FinalSnapshot: pulumi.Bool(true),
		Tags:          tags,
	}
	if len(c.args.VolumeSnapshots) > 0 {
		args.SnapshotId = pulumi.String(c.args.VolumeSnapshots[n.number-1])
	}
	// A snapshot only says how a disk began: taking its id away later must not replace the disk.
	return ebs.NewVolume(ctx, name+"-volume", args, pulumi.Parent(c), pulumi.Protect(c.args.Protect),
		pulumi.IgnoreChanges([]string{"snapshotId"}))
}

func (c *NatsCluster) createInstance(
	ctx *pulumi.Context,
	name string,
	n node,
	networkInterface *ec2.NetworkInterface,
	volume *ebs.Volume,
	after []pulumi.Resource,
) (*ec2.Instance, error) {
	after = slices.Concat(after, c.args.Placement.Reachable, []pulumi.Resource{c.rights})
	// The address and the disk can be on one machine only: the old one goes first.
	options := []pulumi.ResourceOption{pulumi.Parent(c), pulumi.DeleteBeforeReplace(true), pulumi.DependsOn(after)}
	image := c.args.AMI
	if image == "" {
		image = c.args.DefaultAMI
		options = append(options, pulumi.IgnoreChanges([]string{"ami"}))
	}
	return ec2.NewInstance(ctx, name+"-instance", &ec2.InstanceArgs{
		Ami:                pulumi.String(image),
		InstanceType:       pulumi.String(c.args.InstanceType),
		IamInstanceProfile: c.profile,
		EbsOptimized:       pulumi.Bool(true),
		Monitoring:         pulumi.Bool(true),
		NetworkInterfaces: ec2.InstanceNetworkInterfaceArray{&ec2.InstanceNetworkInterfaceArgs{
			DeviceIndex:         pulumi.Int(0),
			NetworkInterfaceId:  networkInterface.ID(),
			DeleteOnTermination: pulumi.Bool(false),
		}},
		// One hop: nothing behind the node, a container say, can ask for its credentials (control
		// EC2.8).
		MetadataOptions: &ec2.InstanceMetadataOptionsArgs{
			HttpEndpoint: pulumi.String("enabled"),
			HttpTokens:   pulumi.String("required"), HttpPutResponseHopLimit: pulumi.Int(1),
		},
		RootBlockDevice: &ec2.InstanceRootBlockDeviceArgs{
			VolumeType: pulumi.String("gp3"),
			VolumeSize: pulumi.Int(16),
			Encrypted:  pulumi.Bool(true),
			KmsKeyId:   c.args.Keys.Data,
		},
		UserData:                c.userData(n, volume),
		UserDataReplaceOnChange: pulumi.Bool(true),
		Tags:                    c.args.Tags(n.name),
	}, options...)
}

func (c *NatsCluster) userData(n node, volume *ebs.Volume) pulumi.StringOutput {
	return pulumi.All(
		n.address,
		volume.ID(),
		c.args.Programs.Bucket,
		c.args.Programs.Server.Key,
		c.args.Programs.Node.Key,
		c.args.CertificateAuthorityArn,
	).
		ApplyT(func(v []any) (string, error) {
			return image.UserData{
				ProgramKey: v[4].(string), ProgramDigest: c.args.Programs.Node.Digest,
				Settings: settings.Settings{
					Node:                    n.name,
					Zone:                    n.zone,
					Region:                  c.args.Region,
					Domain:                  c.args.PrivateDomain,
					Address:                 v[0].(string),
					VolumeID:                string(v[1].(pulumi.ID)),
					Bucket:                  v[2].(string),
					ServerKey:               v[3].(string),
					ServerDigest:            c.args.Programs.Server.Digest,
					ConfigurationPointer:    n.pointerKey(),
					CertificateAuthorityArn: v[5].(string),
					CertificateTemplateArn:  certificateTemplate,
					CertificateDays:         certificateDays,
				},
			}.Render()
		}).(pulumi.StringOutput)
}
