// ECR repositories, ECS clusters and application autoscaling. Task definitions and services
// stand in table_tasks.go.
package localcloud

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const (
	repositoryType = "aws:ecr/repository:Repository"
	// imageType records images; property repositoryName says where they lie.
	imageType         = "aws:ecr/image:Image"
	clusterType       = "aws:ecs/cluster:Cluster"
	scalingType       = "aws:appautoscaling/target:Target"
	scalingPolicyType = "aws:appautoscaling/policy:Policy"
)

var clusterName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

var _ = register(
	row{
		token:    repositoryType,
		source:   "internal/service/ecr/repository.go",
		seconds:  3,
		replace:  []string{"name", "encryptionConfigurations"},
		defaults: map[string]any{"imageTagMutability": "MUTABLE"},
		name: &nameRule{
			property: "name",
			min:      2,
			max:      256,
			auto:     true,
			pattern:  regexp.MustCompile(`^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$`),
		},
		computed: map[string]value{
			"arn": text("arn:aws:ecr:{region}:{account}:repository/{name}"), "registryId": text("{account}"),
			"repositoryUrl": text("{account}.dkr.ecr.{region}.amazonaws.com/{name}"),
		},
		check: oneOf(
			"imageTagMutability",
			"MUTABLE",
			"IMMUTABLE",
			"IMMUTABLE_WITH_EXCLUSION",
			"MUTABLE_WITH_EXCLUSION",
		),
		beforeCreate: inTurn(func(c *call) error {
			if c.cloud.find(repositoryType, "", c.name()) != nil {
				return fmt.Errorf(
					"RepositoryAlreadyExistsException: The repository with name '%s' already exists in the registry "+
						"with id '%s'",
					c.name(),
					c.cloud.Account,
				)
			}
			return nil
		}, needsKey("encryptionConfigurations.kmsKey", "KmsException: The KMS key {value} does not exist")),
		beforeDelete: emptyRepository,
		notReal:      "There is no registry to push to: images are records (aws:ecr/image:Image). Nothing is scanned.",
	},
	row{
		token:    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
		source:   "internal/service/ecr/lifecycle_policy.go; AWS ECR user guide, \"Lifecycle policy properties\"",
		required: []string{"policy", "repository"},
		replace:  []string{"policy", "repository"},
		id:       freeID("{repository}", "{repository}#{hex8}"),
		computed: map[string]value{"registryId": text("{account}")},
		references: []reference{{
			path: "repository", to: one(repositoryType),
			missing: "RepositoryNotFoundException: The repository with name '{value}' does not exist in the registry",
		}},
		check:        validJSON("policy"),
		beforeCreate: judgeLifecyclePolicy,
		notReal: "Nothing expires. A policy that differs only in the order of its keys replaces here, not in " +
			"the provider.",
	},
	row{
		token:   clusterType,
		source:  "internal/service/ecs/cluster.go",
		seconds: 5,
		replace: []string{"name"},
		name: &nameRule{
			property: "name",
			max:      255,
			pattern:  clusterName,
			auto:     true,
		},
		id: text("arn:aws:ecs:{region}:{account}:cluster/{name}"),
		computed: map[string]value{
			"arn":      text("{id}"),
			"settings": fixed([]any{map[string]any{"name": "containerInsights", "value": "disabled"}}),
		},
		check:        oneOf("settings.value", "enabled", "disabled", "enhanced"),
		beforeCreate: judgeExecLogging,
		beforeUpdate: judgeExecLogging,
		beforeDelete: func(c *call) error {
			for _, service := range c.cloud.all(serviceType) {
				if c.cloud.cluster(service.str("cluster")) == c.cloud.find(clusterType, "", c.id) {
					return fmt.Errorf(
						"ClusterContainsServicesException: The Cluster cannot be deleted while Services are active.",
					)
				}
			}
			return nil
		},
	},
	row{
		token:    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
		source:   "internal/service/ecs/cluster_capacity_providers.go",
		required: []string{"clusterName"},
		replace:  []string{"clusterName"},
		id:       text("{clusterName}"),
		references: []reference{{
			path:    "clusterName",
			to:      one(clusterType),
			by:      "name",
			missing: "ClusterNotFoundException: Cluster not found.",
		}},
		beforeCreate: judgeCapacityProviders,
		beforeUpdate: judgeCapacityProviders,
		notReal:      "Only FARGATE and FARGATE_SPOT exist.",
	},
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

// emptyRepository: images block a deletion unless it is forced; forced, they go with it.
func emptyRepository(c *call) error {
	for _, image := range c.cloud.all(imageType) {
		if image.str("repositoryName") != c.id {
			continue
		}
		if !c.yes("forceDelete") {
			return fmt.Errorf(
				"ECR Repository (%s) not empty, consider using force_delete: RepositoryNotEmptyException: The "+
					"repository with name '%s' "+
					"in registry with id '%s' cannot be deleted because it still contains images",
				c.id,
				c.id,
				c.cloud.Account,
			)
		}
		c.cloud.remove(imageType, image.ID)
	}
	return nil
}

// judgeLifecyclePolicy is what ECR refuses of a policy text.
func judgeLifecyclePolicy(c *call) error {
	refuse := func(why string) error {
		return fmt.Errorf(
			"InvalidParameterException: Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: "+
				"'Lifecycle policy validation failure: %s'",
			why,
		)
	}
	var policy struct {
		Rules []struct {
			RulePriority int
			Selection    struct {
				TagStatus, CountType          string
				CountNumber                   int
				TagPrefixList, TagPatternList []string
			}
			Action struct{ Type string }
		}
	}
	if err := json.Unmarshal([]byte(c.str("policy")), &policy); err != nil || len(policy.Rules) == 0 {
		return refuse("the text must be JSON with at least one rule")
	}
	priorities, highest := []int{}, 0
	for _, r := range policy.Rules {
		highest = max(highest, r.RulePriority)
		switch {
		case r.RulePriority < 1 || slices.Contains(priorities, r.RulePriority):
			return refuse("rulePriority must be unique and at least 1")
		case !slices.Contains([]string{"tagged", "untagged", "any"}, r.Selection.TagStatus):
			return refuse("tagStatus must be tagged, untagged or any")
		case r.Selection.TagStatus == "tagged" && len(r.Selection.TagPrefixList)+len(r.Selection.TagPatternList) == 0:
			return refuse("tagStatus tagged needs tagPrefixList or tagPatternList")
		case !slices.Contains([]string{
			"imageCountMoreThan",
			"sinceImagePushed",
		}, r.Selection.CountType) || r.Selection.CountNumber < 1:
			return refuse("countType must be imageCountMoreThan or sinceImagePushed, countNumber at least 1")
		case r.Action.Type != "expire":
			return refuse("action type must be expire")
		}
		priorities = append(priorities, r.RulePriority)
	}
	for _, r := range policy.Rules {
		if r.Selection.TagStatus == "any" && r.RulePriority != highest {
			return refuse("the rule with tagStatus any must have the highest rulePriority")
		}
	}
	return nil
}

// judgeExecLogging: a cluster's exec log group must exist to be encrypted.
func judgeExecLogging(c *call) error {
	group := c.str("configuration.executeCommandConfiguration.logConfiguration.cloudWatchLogGroupName")
	if group != "" && c.cloud.find(logGroupType, "", group) == nil {
		return fmt.Errorf("InvalidParameterException: The log group %s does not exist", group)
	}
	return needsKey(
		"configuration.executeCommandConfiguration.kmsKeyId",
		"InvalidParameterException: The KMS key {value} does not exist",
	)(
		c,
	)
}

func judgeCapacityProviders(c *call) error {
	providers := c.all("capacityProviders")
	for _, name := range providers {
		if name != "FARGATE" && name != "FARGATE_SPOT" {
			return fmt.Errorf("InvalidParameterException: The specified capacity provider '%s' was not found.", name)
		}
	}
	for _, name := range c.all("defaultCapacityProviderStrategies.capacityProvider") {
		if !slices.Contains(providers, name) {
			return fmt.Errorf(
				"InvalidParameterException: The specified capacity provider strategy contains a capacity provider, "+
					"'%s', "+
					"that is not associated with the cluster.",
				name,
			)
		}
	}
	return nil
}

// cluster finds an ECS cluster by its ARN or name; nil if there is none.
func (c *Cloud) cluster(name string) *Record {
	if found := c.find(clusterType, "", name); found != nil {
		return found
	}
	return c.find(clusterType, "name", name)
}

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
	if c.cloud.service(parts[1], parts[2]) == nil {
		return fmt.Errorf("ValidationException: ECS service doesn't exist: %s", c.str("resourceId"))
	}
	return nil
}

func judgeScalingPolicy(c *call) error {
	for _, target := range c.cloud.all(scalingType) {
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
