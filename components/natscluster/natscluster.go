// Package natscluster is the NATS JetStream cluster: nodes whose name, address and disk
// outlive their machines, behind an internal network load balancer with a private name.
package natscluster

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/components/artifacts"
	"github.com/bodybroker/platform/components/backup"
	"github.com/bodybroker/platform/components/controller"
	"github.com/bodybroker/platform/components/network"
	"github.com/bodybroker/platform/components/platform"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:natscluster:NatsCluster"

// Settings are what a stack's configuration says of the cluster.
type Settings struct {
	NodeCount        int // odd, 3–9
	InstanceType     string
	AMI              string // image of the nodes; empty: Args.DefaultAMI
	VolumeGiB        int
	VolumeIOPS       int
	VolumeThroughput int              // MB/s
	VolumeSnapshots  []string         // one for each node, or none: disks start empty
	PrivateDomain    string           // private DNS zone; nodes are nats-1.<domain> …, clients use nats.<domain>
	MaxPayload       int              // bytes
	LameDuckSeconds  int              // over which a server that stops moves its clients away
	Streams          []catalog.Stream // what services publish to
}

// MaxFileStore is JetStream's storage on one node, in bytes. The streams' limits are shares of it.
func (s Settings) MaxFileStore() int64 { return catalog.MaxFileStore(s.VolumeGiB) }

// Args shape the cluster.
type Args struct {
	platform.Stack
	Settings
	// DefaultAMI is the image of new nodes where Settings name none. Nodes that run then stay on
	// the image that they were made from, whatever DefaultAMI says.
	DefaultAMI              string
	Placement               network.Placement // node i is in zone i modulo their number
	BackupTag               backup.Tag        // by which disks are chosen for daily snapshots
	Programs                artifacts.Programs
	CertificateAuthorityArn pulumi.StringOutput
	Controller              controller.Handle // gates the nodes and makes the streams
	Identities              Identities
}

// Identities are the NATS users whom the servers know.
type Identities struct {
	SystemKey        pulumi.StringOutput // public nkey of the controller in the system account
	AdministratorKey pulumi.StringOutput // public nkey of the controller in the platform's account
	Users            []User
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
	rights  pulumi.Resource // what the role may do: a machine without it fails its only first boot
	nodes   []node
	// revision is what a server's tags show of the configuration that it runs.
	revision      pulumi.StringOutput
	configuration pulumi.Resource
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
	return platform.Create(ctx, name, c, platform.Definition{
		Type:  Type,
		Noun:  "NATS cluster",
		Check: c.check,
		Steps: []platform.Step{
			c.placeNodes, c.createZone, c.createRole, c.createConfiguration, c.createLoadBalancer, c.createNodes,
			c.createStreams, c.createSchedules,
		},
	}, opts...)
}

// Metrics are what CloudWatch keeps the cluster's metrics by.
type Metrics struct {
	InstanceIDs []pulumi.StringInput // in the order of the nodes
	Zones       []string             // in which there are nodes
	Balancer    platform.Balancer
}

// Metrics hands on what CloudWatch keeps the cluster's metrics by.
func (c *NatsCluster) Metrics() Metrics {
	return Metrics{
		InstanceIDs: c.InstanceIDs,
		Zones:       c.args.Placement.Zones,
		Balancer:    platform.Balancer{LoadBalancer: c.LoadBalancerSuffix, TargetGroup: c.TargetGroupSuffix},
	}
}

// check refuses settings by which a node would have no snapshot or no zone.
func (c *NatsCluster) check() error {
	if given := len(c.args.VolumeSnapshots); given != 0 && given != c.args.NodeCount {
		return fmt.Errorf(
			"there are %d snapshots for %d nodes: name one for each node, or none",
			given,
			c.args.NodeCount,
		)
	}
	if len(c.args.Placement.Zones) == 0 {
		return errors.New("there is no zone to place nodes in")
	}
	return nil
}

// placeNodes gives each node a zone and, from its subnet's range, an address that stays.
func (c *NatsCluster) placeNodes(ctx *pulumi.Context, _ string) error {
	zones, ids := c.args.Placement.Zones, c.args.Placement.PrivateSubnetIDs
	var subnets []subnet
	for i := range zones {
		id := ids.Index(pulumi.Int(i))
		found := ec2.LookupSubnetOutput(ctx, ec2.LookupSubnetOutputArgs{Id: id.ToStringPtrOutput()}, pulumi.Parent(c))
		subnets = append(subnets, subnet{id: id, cidr: found.CidrBlock()})
	}
	for i := range c.args.NodeCount {
		z, offset := i%len(zones), firstHost+i/len(zones)
		c.nodes = append(c.nodes, node{
			number: i + 1,
			name:   fmt.Sprintf("nats-%d", i+1),
			zone:   zones[z],
			subnet: subnets[z],
			address: subnets[z].cidr.ApplyT(func(cidr string) (string, error) {
				return host(cidr, offset)
			}).(pulumi.StringOutput),
		})
	}
	return nil
}

// createZone makes the private names, and with them the URL.
func (c *NatsCluster) createZone(ctx *pulumi.Context, name string) (err error) {
	c.zone, err = route53.NewZone(ctx, name+"-zone", &route53.ZoneArgs{
		Name:    pulumi.String(c.args.PrivateDomain),
		Comment: pulumi.String("Private names of " + c.args.Environment),
		Vpcs:    route53.ZoneVpcArray{&route53.ZoneVpcArgs{VpcId: c.args.Placement.VpcID}},
	}, pulumi.Parent(c))
	c.URL = pulumi.Sprintf("tls://%s:4222", c.args.clientHost())
	return err
}

// clientHost is the name under which clients find the cluster.
func (s Settings) clientHost() string { return "nats." + s.PrivateDomain }
