// ECS task definitions and services.
package localcloud

import (
	"regexp"
)

const (
	taskDefinitionType = "aws:ecs/taskDefinition:TaskDefinition"
	// revisionType records every registered revision, ACTIVE or INACTIVE; the id is the ARN.
	revisionType = "aws:ecs/revision:TaskDefinition"
	serviceType  = "aws:ecs/service:Service"
)

var _ = register(
	row{
		token:    taskDefinitionType,
		source:   "internal/service/ecs/task_definition.go; AWS ECS developer guide, \"Task size\"",
		required: []string{"containerDefinitions", "family"},
		replace: []string{
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
		defaults: map[string]any{"skipDestroy": false, "trackLatest": false},
		name:     &nameRule{property: "family", max: 255, pattern: regexp.MustCompile(`^[0-9A-Za-z_-]+$`)},
		id:       freeID("{family}", "{family}:{revision}"),
		computed: join(madeAtCreation("arn", "revision"), map[string]value{
			"arnWithoutRevision": text("arn:aws:ecs:{region}:{account}:task-definition/{family}"),
			"networkMode":        fixed("bridge"), "enableFaultInjection": fixed(false),
		}),
		check: checks(
			checkContainers,
			between("ephemeralStorage.sizeInGib", 21, 200),
			oneOf("requiresCompatibilities", "EC2", "FARGATE", "EXTERNAL"),
			oneOf("networkMode", "awsvpc", "bridge", "host", "none"),
		),
		beforeCreate: inTurn(judgeContainers, judgeFargate,
			needsRole("executionRoleArn", "", "ClientException: Role is not valid", ""),
			needsRole("taskRoleArn", "", "ClientException: Role is not valid", ""), registerRevision),
		afterDelete: deregister,
	},
	row{
		token:   serviceType,
		source:  "internal/service/ecs/service.go",
		seconds: 60,
		replace: []string{
			"cluster",
			"name",
			"iamRole",
			"launchType",
			"schedulingStrategy",
			"deploymentController",
			"capacityProviderStrategies",
		},
		defaults: map[string]any{
			"deploymentMaximumPercent":        200.0,
			"deploymentMinimumHealthyPercent": 100.0,
			"enableEcsManagedTags":            false,
			"enableExecuteCommand":            false,
			"schedulingStrategy":              "REPLICA",
			"waitForSteadyState":              false,
			"desiredCount":                    0.0,
		},
		name: &nameRule{
			property: "name",
			max:      255,
			pattern:  clusterName,
			auto:     true,
		},
		id: func(c *call) any {
			return c.expand(
				"arn:aws:ecs:{region}:{account}:service/",
			) + c.tx.cluster(c.clusterOf()).
				str("name") +
				"/" + c.name()
		},
		computed: map[string]value{
			"cluster": text("default"), "platformVersion": text("LATEST"), "triggers": fixed(map[string]any{}),
			"iamRole": text("/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"),
			"launchType": func(c *call) any {
				return map[bool]string{true: "", false: "EC2"}[present(c.inputs, "capacityProviderStrategies")]
			},
			"availabilityZoneRebalancing": fixed("DISABLED"),
		},
		references: []reference{
			{
				path: "networkConfiguration.subnets",
				to:   one("aws:ec2/subnet:Subnet"),
				missing: "InvalidParameterException: Error retrieving subnet information for [{value}]: The subnet " +
					"ID '{value}' does not exist (ErrorCode: InvalidSubnetID.NotFound)",
				blocks: "DependencyViolation: The subnet '{value}' has dependencies and cannot be deleted.",
			},
			{
				path: "networkConfiguration.securityGroups",
				to:   one("aws:ec2/securityGroup:SecurityGroup"),
				missing: "InvalidParameterException: Error retrieving security group information for [{value}]: The " +
					"security group '{value}' does not exist (ErrorCode: InvalidGroup.NotFound)",
				blocks: "DependencyViolation: resource {value} has a dependent object",
			},
			{
				path:    "loadBalancers.targetGroupArn",
				to:      one(targetGroupType),
				by:      "arn",
				missing: "InvalidParameterException: The target group {value} does not exist",
			},
		},
		check: checks(
			oneOf("launchType", "EC2", "FARGATE", "EXTERNAL"),
			oneOf("schedulingStrategy", "REPLICA", "DAEMON"),
			oneOf(
				"propagateTags",
				"SERVICE",
				"TASK_DEFINITION",
				"NONE",
			),
			oneOf("deploymentController.type", "ECS", "CODE_DEPLOY", "EXTERNAL"),
		),
		beforeCreate: inTurn(uniqueService, judgeService),
		beforeUpdate: judgeService,
		begin:        startService,
		change:       changeService,
		end:          stopService,
		notReal: "Where nothing runs, or Runtime.Images is not set, tasks are records: a service is steady as soon as " +
			"it is accepted, and one whose tasks' secrets cannot be fetched is refused. " +
			"Tasks that run have one container; its user, read-only root, volumes, limits and logs to CloudWatch " +
			"are pretended; a service whose first tasks cannot even be started is taken away again, the start " +
			"period of health checks is as many times as long as tasks start at once, " +
			"and what runs is checked on the real clock. " +
			"A changed capacity provider strategy replaces even with forceNewDeployment.",
	},
)
