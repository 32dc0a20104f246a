// Which replication groups ElastiCache and the provider refuse, and how tokens are rotated.
package elasticache

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/cloudwatch"
)

var redisVersion = regexp.MustCompile(`^([1-5](\.[0-9]+){2}|6\.x|[6-9]\.[0-9]+)$`)

// validateReplicationGroup is the provider's own check, at plan time.
func validateReplicationGroup(c *cloud.Call) []cloud.Failure {
	var faults []cloud.Failure
	refuse := func(property, reason string) {
		faults = append(faults, cloud.Failure{Property: property, Reason: reason})
	}
	if token := c.Str("authToken"); token != "" {
		if len(token) < 16 || len(token) > 128 {
			refuse(
				"authToken",
				`"authToken" must contain from 16 to 128 alphanumeric characters or symbols (excluding @, ", and /)`,
			)
		}
		if strings.ContainsAny(token, `@"/`) {
			refuse(
				"authToken",
				`only alphanumeric characters or symbols (excluding @, ", and /) allowed in "authToken"`,
			)
		}
	}
	if version := c.Str("engineVersion"); version != "" && !redisVersion.MatchString(version) {
		refuse(
			"engineVersion",
			fmt.Sprintf(
				"engineVersion: %s is invalid. For Redis v6 or higher, use <major>.<minor>. For Redis v5 or lower, "+
					"use <major>.<minor>.<patch>.",
				version,
			),
		)
	}
	if failover, known := c.Get("automaticFailoverEnabled").(bool); c.Bool("multiAzEnabled") &&
		(known && !failover || !cloud.Present(c.Inputs, "automaticFailoverEnabled")) {
		refuse("automaticFailoverEnabled", "automatic_failover_enabled must be true if multi_az_enabled is true")
	}
	if n, known := c.Get("numCacheClusters").(float64); known && c.Bool("automaticFailoverEnabled") && n < 2 {
		refuse("numCacheClusters", `"num_cache_clusters": must be at least 2 if automatic_failover_enabled is true`)
	}
	for _, other := range []string{"numNodeGroups", "replicasPerNodeGroup"} {
		if cloud.Present(c.Inputs, "numCacheClusters") && cloud.Present(c.Inputs, other) {
			refuse("numCacheClusters", fmt.Sprintf("%q: conflicts with %s", "numCacheClusters", other))
		}
	}
	if cloud.Present(c.Inputs, "authToken") && cloud.Present(c.Inputs, "userGroupIds") {
		refuse("authToken", `"authToken": conflicts with userGroupIds`)
	}
	return faults
}

// checkReplicationGroup is the check of ElastiCache for the properties of the group itself.
func checkReplicationGroup(c *cloud.Call) error {
	switch {
	case c.Str("nodeType") == "":
		return fmt.Errorf(`"node_type" is required unless "global_replication_group_id" is set.`)
	case c.Str("authToken") != "" && !c.Bool("transitEncryptionEnabled"):
		return fmt.Errorf(
			"InvalidParameterCombination: AuthToken can only be specified when TransitEncryptionEnabled is true.",
		)
	case cloud.Present(c.Inputs, "userGroupIds") && !c.Bool("transitEncryptionEnabled"):
		return fmt.Errorf(
			"InvalidParameterCombination: User group based access control requires encryption-in-transit to be " +
				"enabled on the replication group.",
		)
	case clusterMode(c) && !c.Bool("automaticFailoverEnabled"):
		return fmt.Errorf(
			"InvalidParameterCombination: Redis with cluster mode enabled cannot be created with auto failover " +
				"turned off.",
		)
	case c.Num("replicasPerNodeGroup") > 5:
		return fmt.Errorf(
			"InvalidParameterValue: Number of replicas per node group must be between 0 and 5, got %s",
			c.Str("replicasPerNodeGroup"),
		)
	case c.Bool("multiAzEnabled") && len(memberClusters(c).([]any)) < 2:
		return fmt.Errorf(
			"InvalidParameterCombination: Multi-AZ cannot be enabled for a replication group without replicas.",
		)
	case c.Num("numNodeGroups") > 500:
		return fmt.Errorf(
			"InvalidParameterValue: Number of node groups must be at most 500, got %s",
			c.Str("numNodeGroups"),
		)
	}
	if name := c.Str("snapshotName"); name != "" && c.Old == nil && c.Tx.Find(cacheSnapshotType, "", name) == nil {
		return fmt.Errorf("SnapshotNotFoundFault: Snapshot %s not found.", name)
	}
	return nil
}

// checkRedisParameters requires a parameter group that fits the engine and the shards.
func checkRedisParameters(c *cloud.Call) error {
	name := c.Str("parameterGroupName")
	group := c.Tx.Find(ParameterGroupType, "", name)
	if group == nil {
		if name == "" || strings.HasPrefix(name, "default.") {
			return nil
		}
		return fmt.Errorf("CacheParameterGroupNotFound: CacheParameterGroup not found: %s", name)
	}
	if family := RedisFamily(redisEngine(c), redisVersionOf(c)); family != group.Str("family") {
		return fmt.Errorf(
			"InvalidParameterCombination: Expected a parameter group of family %s but found one of family %s",
			family,
			group.Str("family"),
		)
	}
	if c.Num("numNodeGroups") > 1 && parameterOf(group, "cluster-enabled") != "yes" {
		return fmt.Errorf(
			"InvalidParameterCombination: Parameter group %s is not cluster-enabled, but %s node groups are asked for",
			name,
			c.Str("numNodeGroups"),
		)
	}
	return nil
}

// checkRedisLogs requires log groups that exist, and one destination for each type of log.
func checkRedisLogs(c *cloud.Call) error {
	configurations, _ := c.Get("logDeliveryConfigurations").([]any)
	var seen []string
	for _, item := range configurations {
		entry, _ := item.(map[string]any)
		kind, destination := fmt.Sprint(entry["logType"]), fmt.Sprint(entry["destination"])
		if slices.Contains(seen, kind) {
			return fmt.Errorf("InvalidParameterCombination: more than one log delivery configuration for %s", kind)
		}
		seen = append(seen, kind)
		if entry["destinationType"] == "cloudwatch-logs" && c.Tx.Find(cloudwatch.LogGroupType, "", destination) == nil {
			return fmt.Errorf("InvalidParameterValue: The log group %s does not exist", destination)
		}
	}
	return nil
}

// checkRedisUpdate refuses changes that ElastiCache cannot make in place.
func checkRedisUpdate(c *cloud.Call) error {
	before, now := c.OldStr("engineVersion"), redisVersionOf(c)
	if before != "" && now != "" && OlderThan(now, before) {
		return fmt.Errorf(
			"InvalidParameterValue: engine version %s is older than %s; ElastiCache does not downgrade, replace the "+
				"group",
			now,
			before,
		)
	}
	if c.OldStr("engine") == "valkey" && redisEngine(c) == "redis" {
		return fmt.Errorf("InvalidParameterValue: valkey cannot become redis; replace the group")
	}
	if c.Changed("transitEncryptionEnabled") {
		if OlderThan(fullVersion(redisEngine(c), now), "7.0.5") {
			return fmt.Errorf(
				"InvalidParameterValue: TLS of engine version %s can only be set at creation; replace the group",
				now,
			)
		}
		if c.Bool("transitEncryptionEnabled") && c.Str("transitEncryptionMode") != "preferred" {
			return fmt.Errorf(
				"InvalidParameterCombination: TLS is switched on in two steps: transitEncryptionMode preferred, " +
					"then required",
			)
		}
		if !c.Bool("transitEncryptionEnabled") && c.OldStr("transitEncryptionMode") != "preferred" {
			return fmt.Errorf(
				"InvalidParameterCombination: TLS is switched off in two steps: transitEncryptionMode preferred, " +
					"then off",
			)
		}
	}
	return nil
}

// rotateToken sets the valid tokens. SET leaves only the new token valid, ROTATE the new one and
// the one before. After a first token by ROTATE, login without a token stays valid until SET.
func rotateToken(c *cloud.Call) error {
	access, _ := c.Tx.Values[c.HiddenKey()].(LoginTokens)
	token := c.Str("authToken")
	if token == "" || !c.Changed("authToken") && !c.Changed("authTokenUpdateStrategy") {
		return nil
	}
	if c.Str("authTokenUpdateStrategy") == "SET" {
		c.Tx.Values[c.HiddenKey()] = LoginTokens{Tokens: []string{token}}
		return nil
	}
	if !slices.Contains(access.Tokens, token) {
		access.Tokens = append(access.Tokens, token)
	}
	access.Tokens = access.Tokens[max(len(access.Tokens)-2, 0):]
	c.Tx.Values[c.HiddenKey()] = access
	return nil
}

// snapshotAtEnd creates the final snapshot, if one is configured.
func snapshotAtEnd(c *cloud.Call) error {
	delete(c.Tx.Values, c.HiddenKey())
	if name := c.Str("finalSnapshotIdentifier"); name != "" {
		c.Tx.Keep(cacheSnapshotType, name, map[string]any{
			"name": name, "replicationGroupId": c.ID,
			"engine": c.Str("engine"), "engineVersion": c.Str("engineVersion"), "numNodeGroups": c.Num("numNodeGroups"),
		})
	}
	return nil
}
