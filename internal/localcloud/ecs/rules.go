// Which services ECS refuses, how task definitions get revisions, and what getService reads.
package ecs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/elbv2"
)

var _ = cloud.RegisterInvokes(map[string]cloud.Invoke{"aws:ecs/getService:getService": getService})

// clusterOf is the cluster that a service names; AWS takes "default" for a service that names none.
func clusterOf(c *cloud.Call) string {
	if name := c.Str("cluster"); name != "" {
		return name
	}
	return "default"
}

// registerRevision assigns the next revision of the family. A number is never used twice.
func registerRevision(c *cloud.Call) error {
	next := 1
	for _, r := range c.Tx.All(revisionType) {
		if r.Str("family") == c.Str("family") {
			next++
		}
	}
	arn := c.Expand(fmt.Sprintf("arn:aws:ecs:{region}:{account}:task-definition/{family}:%d", next))
	c.Set("revision", float64(next))
	c.Set("arn", arn)
	properties := c.Outputs.Mappable()
	properties["status"] = "ACTIVE"
	c.Tx.Keep(revisionType, arn, properties)
	return nil
}

// deregister makes the revision INACTIVE. Tasks of it go on running.
func deregister(c *cloud.Call) error {
	if revision := c.Tx.Find(revisionType, "", c.Str("arn")); revision != nil && !c.Bool("skipDestroy") {
		revision.SetOutput("status", "INACTIVE")
	}
	return nil
}

// Revision finds a task definition by its ARN, "family:revision", or "family" for the latest active
// one.
func Revision(tx *cloud.Tx, name string) *cloud.Record {
	name = cloud.AfterLast(name, "task-definition/")
	var latest *cloud.Record
	for _, r := range tx.All(revisionType) {
		if strings.HasSuffix(r.ID, "task-definition/"+name) {
			return r
		}
		if r.Str("family") == name && r.Str("status") == "ACTIVE" {
			latest = r
		}
	}
	return latest
}

// service finds an ECS service by the names of its cluster and its own; nil if it does not exist.
func service(tx *cloud.Tx, cluster, name string) *cloud.Record {
	for _, s := range tx.All(ServiceType) {
		if strings.HasSuffix(s.ID, ":service/"+cluster+"/"+name) {
			return s
		}
	}
	return nil
}

func uniqueService(c *cloud.Call) error {
	cluster := cluster(c.Tx, clusterOf(c))
	if cluster == nil {
		return fmt.Errorf("ClusterNotFoundException: Cluster not found.")
	}
	if service(c.Tx, cluster.Str("name"), c.Name()) != nil {
		return fmt.Errorf("InvalidParameterException: Creation of service was not idempotent.")
	}
	return nil
}

// checkService refuses the services that CreateService and UpdateService refuse.
func checkService(c *cloud.Call) error {
	if cloud.Present(c.Inputs, "healthCheckGracePeriodSeconds") && len(c.All("loadBalancers.targetGroupArn")) == 0 {
		return fmt.Errorf(
			"InvalidParameterException: Health check grace period is only valid for services configured to use load " +
				"balancers",
		)
	}
	if c.Str("taskDefinition") == "" {
		return fmt.Errorf("InvalidParameterException: TaskDefinition can not be blank.")
	}
	definition := Revision(c.Tx, c.Str("taskDefinition"))
	if definition == nil {
		return fmt.Errorf("ClientException: TaskDefinition not found.")
	}
	if definition.Str("status") != "ACTIVE" && (c.Old == nil || c.Changed("taskDefinition")) {
		return fmt.Errorf("ClientException: TaskDefinition is inactive")
	}
	compatible, _ := definition.Get("requiresCompatibilities").([]any)
	if c.Str("launchType") == "FARGATE" && !slices.Contains(compatible, any("FARGATE")) {
		return fmt.Errorf("InvalidParameterException: Task definition does not support launch_type FARGATE.")
	}
	awsvpc := definition.Str("networkMode") == "awsvpc"
	if awsvpc && !cloud.Present(c.Inputs, "networkConfiguration") {
		return fmt.Errorf(
			"InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' is specified.",
		)
	}
	if !awsvpc && cloud.Present(c.Inputs, "networkConfiguration") {
		return fmt.Errorf(
			"InvalidParameterException: Network Configuration is not valid for the given networkMode of this task " +
				"definition.",
		)
	}
	if c.Bool("enableExecuteCommand") && definition.Str("taskRoleArn") == "" {
		return fmt.Errorf(
			"InvalidParameterException: The service couldn't be created because a valid taskRoleArn is not being " +
				"used. " +
				"Specify a valid task role in your task definition and try again.",
		)
	}
	if err := checkLoadBalancers(c, definition, awsvpc); err != nil {
		return err
	}
	return checkTaskSecrets(c, definition)
}

// checkLoadBalancers requires that each target group belongs to a load balancer, takes addresses if
// tasks have their own, and names a container and port of the task definition.
func checkLoadBalancers(c *cloud.Call, definition *cloud.Record, awsvpc bool) error {
	entries, _ := c.Get("loadBalancers").([]any)
	containers, _ := readContainers(definition.Str("containerDefinitions"))
	for _, item := range entries {
		entry, _ := item.(map[string]any)
		arn, _ := entry["targetGroupArn"].(string)
		group := c.Tx.Find(elbv2.TargetGroupType, "arn", arn)
		if group == nil {
			continue
		}
		if !elbv2.HasLoadBalancer(c.Tx, arn) {
			return fmt.Errorf(
				"InvalidParameterException: The target group with targetGroupArn %s does not have an associated "+
					"load balancer.",
				arn,
			)
		}
		if kind := group.Str("targetType"); awsvpc && kind != "ip" {
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

// getService returns what is deployed. After a rollback that differs from the configuration.
func getService(tx *cloud.Tx, args resource.PropertyMap) (map[string]any, error) {
	cluster, _ := cloud.Plain(args["clusterArn"]).(string)
	name, _ := cloud.Plain(args["serviceName"]).(string)
	for _, s := range tx.All("aws:ecs/service:Service") {
		if s.Str("name") == name && s.Str("cluster") == cluster {
			rolledBackTo, _ := tx.Values[rollbackKey(name)].(string)
			deployed := cmp.Or(rolledBackTo, s.Str("taskDefinition"))
			return map[string]any{
				"id": s.ID, "arn": s.ID, "clusterArn": cluster, "serviceName": name,
				"desiredCount": s.Get("desiredCount"), "launchType": "FARGATE", "schedulingStrategy": "REPLICA",
				"taskDefinition": deployed,
			}, nil
		}
	}
	return nil, fmt.Errorf("reading ECS Service (%s): couldn't find resource", name)
}

// RollBack makes every later deployment of a service end with the present task definition, as ECS's
// circuit breaker does when tasks never become healthy. The service is steady again, and only
// reading it shows the rollback. The returned function ends this.
func RollBack(c *cloud.Cloud, service string) (end func()) {
	c.Update(func(tx *cloud.Tx) {
		for _, s := range tx.All("aws:ecs/service:Service") {
			if s.Str("name") == service {
				tx.Values[rollbackKey(service)] = s.Str("taskDefinition")
			}
		}
	})
	return func() {
		c.Update(func(tx *cloud.Tx) { delete(tx.Values, rollbackKey(service)) })
	}
}

func rollbackKey(service string) string { return "rolled back " + service }
