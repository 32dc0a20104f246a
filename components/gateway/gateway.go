// Package gateway is the HTTP front: a load balancer, the gateway's tasks behind it, and the
// share of traffic that already goes to NATS while the old HTTP services still serve the rest.
package gateway

import (
	"fmt"
	"maps"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/naming"
	"github.com/bodybroker/platform/components/ordering"
	"github.com/bodybroker/platform/components/service"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:gateway:Gateway"

const (
	// Port is where the gateway's container listens, and answers over NATS.
	Port = 8000
	// ShadowPort is where it answers from the legacy services, and asks NATS beside them to
	// compare.
	ShadowPort = 8001
)

// idleSeconds is the load balancer's idle timeout, AWS's default (idle_timeout.timeout_seconds):
// no response that is silent for longer is waited for.
const idleSeconds = 60

// Args are what the gateway needs beside the arguments of its tasks.
type Args struct {
	// Service are the arguments of the gateway's tasks. Port, TargetGroups and the variable
	// LEGACY_URL are set here.
	Service service.Args

	Environment                 string // in the load balancer's name; required
	VpcID                       pulumi.StringInput
	PublicSubnetIDs             pulumi.StringArrayInput // of two zones or more; required with Domain
	PrivateSubnetIDs            pulumi.StringArrayInput // of two zones or more; required
	LoadBalancerSecurityGroupID pulumi.StringInput      // required

	Domain       string // public name; default none: the load balancer is internal
	HostedZoneID string // public Route 53 zone that holds Domain; required with Domain

	LegacyTargetGroupArn string // target group of the HTTP services being replaced; default none: all to the gateway
	NatsWeight           int    // 0–100, percent of requests to the gateway; matters with LegacyTargetGroupArn
	// where the gateway reaches the legacy services, "http://host:port"; default none: ShadowPort
	// is closed
	LegacyURL string
	// 0–100, percent of legacy requests that are also sent through NATS; needs LegacyURL in an
	// update before
	ShadowPercent int
	Protect       bool // refuse the deletion of load balancer and logs; default false
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
}

// New makes the load balancer, then the gateway's tasks.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Gateway, error) {
	gateway := &Gateway{}
	err := ctx.RegisterComponentResourceV2(Type, name, pulumi.Map{
		"environment":          pulumi.String(args.Environment),
		"domain":               pulumi.String(args.Domain),
		"legacyTargetGroupArn": pulumi.String(args.LegacyTargetGroupArn),
		"natsWeight":           pulumi.Int(args.NatsWeight),
		"shadowPercent":        pulumi.Int(args.ShadowPercent),
	}, gateway, opts...)
	if err != nil {
		return nil, fmt.Errorf("creating gateway %q: %w", name, err)
	}
	if err := gateway.create(ctx, name, args); err != nil {
		return nil, fmt.Errorf("creating gateway %q: %w", name, err)
	}
	err = ctx.RegisterResourceOutputs(gateway, pulumi.Map{
		"url":                gateway.URL,
		"loadBalancerSuffix": gateway.LoadBalancerSuffix,
		"targetGroupSuffix":  gateway.TargetGroupSuffix,
	})
	if err != nil {
		return nil, fmt.Errorf("creating gateway %q: recording its outputs: %w", name, err)
	}
	return gateway, nil
}

func (g *Gateway) create(ctx *pulumi.Context, name string, args Args) error {
	balancer, err := g.loadBalancer(ctx, name, args)
	if err != nil {
		return err
	}
	group, err := g.targetGroup(ctx, name+"-targets", args, Port)
	if err != nil {
		return err
	}
	groups := map[int]*lb.TargetGroup{Port: group}
	// Its port and targets stand before anything is sent there, and stay until nothing is: that is
	// an update of its own.
	if args.LegacyURL != "" {
		if groups[ShadowPort], err = g.targetGroup(ctx, name+"-shadow-targets", args, ShadowPort); err != nil {
			return err
		}
	}
	listener, err := g.listen(ctx, name, args, balancer, groups)
	if err != nil {
		return err
	}
	g.LoadBalancerSuffix, g.TargetGroupSuffix = balancer.ArnSuffix, group.ArnSuffix
	return g.tasks(ctx, name, args, groups, listener)
}

func (g *Gateway) loadBalancer(ctx *pulumi.Context, name string, args Args) (*lb.LoadBalancer, error) {
	balancerName, err := naming.LoadBalancer.Compose(args.Environment, "gateway")
	if err != nil {
		return nil, err
	}
	subnets := args.PrivateSubnetIDs
	if args.Domain != "" {
		subnets = args.PublicSubnetIDs
	}
	// Two controls are not met. Access logs (ELB.5) need a bucket with its policy and cost as much
	// as they hold; the gateway logs each request itself. A web ACL (ELB.16) is of the team that
	// owns the rules, and is attached to this load balancer from there.
	balancer, err := lb.NewLoadBalancer(ctx, name+"-load-balancer", &lb.LoadBalancerArgs{
		Name:                    pulumi.String(balancerName),
		LoadBalancerType:        pulumi.String("application"),
		Internal:                pulumi.Bool(args.Domain == ""),
		Subnets:                 subnets,
		SecurityGroups:          pulumi.StringArray{args.LoadBalancerSecurityGroupID},
		DropInvalidHeaderFields: pulumi.Bool(true),
		DesyncMitigationMode:    pulumi.String("defensive"),
		IdleTimeout:             pulumi.Int(idleSeconds),
		// It holds no data, so only AWS's own lock: Pulumi's would also refuse a replacement.
		EnableDeletionProtection: pulumi.Bool(args.Protect),
		// A domain that comes or goes makes it another one: under the same name, and a target group
		// stands behind one only.
	}, pulumi.Parent(g), pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return nil, fmt.Errorf("creating load balancer %q: %w", balancerName, err)
	}
	return balancer, nil
}

func (g *Gateway) targetGroup(ctx *pulumi.Context, name string, args Args, port int) (*lb.TargetGroup, error) {
	// Plain HTTP (controls ELB.21 and ELB.22) from the load balancer to tasks that only its
	// security group may reach: the images speak no TLS on this port.
	group, err := lb.NewTargetGroup(ctx, name, &lb.TargetGroupArgs{
		TargetType: pulumi.String("ip"),
		Port:       pulumi.Int(port),
		Protocol:   pulumi.String("HTTP"),
		VpcId:      args.VpcID.ToStringOutput(),
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

// tasks makes the gateway's service. ECS refuses a target group that no listener uses yet, so
// the service is given its ARN only once the listener is there.
func (g *Gateway) tasks(
	ctx *pulumi.Context,
	name string,
	args Args,
	groups map[int]*lb.TargetGroup,
	listener *lb.Listener,
) error {
	tasks := args.Service
	tasks.Port = Port
	tasks.Protect = args.Protect
	tasks.Variables = map[string]pulumi.StringInput{}
	maps.Copy(tasks.Variables, args.Service.Variables)
	if args.LegacyURL != "" {
		tasks.Variables["LEGACY_URL"] = pulumi.String(args.LegacyURL)
	}
	tasks.TargetGroups = map[int]pulumi.StringInput{}
	for port, group := range groups {
		tasks.TargetGroups[port] = ordering.After(group.Arn, listener)
	}
	var err error
	g.Service, err = service.New(ctx, name+"-tasks", tasks, pulumi.Parent(g))
	return err
}
