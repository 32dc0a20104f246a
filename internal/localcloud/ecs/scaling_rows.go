// Scalable targets and scaling policies of services: what creates, changes and deletes them.
package ecs

import (
	"fmt"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// ScalingType is the token of a scalable target.
const (
	// ScalingType is the type of a scalable target.
	ScalingType       = "aws:appautoscaling/target:Target"
	scalingPolicyType = "aws:appautoscaling/policy:Policy"
)

var _ = cloud.Register(
	cloud.Row{
		Token:    ScalingType,
		Source:   "internal/service/appautoscaling/target.go",
		Required: []string{"maxCapacity", "minCapacity", "resourceId", "scalableDimension", "serviceNamespace"},
		Replace:  []string{"resourceId", "scalableDimension", "serviceNamespace"},
		ID:       cloud.FreeID("{resourceId}", "{resourceId}#{scalableDimension}"),
		Computed: map[string]cloud.Value{
			"arn": cloud.Text("arn:aws:application-autoscaling:{region}:{account}:scalable-target/0ec5{hex32}"),
			"roleArn": cloud.Text(
				"arn:aws:iam::{account}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/" +
					"AWSServiceRoleForApplicationAutoScaling_ECSService",
			),
		},
		BeforeCreate: cloud.InTurn(checkCapacity, checkScaledService),
		BeforeUpdate: checkCapacity,
		NotReal:      "Only services whose tasks run are scaled, by their CPU use.",
	},
	cloud.Row{
		Token:    scalingPolicyType,
		Source:   "internal/service/appautoscaling/policy.go",
		Required: []string{"resourceId", "scalableDimension", "serviceNamespace"},
		Replace:  []string{"name", "resourceId", "scalableDimension", "serviceNamespace"},
		Defaults: map[string]any{"policyType": "StepScaling"},
		Name:     &cloud.NameRule{Property: "name", Max: 255, Auto: true},
		ID:       cloud.FreeID("{name}", "{resourceId}/{name}"),
		Computed: map[string]cloud.Value{
			"arn": cloud.Text(
				"arn:aws:autoscaling:{region}:{account}:scalingPolicy:{uuid}:resource/{serviceNamespace}/" +
					"{resourceId}:policyName/{name}",
			),
			"alarmArns": scalingAlarms,
		},
		Check:        cloud.OneOf("policyType", "StepScaling", "TargetTrackingScaling"),
		BeforeCreate: checkScalingPolicy,
		BeforeUpdate: checkScalingPolicy,
		NotReal: "Only target tracking of a service's average CPU use is simulated; the alarms that AWS creates for " +
			"it are names only. A task may use more CPU than it reserves, which counts as all of it. A drill may " +
			"declare the use instead (ecs.DeclareDemand): that tests the tracking, not that work makes load.",
	},
)

func checkCapacity(c *cloud.Call) error {
	if c.Num("minCapacity") > c.Num("maxCapacity") {
		return fmt.Errorf("ValidationException: Maximum capacity cannot be less than minimum capacity")
	}
	return nil
}

// checkScaledService requires the service to exist. The provider tries for two minutes and then
// reports the same error.
func checkScaledService(c *cloud.Call) error {
	parts := strings.Split(c.Str("resourceId"), "/")
	if c.Str("serviceNamespace") != "ecs" {
		return nil
	}
	if len(parts) != 3 || parts[0] != "service" {
		return fmt.Errorf(
			"ValidationException: Unsupported service namespace, resource type or scalable dimension: resource id %s",
			c.Str("resourceId"),
		)
	}
	if service(c.Tx, parts[1], parts[2]) == nil {
		return fmt.Errorf("ValidationException: ECS service doesn't exist: %s", c.Str("resourceId"))
	}
	return nil
}

func checkScalingPolicy(c *cloud.Call) error {
	for _, target := range c.Tx.All(ScalingType) {
		if target.Str("resourceId") == c.Str("resourceId") &&
			target.Str("scalableDimension") == c.Str("scalableDimension") {
			if c.Str("policyType") == "TargetTrackingScaling" &&
				!cloud.Present(c.Inputs, "targetTrackingScalingPolicyConfiguration") {
				return fmt.Errorf("ValidationException: Target tracking scaling policy configuration is required")
			}
			return nil
		}
	}
	return fmt.Errorf(
		"ObjectNotFoundException: No scalable target registered for service namespace: %s, resource ID: %s, "+
			"scalable dimension: %s",
		c.Str("serviceNamespace"),
		c.Str("resourceId"),
		c.Str("scalableDimension"),
	)
}

// scalingAlarms names the two alarms that AWS makes for target tracking.
func scalingAlarms(c *cloud.Call) any {
	if c.Str("policyType") != "TargetTrackingScaling" {
		return []any{}
	}
	name := "arn:aws:cloudwatch:{region}:{account}:alarm:TargetTracking-{resourceId}-"
	return []any{c.Expand(name + "AlarmHigh-{uuid}"), c.Expand(name + "AlarmLow-{uuid}")}
}
