// Clusters of ECS and their capacity providers: what creates, changes and deletes them.
package ecs

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/cloudwatch"
	"github.com/bodybroker/platform/internal/localcloud/kms"
)

// ClusterType is the token of an ECS cluster.
const (
	ClusterType = "aws:ecs/cluster:Cluster"
)

var clusterName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

var _ = cloud.Register(
	cloud.Row{
		Token:   ClusterType,
		Source:  "internal/service/ecs/cluster.go",
		Seconds: 5,
		Replace: []string{"name"},
		Name: &cloud.NameRule{
			Property: "name",
			Max:      255,
			Pattern:  clusterName,
			Auto:     true,
		},
		ID: cloud.Text("arn:aws:ecs:{region}:{account}:cluster/{name}"),
		Computed: map[string]cloud.Value{
			"arn":      cloud.Text("{id}"),
			"settings": cloud.Fixed([]any{map[string]any{"name": "containerInsights", "value": "disabled"}}),
		},
		Check:        cloud.OneOf("settings.value", "enabled", "disabled", "enhanced"),
		BeforeCreate: checkExecLogging,
		BeforeUpdate: checkExecLogging,
		BeforeDelete: func(c *cloud.Call) error {
			for _, service := range c.Tx.All(ServiceType) {
				if cluster(c.Tx, service.Str("cluster")) == c.Tx.Find(ClusterType, "", c.ID) {
					return fmt.Errorf(
						"ClusterContainsServicesException: The Cluster cannot be deleted while Services are active.",
					)
				}
			}
			return nil
		},
	},
	cloud.Row{
		Token:    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
		Source:   "internal/service/ecs/cluster_capacity_providers.go",
		Required: []string{"clusterName"},
		Replace:  []string{"clusterName"},
		ID:       cloud.Text("{clusterName}"),
		References: []cloud.Reference{{
			Path:    "clusterName",
			To:      cloud.One(ClusterType),
			By:      "name",
			Missing: "ClusterNotFoundException: Cluster not found.",
		}},
		BeforeCreate: checkCapacityProviders,
		BeforeUpdate: checkCapacityProviders,
		NotReal:      "Only FARGATE and FARGATE_SPOT exist.",
	},
)

// checkExecLogging requires the log group and the key for sessions of ECS Exec to exist.
func checkExecLogging(c *cloud.Call) error {
	group := c.Str("configuration.executeCommandConfiguration.logConfiguration.cloudWatchLogGroupName")
	if group != "" && c.Tx.Find(cloudwatch.LogGroupType, "", group) == nil {
		return fmt.Errorf("InvalidParameterException: The log group %s does not exist", group)
	}
	return kms.RequireKey(
		"configuration.executeCommandConfiguration.kmsKeyId",
		"InvalidParameterException: The KMS key {value} does not exist",
	)(
		c,
	)
}

func checkCapacityProviders(c *cloud.Call) error {
	providers := c.All("capacityProviders")
	for _, name := range providers {
		if name != "FARGATE" && name != "FARGATE_SPOT" {
			return fmt.Errorf("InvalidParameterException: The specified capacity provider '%s' was not found.", name)
		}
	}
	for _, name := range c.All("defaultCapacityProviderStrategies.capacityProvider") {
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

// cluster finds an ECS cluster by its ARN or name; nil if it does not exist.
func cluster(tx *cloud.Tx, name string) *cloud.Record {
	if found := tx.Find(ClusterType, "", name); found != nil {
		return found
	}
	return tx.Find(ClusterType, "name", name)
}
