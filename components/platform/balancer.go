// How CloudWatch names a load balancer and its targets, which alarms and the dashboard read.

package platform

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// Balancer is a load balancer with the target group behind it, by the suffixes of their ARNs: the
// names under which CloudWatch keeps their metrics.
type Balancer struct {
	LoadBalancer pulumi.StringOutput
	TargetGroup  pulumi.StringOutput
}

// Dimensions choose the metrics of the targets behind the load balancer.
func (b Balancer) Dimensions() pulumi.StringMap {
	return pulumi.StringMap{"LoadBalancer": b.LoadBalancer, "TargetGroup": b.TargetGroup}
}
