package localcloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/localcloud/elbv2"
)

// balancer makes a load balancer and a target group that its listeners may forward to.
func (b bench) balancer(kind, protocol string) (balancer, group string) {
	b.Helper()
	vpc, subnets := b.network()
	balancer, _ = b.make(
		elbv2.LoadBalancerType,
		"balancer",
		map[string]any{"name": kind, "loadBalancerType": kind, "internal": true, "subnets": cloud.AnyList(subnets)},
	)
	group, _ = b.make(
		elbv2.TargetGroupType,
		"targets",
		map[string]any{"name": kind, "vpcId": vpc, "port": 4222.0, "protocol": protocol, "targetType": "ip"},
	)
	return balancer, group
}

func forwardTo(balancer, group, protocol string, port float64) map[string]any {
	return map[string]any{
		"loadBalancerArn": balancer, "port": port, "protocol": protocol,
		"defaultActions": []any{map[string]any{"type": "forward", "targetGroupArn": group}},
	}
}

func TestNetworkBalancerReplacements(t *testing.T) {
	b := newBench(t)
	list := func(items ...string) []any { return cloud.AnyList(items) }
	for name, c := range map[string]struct {
		kind          string
		before, after map[string]any
		replaces      bool
	}{
		"first group": {
			kind:     "network",
			before:   map[string]any{},
			after:    map[string]any{"securityGroups": list("sg-1")},
			replaces: true,
		},
		"last group": {
			kind:     "network",
			before:   map[string]any{"securityGroups": list("sg-1")},
			after:    map[string]any{},
			replaces: true,
		},
		"another group": {
			kind:     "network",
			before:   map[string]any{"securityGroups": list("sg-1")},
			after:    map[string]any{"securityGroups": list("sg-2")},
			replaces: false,
		},
		"first group of alb": {
			kind:     "application",
			before:   map[string]any{},
			after:    map[string]any{"securityGroups": list("sg-1")},
			replaces: false,
		},
		"one subnet more": {
			kind:     "network",
			before:   map[string]any{"subnets": list("a")},
			after:    map[string]any{"subnets": list("a", "b")},
			replaces: false,
		},
		"one subnet less": {
			kind:     "network",
			before:   map[string]any{"subnets": list("a", "b")},
			after:    map[string]any{"subnets": list("a")},
			replaces: true,
		},
		"another subnet": {
			kind:     "network",
			before:   map[string]any{"subnets": list("a", "b")},
			after:    map[string]any{"subnets": list("a", "c")},
			replaces: true,
		},
		"same in other order": {
			kind:     "network",
			before:   map[string]any{"subnets": list("a", "b")},
			after:    map[string]any{"subnets": list("b", "a")},
			replaces: false,
		},
		"subnets of alb": {
			kind:     "application",
			before:   map[string]any{"subnets": list("a", "b")},
			after:    map[string]any{"subnets": list("a", "c")},
			replaces: false,
		},
		"protection": {
			kind:     "network",
			before:   map[string]any{},
			after:    map[string]any{"enableDeletionProtection": true},
			replaces: false,
		},
		"internal": {
			kind:     "network",
			before:   map[string]any{"internal": true},
			after:    map[string]any{"internal": false},
			replaces: true,
		},
	} {
		base := map[string]any{"loadBalancerType": c.kind, "name": "n", "subnets": list("a", "b")}
		assert.Equal(
			t,
			c.replaces,
			b.replacesOn(elbv2.LoadBalancerType, with(base, c.before), with(base, c.after)),
			name,
		)
	}
}

func TestBalancerRefusals(t *testing.T) {
	b := newBench(t)
	_, subnets := b.network()
	inputs := map[string]any{"name": "gateway", "subnets": cloud.AnyList(subnets), "enableDeletionProtection": true}
	id, outputs := b.make(elbv2.LoadBalancerType, "gateway", inputs)
	assert.Regexp(t, `^gateway-\d{10}\.us-east-1\.elb\.amazonaws\.com$`, outputs["dnsName"].StringValue())
	assert.Equal(t, "Z35SXDOTRQ7X7K", outputs["zoneId"].StringValue())
	b.refused("ELBv2 Load Balancer (gateway) already exists", elbv2.LoadBalancerType, "again", inputs)
	b.refused(
		"At least two subnets",
		elbv2.LoadBalancerType,
		"narrow",
		map[string]any{"subnets": cloud.AnyList(subnets[:1])},
	)
	assert.ErrorContains(t, b.end(elbv2.LoadBalancerType, id), "OperationNotPermitted: Load balancer '"+id)
	assert.ErrorContains(t, b.end(ec2.SubnetType, subnets[0]), "DependencyViolation")
	require.NoError(t, b.change(elbv2.LoadBalancerType, id, without(inputs, "enableDeletionProtection")))
	require.NoError(t, b.end(elbv2.LoadBalancerType, id))
	require.NoError(t, b.end(ec2.SubnetType, subnets[0]))
}

func TestTargetGroupHealthCheck(t *testing.T) {
	b := newBench(t)
	vpc, _ := b.network()
	inputs := map[string]any{"vpcId": vpc, "port": 4222.0, "protocol": "TCP", "targetType": "ip"}
	_, plainTCP := b.make(elbv2.TargetGroupType, "tcp", inputs)
	assert.Equal(t, "TCP", plainTCP["healthCheck"].ObjectValue()["protocol"].StringValue())
	assert.Equal(t, "false", plainTCP["preserveClientIp"].StringValue())
	_, probed := b.make(
		elbv2.TargetGroupType,
		"http",
		with(inputs, map[string]any{"healthCheck": map[string]any{"path": "/healthz", "interval": 10.0}}),
	)
	check := probed["healthCheck"].ObjectValue()
	assert.Equal(
		t,
		[]any{"HTTP", "/healthz", 10.0, 6.0, "200-399"},
		[]any{
			cloud.Plain(check["protocol"]),
			cloud.Plain(check["path"]),
			cloud.Plain(check["interval"]),
			cloud.Plain(check["timeout"]),
			cloud.Plain(check["matcher"]),
		},
	)
	b.refused(
		"interval must be greater than the timeout",
		elbv2.TargetGroupType,
		"slow",
		with(
			inputs,
			map[string]any{"healthCheck": map[string]any{"protocol": "HTTP", "interval": 5.0, "timeout": 5.0}},
		),
	)
	assert.Equal(t, []string{"vpcId", "healthCheck.path"}, b.faults(elbv2.TargetGroupType,
		with(without(inputs, "vpcId"), map[string]any{"healthCheck": map[string]any{"protocol": "TCP", "path": "/"}})))
	for _, path := range []string{"port", "protocol", "vpcId", "targetType"} {
		assert.True(t, replacesAt(elbv2.TargetGroupType, path), path)
	}
	assert.False(t, replacesAt(elbv2.TargetGroupType, "healthCheck.path"))
}

func TestListeners(t *testing.T) {
	b := newBench(t)
	balancer, group := b.balancer("network", "TCP")
	inputs := forwardTo(balancer, group, "TCP", 4222)
	id, outputs := b.make(elbv2.ListenerType, "listener", inputs)
	assert.Equal(t, 350.0, outputs["tcpIdleTimeoutSeconds"].NumberValue())
	assert.Equal(t, balancer, b.CopyOf(elbv2.TargetGroupType, "", group).Str("loadBalancerArns.0"))
	b.refused("DuplicateListener", elbv2.ListenerType, "again", inputs)
	b.refused(
		"Listener protocol 'HTTP' must be one of 'TCP",
		elbv2.ListenerType,
		"http",
		forwardTo(balancer, group, "HTTP", 80),
	)
	b.refused(
		"A certificate must be specified for TLS listeners",
		elbv2.ListenerType,
		"tls",
		forwardTo(balancer, group, "TLS", 443),
	)
	assert.ErrorContains(t, b.end(elbv2.TargetGroupType, group), "ResourceInUse: Target group '"+group)
	require.NoError(t, b.end(elbv2.LoadBalancerType, balancer))
	assert.Nil(t, b.CopyOf(elbv2.ListenerType, "", id), "the listener goes with its load balancer")
	require.NoError(t, b.end(elbv2.TargetGroupType, group))
}

func TestTargetGroupBelongsToOneBalancer(t *testing.T) {
	b := newBench(t)
	balancer, group := b.balancer("application", "HTTP")
	first, _ := b.make(elbv2.ListenerType, "first", forwardTo(balancer, group, "HTTP", 80))
	other, _ := b.make(
		elbv2.LoadBalancerType,
		"other",
		map[string]any{"name": "other", "subnets": b.CopyOf(elbv2.LoadBalancerType, "", balancer).Get("subnets")},
	)
	b.refused("TargetGroupAssociationLimit", elbv2.ListenerType, "other", forwardTo(other, group, "HTTP", 80))
	b.refused("is not supported with target group", elbv2.ListenerType, "tcp", map[string]any{
		"loadBalancerArn": other, "port": 81.0, "protocol": "HTTP",
		"defaultActions": []any{map[string]any{"type": "forward", "targetGroupArn": b.tcpGroup()}},
	})

	rule := map[string]any{
		"listenerArn": first,
		"conditions":  []any{map[string]any{}},
		"actions":     []any{map[string]any{"type": "forward", "targetGroupArn": group}},
	}
	_, made := b.make(elbv2.ListenerRuleType, "rule", with(rule, map[string]any{"priority": 10.0}))
	assert.Equal(t, 10.0, made["priority"].NumberValue())
	b.refused("PriorityInUse", elbv2.ListenerRuleType, "again", with(rule, map[string]any{"priority": 10.0}))
	_, made = b.make(elbv2.ListenerRuleType, "next", rule)
	assert.Equal(t, 11.0, made["priority"].NumberValue())
	assert.Equal(
		t,
		[]string{"actions[0].redirect"},
		b.faults(
			elbv2.ListenerRuleType,
			with(rule, map[string]any{"actions": []any{map[string]any{"type": "redirect"}}}),
		),
	)
}

func (b bench) tcpGroup() string {
	b.Helper()
	id, _ := b.make(
		elbv2.TargetGroupType,
		"tcp",
		map[string]any{"vpcId": b.Records(ec2.VpcType)[0].ID, "port": 1.0, "protocol": "TCP", "targetType": "ip"},
	)
	return id
}

func TestTargets(t *testing.T) {
	b := newBench(t)
	_, group := b.balancer("network", "TCP")
	target := map[string]any{"targetGroupArn": group, "targetId": "10.0.0.10"}
	first, _ := b.make(elbv2.TargetAttachmentType, "a", target)
	second, _ := b.make(elbv2.TargetAttachmentType, "b", with(target, map[string]any{"targetId": "10.0.1.10"}))
	assert.NotEqual(t, first, second)
	b.refused(
		"outside the VPC",
		elbv2.TargetAttachmentType,
		"far",
		with(target, map[string]any{"targetId": "192.168.0.1"}),
	)
	b.make(
		elbv2.TargetAttachmentType,
		"far",
		with(target, map[string]any{"targetId": "192.168.0.1", "availabilityZone": "all"}),
	)
	assert.True(t, replacesAt(elbv2.TargetAttachmentType, "port"))
}
