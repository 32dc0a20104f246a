// One NATS node: an address and a disk that stay, a machine that can be replaced, a gate.
package natscluster

import (
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ebs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/assets/nats"
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

func (c *NatsCluster) nodes(ctx *pulumi.Context, name string) error {
	list := make([]node, c.args.NodeCount)
	for i := range list {
		z := i % len(c.args.Zones)
		offset := firstHost + i/len(c.args.Zones)
		list[i] = node{number: i + 1, name: nodeName(i), zone: c.args.Zones[z], subnet: c.subnets[z],
			address: c.subnets[z].cidr.ApplyT(func(cidr string) (string, error) { return host(cidr, offset) }).(pulumi.StringOutput)}
		if err := c.names(ctx, fmt.Sprintf("%s-%d", name, i+1), list[i]); err != nil {
			return fmt.Errorf("names of node %s: %w", nodeName(i), err)
		}
	}
	var previousGate pulumi.Resource
	for _, n := range list {
		gate, err := c.node(ctx, fmt.Sprintf("%s-%d", name, n.number), n, previousGate)
		if err != nil {
			return fmt.Errorf("node %s: %w", n.name, err)
		}
		previousGate = gate
	}
	c.Ready = append(c.Ready, previousGate)
	return nil
}

func nodeName(i int) string { return fmt.Sprintf("nats-%d", i+1) }

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
		return "", fmt.Errorf("finding a node's address: subnet range %s has no host %d; give the VPC a larger range", cidr, offset)
	}
	return address.String(), nil
}

// node makes the chain address and disk → instance → attachment → gate, behind the previous
// node's gate, and returns its own.
func (c *NatsCluster) node(ctx *pulumi.Context, name string, n node, previousGate pulumi.Resource) (pulumi.Resource, error) {
	under := pulumi.Parent(c)
	networkInterface, err := ec2.NewNetworkInterface(ctx, name+"-interface", &ec2.NetworkInterfaceArgs{
		SubnetId:       n.subnet.id,
		PrivateIps:     pulumi.StringArray{n.address},
		SecurityGroups: pulumi.StringArray{c.args.NodeSecurityGroupID},
		Description:    pulumi.String("Fixed address of " + n.name),
		Tags:           pulumi.StringMap{"Name": pulumi.String(c.args.Environment + "-" + n.name)},
	}, under)
	if err != nil {
		return nil, err
	}
	volume, err := c.volume(ctx, name, n)
	if err != nil {
		return nil, err
	}
	instance, err := c.instance(ctx, name, n, networkInterface, volume, previousGate)
	if err != nil {
		return nil, err
	}
	c.InstanceIDs = append(c.InstanceIDs, instance.ID().ToStringOutput())
	attachment, err := ec2.NewVolumeAttachment(ctx, name+"-attachment", &ec2.VolumeAttachmentArgs{
		DeviceName: pulumi.String("/dev/sdf"),
		InstanceId: instance.ID(),
		VolumeId:   volume.ID(),
		// The machine is stopped first, so that the server has left lame duck and the disk is unmounted.
		StopInstanceBeforeDetaching: pulumi.Bool(true),
	}, under, pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return nil, err
	}
	return lambda.NewInvocation(ctx, name+"-gate", c.gateArgs(n, instance, attachment), under, pulumi.DependsOn(c.args.ControllerReady))
}

// volume is the node's data: protected, and kept whatever happens to the machine.
func (c *NatsCluster) volume(ctx *pulumi.Context, name string, n node) (*ebs.Volume, error) {
	args := &ebs.VolumeArgs{
		AvailabilityZone: pulumi.String(n.zone),
		Type:             pulumi.String("gp3"),
		Size:             pulumi.Int(c.args.VolumeGiB),
		Iops:             pulumi.Int(c.args.VolumeIOPS),
		Throughput:       pulumi.Int(c.args.VolumeThroughput),
		Encrypted:        pulumi.Bool(true),
		KmsKeyId:         c.args.DataKeyArn,
		FinalSnapshot:    pulumi.Bool(c.args.Protect),
		Tags: pulumi.StringMap{"Name": pulumi.String(c.args.Environment + "-" + n.name),
			c.args.BackupTag[0]: pulumi.String(c.args.BackupTag[1])},
	}
	if len(c.args.VolumeSnapshots) > 0 {
		args.SnapshotId = pulumi.String(c.args.VolumeSnapshots[n.number-1])
	}
	// A snapshot only says how a disk began: taking its id away later must not replace the disk.
	return ebs.NewVolume(ctx, name+"-volume", args, pulumi.Parent(c), pulumi.Protect(c.args.Protect),
		pulumi.IgnoreChanges([]string{"snapshotId"}))
}

func (c *NatsCluster) instance(ctx *pulumi.Context, name string, n node, networkInterface *ec2.NetworkInterface,
	volume *ebs.Volume, previousGate pulumi.Resource,
) (*ec2.Instance, error) {
	// A server that asks for the name of another before it exists is told so for minutes: the
	// VPC's resolver remembers that there was no answer.
	after := append([]pulumi.Resource{c.current}, c.records...)
	after = append(after, c.args.NetworkReady...)
	if previousGate != nil {
		after = append(after, previousGate)
	}
	// The address and the disk can be on one machine only: the old one goes first.
	options := []pulumi.ResourceOption{pulumi.Parent(c), pulumi.DeleteBeforeReplace(true), pulumi.DependsOn(after)}
	if c.args.KeepAMI {
		options = append(options, pulumi.IgnoreChanges([]string{"ami"}))
	}
	return ec2.NewInstance(ctx, name+"-instance", &ec2.InstanceArgs{
		Ami:                c.amiInput(),
		InstanceType:       pulumi.String(c.args.InstanceType),
		IamInstanceProfile: c.profile,
		EbsOptimized:       pulumi.Bool(true),
		Monitoring:         pulumi.Bool(true),
		NetworkInterfaces: ec2.InstanceNetworkInterfaceArray{&ec2.InstanceNetworkInterfaceArgs{
			DeviceIndex: pulumi.Int(0), NetworkInterfaceId: networkInterface.ID(), DeleteOnTermination: pulumi.Bool(false)}},
		// One hop: nothing behind the node, a container say, can ask for its credentials (control EC2.8).
		MetadataOptions: &ec2.InstanceMetadataOptionsArgs{HttpEndpoint: pulumi.String("enabled"),
			HttpTokens: pulumi.String("required"), HttpPutResponseHopLimit: pulumi.Int(1)},
		RootBlockDevice: &ec2.InstanceRootBlockDeviceArgs{VolumeType: pulumi.String("gp3"), VolumeSize: pulumi.Int(16),
			Encrypted: pulumi.Bool(true), KmsKeyId: c.args.DataKeyArn},
		UserData:                c.userData(n, volume),
		UserDataReplaceOnChange: pulumi.Bool(true),
		Tags:                    pulumi.StringMap{"Name": pulumi.String(c.args.Environment + "-" + n.name)},
	}, options...)
}

func (c *NatsCluster) amiInput() pulumi.StringInput { return pulumi.String(c.args.AMI) }

func (c *NatsCluster) userData(n node, volume *ebs.Volume) pulumi.StringOutput {
	return pulumi.All(n.address, volume.ID(), c.args.Bucket, c.args.ServerKey, c.args.CertificateAuthorityArn).
		ApplyT(func(v []any) (string, error) {
			return nats.UserData{Node: n.name, Zone: n.zone, Region: c.args.Region, Domain: c.args.Domain,
				Address: v[0].(string), VolumeID: string(v[1].(pulumi.ID)), Bucket: v[2].(string), ServerKey: v[3].(string),
				ServerDigest: c.args.ServerDigest, CertificateAuthorityArn: v[4].(string),
				CertificateTemplateArn: certificateTemplate}.Render()
		}).(pulumi.StringOutput)
}

// names gives the node its private name and its place behind the load balancer. Neither
// waits for the machine: they belong to the address.
func (c *NatsCluster) names(ctx *pulumi.Context, name string, n node) error {
	record, err := route53.NewRecord(ctx, name+"-record", &route53.RecordArgs{
		ZoneId:  c.zone.ZoneId,
		Name:    pulumi.String(n.name + "." + c.args.Domain),
		Type:    pulumi.String("A"),
		Ttl:     pulumi.Int(60),
		Records: pulumi.StringArray{n.address},
	}, pulumi.Parent(c))
	if err != nil {
		return err
	}
	target, err := lb.NewTargetGroupAttachment(ctx, name+"-target", &lb.TargetGroupAttachmentArgs{
		TargetGroupArn: c.targets.Arn,
		TargetId:       n.address,
		Port:           pulumi.Int(4222),
	}, pulumi.Parent(c))
	if err != nil {
		return err
	}
	c.records = append(c.records, record)
	c.Ready = append(c.Ready, target)
	return nil
}
