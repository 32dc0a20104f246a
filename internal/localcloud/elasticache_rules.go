// What ElastiCache and the provider refuse of a replication group, and what changes do to it.
package localcloud

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var redisVersion = regexp.MustCompile(`^([1-5](\.[0-9]+){2}|6\.x|[6-9]\.[0-9]+)$`)

// checkReplicationGroup is what the provider judges at plan time.
func checkReplicationGroup(c *call) []failure {
	var faults []failure
	refuse := func(property, reason string) { faults = append(faults, failure{property, reason}) }
	if token := c.str("authToken"); token != "" {
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
	if version := c.str("engineVersion"); version != "" && !redisVersion.MatchString(version) {
		refuse(
			"engineVersion",
			fmt.Sprintf(
				"engineVersion: %s is invalid. For Redis v6 or higher, use <major>.<minor>. For Redis v5 or lower, "+
					"use <major>.<minor>.<patch>.",
				version,
			),
		)
	}
	if failover, known := c.get("automaticFailoverEnabled").(bool); c.yes("multiAzEnabled") &&
		(known && !failover || !present(c.inputs, "automaticFailoverEnabled")) {
		refuse("automaticFailoverEnabled", "automatic_failover_enabled must be true if multi_az_enabled is true")
	}
	if n, known := c.get("numCacheClusters").(float64); known && c.yes("automaticFailoverEnabled") && n < 2 {
		refuse("numCacheClusters", `"num_cache_clusters": must be at least 2 if automatic_failover_enabled is true`)
	}
	for _, other := range []string{"numNodeGroups", "replicasPerNodeGroup"} {
		if present(c.inputs, "numCacheClusters") && present(c.inputs, other) {
			refuse("numCacheClusters", fmt.Sprintf("%q: conflicts with %s", "numCacheClusters", other))
		}
	}
	if present(c.inputs, "authToken") && present(c.inputs, "userGroupIds") {
		refuse("authToken", `"authToken": conflicts with userGroupIds`)
	}
	return faults
}

// judgeReplicationGroup is what the service refuses of a group as a whole.
func judgeReplicationGroup(c *call) error {
	switch {
	case c.str("nodeType") == "":
		return fmt.Errorf(`"node_type" is required unless "global_replication_group_id" is set.`)
	case c.str("authToken") != "" && !c.yes("transitEncryptionEnabled"):
		return fmt.Errorf(
			"InvalidParameterCombination: AuthToken can only be specified when TransitEncryptionEnabled is true.",
		)
	case present(c.inputs, "userGroupIds") && !c.yes("transitEncryptionEnabled"):
		return fmt.Errorf(
			"InvalidParameterCombination: User group based access control requires encryption-in-transit to be " +
				"enabled on the replication group.",
		)
	case clusterMode(c) && !c.yes("automaticFailoverEnabled"):
		return fmt.Errorf(
			"InvalidParameterCombination: Redis with cluster mode enabled cannot be created with auto failover " +
				"turned off.",
		)
	case c.num("replicasPerNodeGroup") > 5:
		return fmt.Errorf(
			"InvalidParameterValue: Number of replicas per node group must be between 0 and 5, got %s",
			c.str("replicasPerNodeGroup"),
		)
	case c.yes("multiAzEnabled") && len(memberClusters(c).([]any)) < 2:
		return fmt.Errorf(
			"InvalidParameterCombination: Multi-AZ cannot be enabled for a replication group without replicas.",
		)
	case c.num("numNodeGroups") > 500:
		return fmt.Errorf(
			"InvalidParameterValue: Number of node groups must be at most 500, got %s",
			c.str("numNodeGroups"),
		)
	}
	if name := c.str("snapshotName"); name != "" && c.old == nil && c.tx.find(cacheSnapshotType, "", name) == nil {
		return fmt.Errorf("SnapshotNotFoundFault: Snapshot %s not found.", name)
	}
	return nil
}

// judgeRedisParameters compares the parameter group with the engine and the shards.
func judgeRedisParameters(c *call) error {
	name := c.str("parameterGroupName")
	group := c.tx.find(parameterGroupType, "", name)
	if group == nil {
		if name == "" || strings.HasPrefix(name, "default.") {
			return nil
		}
		return fmt.Errorf("CacheParameterGroupNotFound: CacheParameterGroup not found: %s", name)
	}
	if want := redisFamily(redisEngine(c), redisVersionOf(c)); want != group.str("family") {
		return fmt.Errorf(
			"InvalidParameterCombination: Expected a parameter group of family %s but found one of family %s",
			want,
			group.str("family"),
		)
	}
	if c.num("numNodeGroups") > 1 && parameterOf(group, "cluster-enabled") != "yes" {
		return fmt.Errorf(
			"InvalidParameterCombination: Parameter group %s is not cluster-enabled, but %s node groups are asked for",
			name,
			c.str("numNodeGroups"),
		)
	}
	return nil
}

// judgeRedisLogs wants log groups that exist, and one destination for each type of log.
func judgeRedisLogs(c *call) error {
	configurations, _ := c.get("logDeliveryConfigurations").([]any)
	var seen []string
	for _, item := range configurations {
		entry, _ := item.(map[string]any)
		kind, destination := fmt.Sprint(entry["logType"]), fmt.Sprint(entry["destination"])
		if slices.Contains(seen, kind) {
			return fmt.Errorf("InvalidParameterCombination: more than one log delivery configuration for %s", kind)
		}
		seen = append(seen, kind)
		if entry["destinationType"] == "cloudwatch-logs" && c.tx.find(logGroupType, "", destination) == nil {
			return fmt.Errorf("InvalidParameterValue: The log group %s does not exist", destination)
		}
	}
	return nil
}

// judgeRedisUpdate refuses changes in place that are none.
func judgeRedisUpdate(c *call) error {
	before, now := c.was("engineVersion"), redisVersionOf(c)
	if before != "" && now != "" && olderThan(now, before) {
		return fmt.Errorf(
			"InvalidParameterValue: engine version %s is older than %s; ElastiCache does not downgrade, replace the "+
				"group",
			now,
			before,
		)
	}
	if c.was("engine") == "valkey" && redisEngine(c) == "redis" {
		return fmt.Errorf("InvalidParameterValue: valkey cannot become redis; replace the group")
	}
	if c.changed("transitEncryptionEnabled") {
		if olderThan(fullVersion(redisEngine(c), now), "7.0.5") {
			return fmt.Errorf(
				"InvalidParameterValue: TLS of engine version %s can only be set at creation; replace the group",
				now,
			)
		}
		if c.yes("transitEncryptionEnabled") && c.str("transitEncryptionMode") != "preferred" {
			return fmt.Errorf(
				"InvalidParameterCombination: TLS is switched on in two steps: transitEncryptionMode preferred, " +
					"then required",
			)
		}
		if !c.yes("transitEncryptionEnabled") && c.was("transitEncryptionMode") != "preferred" {
			return fmt.Errorf(
				"InvalidParameterCombination: TLS is switched off in two steps: transitEncryptionMode preferred, " +
					"then off",
			)
		}
	}
	return nil
}

// rotateToken: SET leaves the new token alone valid, ROTATE the new and the one before; a
// first token by ROTATE leaves login without a token valid until SET.
func rotateToken(c *call) error {
	access, _ := c.tx.values[c.vaultKey()].(redisAccess)
	token := c.str("authToken")
	if token == "" || !c.changed("authToken") && !c.changed("authTokenUpdateStrategy") {
		return nil
	}
	if c.str("authTokenUpdateStrategy") == "SET" {
		c.tx.values[c.vaultKey()] = redisAccess{Tokens: []string{token}}
		return nil
	}
	if !slices.Contains(access.Tokens, token) {
		access.Tokens = append(access.Tokens, token)
	}
	access.Tokens = access.Tokens[max(len(access.Tokens)-2, 0):]
	c.tx.values[c.vaultKey()] = access
	return nil
}

// snapshotAtEnd keeps the final snapshot, if one is asked for.
func snapshotAtEnd(c *call) error {
	delete(c.tx.values, c.vaultKey())
	if name := c.str("finalSnapshotIdentifier"); name != "" {
		c.tx.keep(cacheSnapshotType, name, map[string]any{
			"name": name, "replicationGroupId": c.id,
			"engine": c.str("engine"), "engineVersion": c.str("engineVersion"), "numNodeGroups": c.num("numNodeGroups"),
		})
	}
	return nil
}
