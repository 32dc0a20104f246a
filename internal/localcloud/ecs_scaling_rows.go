// Application Auto Scaling of services: targets and policies.
package localcloud

import (
	"fmt"
	"strings"
)

const (
	scalingType       = "aws:appautoscaling/target:Target"
	scalingPolicyType = "aws:appautoscaling/policy:Policy"
)

var _ = register(
	row{
		token:    scalingType,
		source:   "internal/service/appautoscaling/target.go",
		required: []string{"maxCapacity", "minCapacity", "resourceId", "scalableDimension", "serviceNamespace"},
		replace:  []string{"resourceId", "scalableDimension", "serviceNamespace"},
		id:       freeID("{resourceId}", "{resourceId}#{scalableDimension}"),
		computed: map[string]value{
			"arn": text("arn:aws:application-autoscaling:{region}:{account}:scalable-target/0ec5{hex32}"),
			"roleArn": text(
				"arn:aws:iam::{account}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/" +
					"AWSServiceRoleForApplicationAutoScaling_ECSService",
			),
		},
		beforeCreate: inTurn(judgeCapacity, judgeScaledService),
		beforeUpdate: judgeCapacity,
		notReal:      "Only services whose tasks run are scaled, by their CPU use.",
	},
	row{
		token:    scalingPolicyType,
		source:   "internal/service/appautoscaling/policy.go",
		required: []string{"resourceId", "scalableDimension", "serviceNamespace"},
		replace:  []string{"name", "resourceId", "scalableDimension", "serviceNamespace"},
		defaults: map[string]any{"policyType": "StepScaling"},
		name:     &nameRule{property: "name", max: 255, auto: true},
		id:       freeID("{name}", "{resourceId}/{name}"),
		computed: map[string]value{
			"arn": text(
				"arn:aws:autoscaling:{region}:{account}:scalingPolicy:{uuid}:resource/{serviceNamespace}/" +
					"{resourceId}:policyName/{name}",
			),
			"alarmArns": scalingAlarms,
		},
		check:        oneOf("policyType", "StepScaling", "TargetTrackingScaling"),
		beforeCreate: judgeScalingPolicy,
		beforeUpdate: judgeScalingPolicy,
		notReal: "Only target tracking of a service's average CPU use is played; the alarms that AWS makes for " +
			"it are names only. A task may use more CPU than it reserves, which counts as all of it. A drill may " +
			"declare the use instead (Cloud.DeclareDemand): what it shows is the tracking, not that work makes load.",
	},
)

func judgeCapacity(c *call) error {
	if c.num("minCapacity") > c.num("maxCapacity") {
		return fmt.Errorf("ValidationException: Maximum capacity cannot be less than minimum capacity")
	}
	return nil
}

// judgeScaledService: the provider tries for two minutes and then reports the same error.
func judgeScaledService(c *call) error {
	parts := strings.Split(c.str("resourceId"), "/")
	if c.str("serviceNamespace") != "ecs" {
		return nil
	}
	if len(parts) != 3 || parts[0] != "service" {
		return fmt.Errorf(
			"ValidationException: Unsupported service namespace, resource type or scalable dimension: resource id %s",
			c.str("resourceId"),
		)
	}
	if c.tx.service(parts[1], parts[2]) == nil {
		return fmt.Errorf("ValidationException: ECS service doesn't exist: %s", c.str("resourceId"))
	}
	return nil
}

func judgeScalingPolicy(c *call) error {
	for _, target := range c.tx.all(scalingType) {
		if target.str("resourceId") == c.str("resourceId") &&
			target.str("scalableDimension") == c.str("scalableDimension") {
			if c.str("policyType") == "TargetTrackingScaling" &&
				!present(c.inputs, "targetTrackingScalingPolicyConfiguration") {
				return fmt.Errorf("ValidationException: Target tracking scaling policy configuration is required")
			}
			return nil
		}
	}
	return fmt.Errorf(
		"ObjectNotFoundException: No scalable target registered for service namespace: %s, resource ID: %s, "+
			"scalable dimension: %s",
		c.str("serviceNamespace"),
		c.str("resourceId"),
		c.str("scalableDimension"),
	)
}

// scalingAlarms names the two alarms that AWS makes for target tracking.
func scalingAlarms(c *call) any {
	if c.str("policyType") != "TargetTrackingScaling" {
		return []any{}
	}
	name := "arn:aws:cloudwatch:{region}:{account}:alarm:TargetTracking-{resourceId}-"
	return []any{c.expand(name + "AlarmHigh-{uuid}"), c.expand(name + "AlarmLow-{uuid}")}
}
