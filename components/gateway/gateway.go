// Package gateway is the HTTP front: a load balancer, the gateway's tasks behind it, and the
// share of traffic that already goes to NATS while the old HTTP services still serve the rest.
package gateway

import (
	"fmt"
	"maps"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/platform"
	"github.com/bodybroker/platform/components/service"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:gateway:Gateway"

const (
	// Port is where the gateway's container listens, and answers over NATS.
	Port = 8000
	// ShadowPort is where it answers from the legacy services, and asks NATS too, to compare.
	ShadowPort = 8001
)

// idleSeconds is the load balancer's idle timeout, AWS's default (idle_timeout.timeout_seconds):
// no response that is silent for longer is waited for.
const idleSeconds = 60

// Settings are what a stack's configuration says of the gateway, its tasks among it.
type Settings struct {
	service.Settings
	Domain       string // public name; default none: the load balancer is internal
	HostedZoneID string // public Route 53 zone that holds Domain; required with Domain

	LegacyTargetGroupARN string // target group of the HTTP services being replaced; default none: all to the gateway
	NatsWeight           int    // 0–100, percent of requests to the gateway; matters with LegacyTargetGroupARN
	// LegacyURL is where the gateway reaches the legacy services, "http://host:port"; default none:
	// ShadowPort is closed.
	LegacyURL string
	// ShadowPercent, 0–100, is the percentage of legacy requests that are also sent through NATS;
	// it needs LegacyURL in an update before.
	ShadowPercent int
}

// Args are what the gateway needs.
type Args struct {
	Settings
	// Tasks are the arguments of the gateway's tasks; the load balancer takes its stack and its
	// place from them. Settings, Port, TargetGroups and the variable LEGACY_URL are set here.
	Tasks service.Args
}

// Gateway is the running HTTP front.
type Gateway struct {
	pulumi.ResourceState

	// URL is where clients call, without a slash at its end.
	URL pulumi.StringOutput `pulumi:"url"`
	// LoadBalancerSuffix and TargetGroupSuffix are the names under which CloudWatch keeps the
	// metrics.
	LoadBalancerSuffix pulumi.StringOutput `pulumi:"loadBalancerSuffix"`
	TargetGroupSuffix  pulumi.StringOutput `pulumi:"targetGroupSuffix"`
	// Service is the gateway's own ECS service.
	Service *service.Service

	args     Args
	stack    platform.Stack
	balancer *lb.LoadBalancer
	groups   map[int]*lb.TargetGroup // by the port of the tasks
	listener *lb.Listener            // sends requests to groups
}

// Balancer is what CloudWatch keeps the gateway's metrics by.
func (g *Gateway) Balancer() platform.Balancer {
	return platform.Balancer{LoadBalancer: g.LoadBalancerSuffix, TargetGroup: g.TargetGroupSuffix}
}

// New makes the load balancer, then the gateway's tasks.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Gateway, error) {
	g := &Gateway{args: args, stack: args.Tasks.Stack, groups: map[int]*lb.TargetGroup{}}
	return platform.Create(ctx, name, g, platform.Definition{
		Type: Type,
		Noun: "gateway",
		Inputs: pulumi.Map{
			"environment":          pulumi.String(g.stack.Environment),
			"domain":               pulumi.String(args.Domain),
			"legacyTargetGroupArn": pulumi.String(args.LegacyTargetGroupARN),
			"natsWeight":           pulumi.Int(args.NatsWeight),
			"shadowPercent":        pulumi.Int(args.ShadowPercent),
		},
		Steps: []platform.Step{
			g.createLoadBalancer, g.createTargetGroups, g.createListeners, g.createTasks,
		},
	}, opts...)
}

func (g *Gateway) createLoadBalancer(ctx *pulumi.Context, name string) error {
	balancerName, err := g.stack.Compose(platform.LoadBalancer, "gateway")
	if err != nil {
		return err
	}
	subnets := g.args.Tasks.Placement.PrivateSubnetIDs
	if g.args.Domain != "" {
		subnets = g.args.Tasks.Placement.PublicSubnetIDs
	}
	// Two controls are not met. Access logs (ELB.5) need a bucket with its policy and cost as much
	// as they hold; the gateway logs each request itself. A web ACL (ELB.16) is of the team that
	// owns the rules, and is attached to this load balancer from there.
	g.balancer, err = lb.NewLoadBalancer(ctx, name+"-load-balancer", &lb.LoadBalancerArgs{
		Name:                    pulumi.String(balancerName),
		LoadBalancerType:        pulumi.String("application"),
		Internal:                pulumi.Bool(g.args.Domain == ""),
		Subnets:                 subnets,
		SecurityGroups:          pulumi.StringArray{g.args.Tasks.Placement.LoadBalancerSecurityGroupID},
		DropInvalidHeaderFields: pulumi.Bool(true),
		DesyncMitigationMode:    pulumi.String("defensive"),
		IdleTimeout:             pulumi.Int(idleSeconds),
		// It holds no data, so only AWS's own lock: Pulumi's would also refuse a replacement.
		EnableDeletionProtection: pulumi.Bool(g.stack.Protect),
		// A domain that comes or goes makes it another one: under the same name, and a target group
		// is behind one only.
	}, pulumi.Parent(g), pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return fmt.Errorf("creating load balancer %q: %w", balancerName, err)
	}
	g.LoadBalancerSuffix = g.balancer.ArnSuffix
	return nil
}

func (g *Gateway) createTargetGroups(ctx *pulumi.Context, name string) (err error) {
	if g.groups[Port], err = g.createTargetGroup(ctx, name+"-targets", Port); err != nil {
		return err
	}
	g.TargetGroupSuffix = g.groups[Port].ArnSuffix
	// The shadow port and its targets are there before anything is sent to them, and stay until
	// nothing is: that is an update of its own.
	if g.args.LegacyURL != "" {
		g.groups[ShadowPort], err = g.createTargetGroup(ctx, name+"-shadow-targets", ShadowPort)
	}
	return err
}

func (g *Gateway) createTargetGroup(ctx *pulumi.Context, name string, port int) (*lb.TargetGroup, error) {
	// Plain HTTP (controls ELB.21 and ELB.22) from the load balancer to tasks that only its
	// security group may reach: the images speak no TLS on this port.
	group, err := lb.NewTargetGroup(ctx, name, &lb.TargetGroupArgs{
		TargetType: pulumi.String("ip"),
		Port:       pulumi.Int(port),
		Protocol:   pulumi.String("HTTP"),
		VpcId:      g.args.Tasks.Placement.VpcID,
		// As long as the load balancer itself waits for a silent response.
		DeregistrationDelay: pulumi.Int(idleSeconds),
		HealthCheck: lb.TargetGroupHealthCheckArgs{
			Path:               pulumi.String("/health"),
			Protocol:           pulumi.String("HTTP"),
			Matcher:            pulumi.String("200"),
			Interval:           pulumi.Int(10),
			Timeout:            pulumi.Int(5),
			HealthyThreshold:   pulumi.Int(2),
			UnhealthyThreshold: pulumi.Int(3),
		},
	}, pulumi.Parent(g))
	if err != nil {
		return nil, fmt.Errorf("creating target group %q of the gateway: %w", name, err)
	}
	return group, nil
}

// createTasks makes the gateway's service. ECS refuses a target group that no listener uses yet, so
// the service is given its ARN only once the listener is there.
func (g *Gateway) createTasks(ctx *pulumi.Context, name string) (err error) {
	tasks := g.args.Tasks
	tasks.Settings = g.args.Settings.Settings
	tasks.Port = Port
	tasks.Variables = map[string]pulumi.StringInput{}
	maps.Copy(tasks.Variables, g.args.Tasks.Variables)
	if g.args.LegacyURL != "" {
		tasks.Variables["LEGACY_URL"] = pulumi.String(g.args.LegacyURL)
	}
	tasks.TargetGroups = map[int]pulumi.StringInput{}
	for port, group := range g.groups {
		tasks.TargetGroups[port] = platform.After(group.Arn, g.listener)
	}
	g.Service, err = service.New(ctx, name+"-tasks", tasks, pulumi.Parent(g))
	return err
}
