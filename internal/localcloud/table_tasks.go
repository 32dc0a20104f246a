// ECS task definitions and services.
package localcloud

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
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
			) + c.cloud.cluster(c.clusterOf()).
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
		notReal: "Where nothing lives, or Life.Images is not set, tasks are records: a service is steady as soon as " +
			"it is accepted, and one whose tasks' secrets cannot be fetched is refused. " +
			"Tasks that live have one container; its user, read-only root, volumes, limits and logs to CloudWatch " +
			"are pretended; a service whose first tasks cannot even be started is taken away again, the start " +
			"period of health checks is as many times as long as tasks start at once, " +
			"and what runs is checked on the real clock. " +
			"A changed capacity provider strategy replaces even with forceNewDeployment.",
	},
)

// targetGroupType is the load balancers' target group, whose row stands with the load balancers.
const targetGroupType = "aws:lb/targetGroup:TargetGroup"

// clusterOf is the cluster that a service names; AWS's own name for none is "default".
func (c *call) clusterOf() string {
	if name := c.str("cluster"); name != "" {
		return name
	}
	return "default"
}

// registerRevision gives the next revision of the family, counted over the cloud's whole life.
func registerRevision(c *call) error {
	next := 1
	for _, r := range c.cloud.all(revisionType) {
		if r.str("family") == c.str("family") {
			next++
		}
	}
	arn := c.expand(fmt.Sprintf("arn:aws:ecs:{region}:{account}:task-definition/{family}:%d", next))
	c.set("revision", float64(next))
	c.set("arn", arn)
	properties := c.outputs.Mappable()
	properties["status"] = "ACTIVE"
	c.cloud.keep(revisionType, arn, properties)
	return nil
}

// deregister makes the revision INACTIVE; what runs from it goes on.
func deregister(c *call) error {
	if revision := c.cloud.find(revisionType, "", c.str("arn")); revision != nil && !c.yes("skipDestroy") {
		revision.setOutput("status", "INACTIVE")
	}
	return nil
}

// revision finds a task definition by its ARN, "family:revision", or "family" for the latest active
// one.
func (c *Cloud) revision(name string) *Record {
	name = lastOf(name, "task-definition/")
	var latest *Record
	for _, r := range c.all(revisionType) {
		if strings.HasSuffix(r.ID, "task-definition/"+name) {
			return r
		}
		if r.str("family") == name && r.str("status") == "ACTIVE" {
			latest = r
		}
	}
	return latest
}

// service finds an ECS service by the names of its cluster and its own; nil if there is none.
func (c *Cloud) service(cluster, name string) *Record {
	for _, s := range c.all(serviceType) {
		if strings.HasSuffix(s.ID, ":service/"+cluster+"/"+name) {
			return s
		}
	}
	return nil
}

func uniqueService(c *call) error {
	cluster := c.cloud.cluster(c.clusterOf())
	if cluster == nil {
		return fmt.Errorf("ClusterNotFoundException: Cluster not found.")
	}
	if c.cloud.service(cluster.str("name"), c.name()) != nil {
		return fmt.Errorf("InvalidParameterException: Creation of service was not idempotent.")
	}
	return nil
}

// judgeService is what CreateService and UpdateService refuse.
func judgeService(c *call) error {
	if present(c.inputs, "healthCheckGracePeriodSeconds") && len(c.all("loadBalancers.targetGroupArn")) == 0 {
		return fmt.Errorf(
			"InvalidParameterException: Health check grace period is only valid for services configured to use load " +
				"balancers",
		)
	}
	if c.str("taskDefinition") == "" {
		return fmt.Errorf("InvalidParameterException: TaskDefinition can not be blank.")
	}
	definition := c.cloud.revision(c.str("taskDefinition"))
	if definition == nil {
		return fmt.Errorf("ClientException: TaskDefinition not found.")
	}
	if definition.str("status") != "ACTIVE" && (c.old == nil || c.changed("taskDefinition")) {
		return fmt.Errorf("ClientException: TaskDefinition is inactive")
	}
	compatible, _ := definition.Get("requiresCompatibilities").([]any)
	if c.str("launchType") == "FARGATE" && !slices.Contains(compatible, any("FARGATE")) {
		return fmt.Errorf("InvalidParameterException: Task definition does not support launch_type FARGATE.")
	}
	awsvpc := definition.str("networkMode") == "awsvpc"
	if awsvpc && !present(c.inputs, "networkConfiguration") {
		return fmt.Errorf(
			"InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' is specified.",
		)
	}
	if !awsvpc && present(c.inputs, "networkConfiguration") {
		return fmt.Errorf(
			"InvalidParameterException: Network Configuration is not valid for the given networkMode of this task " +
				"definition.",
		)
	}
	if c.yes("enableExecuteCommand") && definition.str("taskRoleArn") == "" {
		return fmt.Errorf(
			"InvalidParameterException: The service couldn't be created because a valid taskRoleArn is not being " +
				"used. " +
				"Specify a valid task role in your task definition and try again.",
		)
	}
	if err := judgeLoadBalancers(c, definition, awsvpc); err != nil {
		return err
	}
	return judgeTaskSecrets(c, definition)
}

// judgeLoadBalancers: each target group must hang on a load balancer, take addresses where
// tasks have their own, and name a container and port of the task definition.
func judgeLoadBalancers(c *call, definition *Record, awsvpc bool) error {
	entries, _ := c.get("loadBalancers").([]any)
	containers, _ := readContainers(definition.str("containerDefinitions"))
	for _, item := range entries {
		entry, _ := item.(map[string]any)
		arn, _ := entry["targetGroupArn"].(string)
		group := c.cloud.find(targetGroupType, "arn", arn)
		if group == nil {
			continue
		}
		if !c.cloud.behindLoadBalancer(arn) {
			return fmt.Errorf(
				"InvalidParameterException: The target group with targetGroupArn %s does not have an associated "+
					"load balancer.",
				arn,
			)
		}
		if kind := group.str("targetType"); awsvpc && kind != "ip" {
			return fmt.Errorf(
				"InvalidParameterException: The provided target group %s has target type %s, which is incompatible "+
					"with the awsvpc "+
					"network mode specified in the task definition.",
				arn,
				kind,
			)
		}
		at := slices.IndexFunc(containers, func(d containerDefinition) bool { return d.Name == entry["containerName"] })
		if at < 0 {
			return fmt.Errorf(
				"InvalidParameterException: The container %v does not exist in the task definition.",
				entry["containerName"],
			)
		}
		port, _ := entry["containerPort"].(float64)
		if !slices.ContainsFunc(
			containers[at].PortMappings,
			func(p portMapping) bool { return p.ContainerPort == int(port) },
		) {
			return fmt.Errorf(
				"InvalidParameterException: The container %v did not have a container port %d defined.",
				entry["containerName"],
				int(port),
			)
		}
	}
	return nil
}

// behindLoadBalancer says whether a listener or one of its rules forwards to a target group.
func (c *Cloud) behindLoadBalancer(arn string) bool {
	for token, actions := range map[string]string{
		"aws:lb/listener:Listener":         "defaultActions",
		"aws:lb/listenerRule:ListenerRule": "actions",
	} {
		for _, r := range c.all(token) {
			on := &call{cloud: c, inputs: r.Inputs}
			if slices.Contains(on.all(actions+".targetGroupArn"), arn) ||
				slices.Contains(on.all(actions+".forward.targetGroups.arn"), arn) {
				return true
			}
		}
	}
	return false
}
