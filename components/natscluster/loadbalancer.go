// The internal network load balancer: TCP only, for NATS sends its greeting in clear before
// TLS begins and a TLS listener would break every client.
package natscluster

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/platform"
)

func (c *NatsCluster) createLoadBalancer(ctx *pulumi.Context, name string) error {
	under := pulumi.Parent(c)
	physical, err := c.args.Compose(platform.LoadBalancer, "nats")
	if err != nil {
		return err
	}
	balancer, err := lb.NewLoadBalancer(ctx, name+"-load-balancer", &lb.LoadBalancerArgs{
		Name:             pulumi.String(physical),
		LoadBalancerType: pulumi.String("network"),
		Internal:         pulumi.Bool(true),
		Subnets:          c.args.Placement.PrivateSubnetIDs,
		// A network load balancer can have security groups only if it is born with one.
		SecurityGroups:           pulumi.StringArray{c.args.Placement.LoadBalancerSecurityGroupID},
		EnableDeletionProtection: pulumi.Bool(c.args.Protect),
		// A hop between zones costs latency and money: clients stay in their own zone while it has
		// a healthy node.
		DnsRecordClientRoutingPolicy: pulumi.String("availability_zone_affinity"),
	}, under)
	if err != nil {
		return err
	}
	c.targets, err = lb.NewTargetGroup(ctx, name+"-targets", &lb.TargetGroupArgs{
		Port:     pulumi.Int(4222),
		Protocol: pulumi.String("TCP"),
		VpcId:    c.args.Placement.VpcID,
		// By address: an instance target cannot reach itself through the load balancer.
		TargetType:       pulumi.String("ip"),
		PreserveClientIp: pulumi.String("false"),
		// Lame duck paces the clients over two minutes; the load balancer must not cut them off
		// before.
		ConnectionTermination: pulumi.Bool(false),
		DeregistrationDelay:   pulumi.Int(150),
		TargetHealthStates: lb.TargetGroupTargetHealthStateArray{&lb.TargetGroupTargetHealthStateArgs{
			EnableUnhealthyConnectionTermination: pulumi.Bool(false),
		}},
		HealthCheck: &lb.TargetGroupHealthCheckArgs{
			Protocol:           pulumi.String("HTTP"),
			Port:               pulumi.String("8222"),
			Path:               pulumi.String("/healthz?js-server-only=true"),
			Matcher:            pulumi.String("200"),
			Interval:           pulumi.Int(10),
			Timeout:            pulumi.Int(6),
			HealthyThreshold:   pulumi.Int(2),
			UnhealthyThreshold: pulumi.Int(2),
		},
	}, under)
	if err != nil {
		return err
	}
	listener, err := lb.NewListener(ctx, name+"-listener", &lb.ListenerArgs{
		LoadBalancerArn: balancer.Arn,
		Port:            pulumi.Int(4222),
		Protocol:        pulumi.String("TCP"),
		DefaultActions: lb.ListenerDefaultActionArray{&lb.ListenerDefaultActionArgs{
			Type: pulumi.String("forward"), TargetGroupArn: c.targets.Arn,
		}},
	}, under)
	if err != nil {
		return err
	}
	record, err := route53.NewRecord(ctx, name+"-record", &route53.RecordArgs{
		ZoneId: c.zone.ZoneId,
		Name:   pulumi.String(c.args.clientHost()),
		Type:   pulumi.String("A"),
		Aliases: route53.RecordAliasArray{&route53.RecordAliasArgs{
			Name: balancer.DnsName, ZoneId: balancer.ZoneId,
			EvaluateTargetHealth: pulumi.Bool(false),
		}},
	}, under)
	if err != nil {
		return err
	}
	c.LoadBalancerSuffix, c.TargetGroupSuffix = balancer.ArnSuffix, c.targets.ArnSuffix
	c.Ready = append(c.Ready, listener, record)
	return nil
}
