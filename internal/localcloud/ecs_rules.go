// What ECS refuses of services, and revisions of task definitions.
package localcloud

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

var _ = registerInvokes(map[string]invoke{"aws:ecs/getService:getService": getService})

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
	for _, r := range c.tx.all(revisionType) {
		if r.str("family") == c.str("family") {
			next++
		}
	}
	arn := c.expand(fmt.Sprintf("arn:aws:ecs:{region}:{account}:task-definition/{family}:%d", next))
	c.set("revision", float64(next))
	c.set("arn", arn)
	properties := c.outputs.Mappable()
	properties["status"] = "ACTIVE"
	c.tx.keep(revisionType, arn, properties)
	return nil
}

// deregister makes the revision INACTIVE; what runs from it goes on.
func deregister(c *call) error {
	if revision := c.tx.find(revisionType, "", c.str("arn")); revision != nil && !c.yes("skipDestroy") {
		revision.setOutput("status", "INACTIVE")
	}
	return nil
}

// revision finds a task definition by its ARN, "family:revision", or "family" for the latest active
// one.
func (tx *Tx) revision(name string) *Record {
	name = lastOf(name, "task-definition/")
	var latest *Record
	for _, r := range tx.all(revisionType) {
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
func (tx *Tx) service(cluster, name string) *Record {
	for _, s := range tx.all(serviceType) {
		if strings.HasSuffix(s.ID, ":service/"+cluster+"/"+name) {
			return s
		}
	}
	return nil
}

func uniqueService(c *call) error {
	cluster := c.tx.cluster(c.clusterOf())
	if cluster == nil {
		return fmt.Errorf("ClusterNotFoundException: Cluster not found.")
	}
	if c.tx.service(cluster.str("name"), c.name()) != nil {
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
	definition := c.tx.revision(c.str("taskDefinition"))
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
		group := c.tx.find(targetGroupType, "arn", arn)
		if group == nil {
			continue
		}
		if !c.tx.behindLoadBalancer(arn) {
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

// getService answers what is deployed, which after a rollback is not what was asked for.
func getService(tx *Tx, args resource.PropertyMap) (map[string]any, error) {
	cluster, _ := plain(args["clusterArn"]).(string)
	name, _ := plain(args["serviceName"]).(string)
	for _, s := range tx.all("aws:ecs/service:Service") {
		if s.str("name") == name && s.str("cluster") == cluster {
			rolledBackTo, _ := tx.values[rollbackKey(name)].(string)
			deployed := cmp.Or(rolledBackTo, s.str("taskDefinition"))
			return map[string]any{
				"id": s.ID, "arn": s.ID, "clusterArn": cluster, "serviceName": name,
				"desiredCount": s.Get("desiredCount"), "launchType": "FARGATE", "schedulingStrategy": "REPLICA",
				"taskDefinition": deployed,
			}, nil
		}
	}
	return nil, fmt.Errorf("reading ECS Service (%s): couldn't find resource", name)
}

// RollBack makes every deployment of a service from now on end where it is now, as ECS's circuit
// breaker does with tasks that never become healthy: the service is steady again, on the task
// definition of before, and only a look at it shows that. The returned function ends that.
func (c *Cloud) RollBack(service string) (end func()) {
	c.Update(func(tx *Tx) {
		for _, s := range tx.all("aws:ecs/service:Service") {
			if s.str("name") == service {
				tx.values[rollbackKey(service)] = s.str("taskDefinition")
			}
		}
	})
	return func() {
		c.Update(func(tx *Tx) { delete(tx.values, rollbackKey(service)) })
	}
}

func rollbackKey(service string) string { return "rolled back " + service }
