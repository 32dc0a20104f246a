// Task definitions and services of ECS: what creates, changes and deletes them.
package ecs

import (
	"regexp"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/elbv2"
	"github.com/bodybroker/platform/internal/localcloud/roles"
)

// The tokens of task definitions and services.
const (
	// TaskDefinitionType is the type of a task definition.
	TaskDefinitionType = "aws:ecs/taskDefinition:TaskDefinition"
	// revisionType records every registered revision, ACTIVE or INACTIVE; the id is the ARN.
	revisionType = "aws:ecs/revision:TaskDefinition"
	// ServiceType is the type of an ECS service.
	ServiceType = "aws:ecs/service:Service"
)

var _ = cloud.Register(
	cloud.Row{
		Token:    TaskDefinitionType,
		Source:   "internal/service/ecs/task_definition.go; AWS ECS developer guide, \"Task size\"",
		Required: []string{"containerDefinitions", "family"},
		Replace: []string{
			"containerDefinitions",
			"cpu",
			"enableFaultInjection",
			"ephemeralStorage",
			"executionRoleArn",
			"family",
			"inferenceAccelerators",
			"ipcMode",
			"memory",
			"networkMode",
			"pidMode",
			"placementConstraints",
			"proxyConfiguration",
			"requiresCompatibilities",
			"runtimePlatform",
			"taskRoleArn",
			"volumes",
		},
		Defaults: map[string]any{"skipDestroy": false, "trackLatest": false},
		Name:     &cloud.NameRule{Property: "family", Max: 255, Pattern: regexp.MustCompile(`^[0-9A-Za-z_-]+$`)},
		ID:       cloud.FreeID("{family}", "{family}:{revision}"),
		Computed: cloud.Join(cloud.MadeAtCreation("arn", "revision"), map[string]cloud.Value{
			"arnWithoutRevision": cloud.Text("arn:aws:ecs:{region}:{account}:task-definition/{family}"),
			"networkMode":        cloud.Fixed("bridge"), "enableFaultInjection": cloud.Fixed(false),
		}),
		Check: cloud.Checks(
			validateContainers,
			cloud.Between("ephemeralStorage.sizeInGib", 21, 200),
			cloud.OneOf("requiresCompatibilities", "EC2", "FARGATE", "EXTERNAL"),
			cloud.OneOf("networkMode", "awsvpc", "bridge", "host", "none"),
		),
		BeforeCreate: cloud.InTurn(checkContainers, checkFargate,
			roles.RequireRole("executionRoleArn", "", "ClientException: Role is not valid", ""),
			roles.RequireRole("taskRoleArn", "", "ClientException: Role is not valid", ""), registerRevision),
		AfterDelete: deregister,
	},
	cloud.Row{
		Token:   ServiceType,
		Source:  "internal/service/ecs/service.go",
		Seconds: 60,
		Replace: []string{
			"cluster",
			"name",
			"iamRole",
			"launchType",
			"schedulingStrategy",
			"deploymentController",
			"capacityProviderStrategies",
		},
		Defaults: map[string]any{
			"deploymentMaximumPercent":        200.0,
			"deploymentMinimumHealthyPercent": 100.0,
			"enableEcsManagedTags":            false,
			"enableExecuteCommand":            false,
			"schedulingStrategy":              "REPLICA",
			"waitForSteadyState":              false,
			"desiredCount":                    0.0,
		},
		Name: &cloud.NameRule{
			Property: "name",
			Max:      255,
			Pattern:  clusterName,
			Auto:     true,
		},
		ID: func(c *cloud.Call) any {
			return c.Expand(
				"arn:aws:ecs:{region}:{account}:service/",
			) + cluster(c.Tx, clusterOf(c)).
				Str("name") +
				"/" + c.Name()
		},
		Computed: map[string]cloud.Value{
			"cluster": cloud.Text(
				"default",
			),
			"platformVersion": cloud.Text("LATEST"),
			"triggers":        cloud.Fixed(map[string]any{}),
			"iamRole":         cloud.Text("/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"),
			"launchType": func(c *cloud.Call) any {
				return map[bool]string{true: "", false: "EC2"}[cloud.Present(c.Inputs, "capacityProviderStrategies")]
			},
			"availabilityZoneRebalancing": cloud.Fixed("DISABLED"),
		},
		References: []cloud.Reference{
			{
				Path: "networkConfiguration.subnets",
				To:   cloud.One("aws:ec2/subnet:Subnet"),
				Missing: "InvalidParameterException: Error retrieving subnet information for [{value}]: The subnet " +
					"ID '{value}' does not exist (ErrorCode: InvalidSubnetID.NotFound)",
				Blocks: "DependencyViolation: The subnet '{value}' has dependencies and cannot be deleted.",
			},
			{
				Path: "networkConfiguration.securityGroups",
				To:   cloud.One("aws:ec2/securityGroup:SecurityGroup"),
				Missing: "InvalidParameterException: Error retrieving security group information for [{value}]: The " +
					"security group '{value}' does not exist (ErrorCode: InvalidGroup.NotFound)",
				Blocks: "DependencyViolation: resource {value} has a dependent object",
			},
			{
				Path:    "loadBalancers.targetGroupArn",
				To:      cloud.One(elbv2.TargetGroupType),
				By:      "arn",
				Missing: "InvalidParameterException: The target group {value} does not exist",
			},
		},
		Check: cloud.Checks(
			cloud.OneOf("launchType", "EC2", "FARGATE", "EXTERNAL"),
			cloud.OneOf("schedulingStrategy", "REPLICA", "DAEMON"),
			cloud.OneOf(
				"propagateTags",
				"SERVICE",
				"TASK_DEFINITION",
				"NONE",
			),
			cloud.OneOf("deploymentController.type", "ECS", "CODE_DEPLOY", "EXTERNAL"),
		),
		BeforeCreate: cloud.InTurn(uniqueService, checkService),
		BeforeUpdate: checkService,
		Begin:        startService,
		Change:       changeService,
		End:          stopService,
		NotReal: "Where nothing runs, or Runtime.Images is not set, tasks are records: a service is steady as " +
			"soon as " +
			"it is accepted, and one whose tasks' secrets cannot be fetched is refused. " +
			"Tasks that run have one container. Its user, read-only root, volumes, limits and logs to CloudWatch " +
			"are pretended. A service whose first tasks cannot even be started is taken away again. " +
			"A start has a limit of two minutes. " +
			"A health check's start period is multiplied by the number of tasks that are starting. " +
			"What runs is checked on the real clock, and the stop timeout is on it too. " +
			"A task without a container check is not replaced when its load balancer finds it unhealthy. " +
			"Tasks of one service that die together are replaced one after the other. " +
			"The throttle on starts that failed does not grow. " +
			"A changed capacity provider strategy replaces even with forceNewDeployment.",
	},
)
