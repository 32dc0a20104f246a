// ECS clusters.
package localcloud

import (
	"fmt"
	"regexp"
	"slices"
)

const (
	clusterType = "aws:ecs/cluster:Cluster"
)

var clusterName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

var _ = register(
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
			for _, service := range c.tx.all(serviceType) {
				if c.tx.cluster(service.str("cluster")) == c.tx.find(clusterType, "", c.id) {
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
)

// judgeExecLogging: a cluster's exec log group must exist to be encrypted.
func judgeExecLogging(c *call) error {
	group := c.str("configuration.executeCommandConfiguration.logConfiguration.cloudWatchLogGroupName")
	if group != "" && c.tx.find(logGroupType, "", group) == nil {
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
func (tx *Tx) cluster(name string) *Record {
	if found := tx.find(clusterType, "", name); found != nil {
		return found
	}
	return tx.find(clusterType, "name", name)
}
