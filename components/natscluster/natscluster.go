// Package natscluster is the NATS JetStream cluster: nodes whose name, address and disk
// outlive their machines, behind an internal network load balancer with a private name.
package natscluster

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/catalog"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:natscluster:NatsCluster"

// Args shape the cluster.
type Args struct {
	Environment  string
	Region       string
	Domain       string   // private DNS zone; nodes are nats-1.<Domain> …, clients use nats.<Domain>
	NodeCount    int      // odd, 3–9
	Zones        []string // node i stands in zone i modulo their number
	InstanceType string
	AMI          string // image of new nodes
	// KeepAMI leaves running nodes on the image that they were made from, whatever AMI says.
	KeepAMI          bool
	VolumeGiB        int
	VolumeIOPS       int
	VolumeThroughput int      // MB/s
	VolumeSnapshots  []string // one per node, or none: disks start empty
	ServerDigest     string   // SHA-256 of nats-server, hex
	NodeDigest       string   // SHA-256 of nats-node, hex
	MaxPayload       int      // bytes
	LameDuckSeconds  int      // over which a server that stops moves its clients away
	Streams          []catalog.Stream
	Protect          bool
	BackupTag        [2]string // key and value by which disks are chosen for daily snapshots

	VpcID                         pulumi.StringInput
	SubnetIDs                     pulumi.StringArrayInput // private, in the order of Zones
	NodeSecurityGroupID           pulumi.StringInput
	LoadBalancerSecurityGroupID   pulumi.StringInput
	DataKeyArn, ArtifactsKeyArn   pulumi.StringInput
	Bucket, BucketArn             pulumi.StringInput
	ServerKey, NodeKey            pulumi.StringInput // of the programs in the bucket
	CertificateAuthorityArn       pulumi.StringInput
	ControllerName, ControllerArn pulumi.StringInput
	SystemKey, AdministratorKey   pulumi.StringInput // public nkeys of the controller
	Users                         []User
	NetworkReady, ControllerReady []pulumi.Resource // what a node, and a gate, needs to exist first
}

// User is a NATS identity whose public key another resource makes.
type User struct {
	catalog.User
	PublicKey pulumi.StringInput
}

// NatsCluster is a cluster of which every node has passed its gate.
type NatsCluster struct {
	pulumi.ResourceState

	URL                 pulumi.StringOutput `pulumi:"url"`
	LoadBalancerSuffix  pulumi.StringOutput `pulumi:"loadBalancerSuffix"`
	TargetGroupSuffix   pulumi.StringOutput `pulumi:"targetGroupSuffix"`
	ConfigurationDigest pulumi.StringOutput `pulumi:"configurationDigest"`

	// InstanceIDs are in the order of the nodes.
	InstanceIDs []pulumi.StringInput
	// Ready is what a client must depend on: the last gate, behind which all others have passed,
	// the streams, the name under which the cluster is found, and the nodes' places behind it.
	Ready []pulumi.Resource

	args    Args
	zone    *route53.Zone
	profile pulumi.StringOutput
	rights  []pulumi.Resource // what the role may do: a machine without it fails its only first boot
	list    []node
	// revision is what a server's tags show of the configuration that it runs.
	revision      pulumi.StringOutput
	configuration pulumi.Resource
	subnets       []subnet
	targets       *lb.TargetGroup
}

// subnet is a private subnet as the nodes see it.
type subnet struct {
	id   pulumi.StringOutput
	cidr pulumi.StringOutput
}

// New makes the cluster. Node n+1 is touched only after node n has passed its gate, at
// creation and at every change.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*NatsCluster, error) {
	c := &NatsCluster{args: args}
	if err := ctx.RegisterComponentResource(Type, name, c, opts...); err != nil {
		return nil, fmt.Errorf("creating NATS cluster %q: %w", name, err)
	}
	for _, step := range []func(*pulumi.Context, string) error{
		c.lookUpSubnets, c.privateZone, c.role, c.render, c.loadBalancer, c.nodes, c.streams, c.byTheClock,
	} {
		if err := step(ctx, name); err != nil {
			return nil, fmt.Errorf("creating NATS cluster %q: %w", name, err)
		}
	}
	c.URL = pulumi.Sprintf("tls://nats.%s:4222", args.Domain)
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"url": c.URL, "loadBalancerSuffix": c.LoadBalancerSuffix,
		"targetGroupSuffix": c.TargetGroupSuffix, "configurationDigest": c.ConfigurationDigest,
	})
}

// lookUpSubnets finds the subnets' ranges, from which the nodes' fixed addresses come.
func (c *NatsCluster) lookUpSubnets(ctx *pulumi.Context, _ string) error {
	ids := c.args.SubnetIDs.ToStringArrayOutput()
	for i := range c.args.Zones {
		id := ids.Index(pulumi.Int(i))
		found := ec2.LookupSubnetOutput(ctx, ec2.LookupSubnetOutputArgs{Id: id.ToStringPtrOutput()}, pulumi.Parent(c))
		c.subnets = append(c.subnets, subnet{id: id, cidr: found.CidrBlock()})
	}
	for i := range c.args.NodeCount {
		z, offset := i%len(c.args.Zones), firstHost+i/len(c.args.Zones)
		c.list = append(c.list, node{
			number: i + 1,
			name:   fmt.Sprintf("nats-%d", i+1),
			zone:   c.args.Zones[z],
			subnet: c.subnets[z],
			address: c.subnets[z].cidr.ApplyT(func(cidr string) (string, error) {
				return host(cidr, offset)
			}).(pulumi.StringOutput),
		})
	}
	return nil
}

func (c *NatsCluster) privateZone(ctx *pulumi.Context, name string) (err error) {
	c.zone, err = route53.NewZone(ctx, name+"-zone", &route53.ZoneArgs{
		Name:    pulumi.String(c.args.Domain),
		Comment: pulumi.String("Private names of " + c.args.Environment),
		Vpcs:    route53.ZoneVpcArray{&route53.ZoneVpcArgs{VpcId: c.args.VpcID}},
	}, pulumi.Parent(c))
	return err
}
