// Keys of the Redis replication group.

package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// redisKeys are rows of Keys; validate_redis.go has the rules that join them.
var redisKeys = []Key{
	{
		Name:        "redisEngine",
		Field:       "Redis.Engine",
		Type:        String,
		Default:     "redis",
		Example:     "redis",
		OneOf:       []string{"redis", "valkey"},
		Description: "Engine of the ElastiCache replication group.",
	},
	{
		Name:        "redisEngineVersion",
		Field:       "Redis.EngineVersion",
		Type:        String,
		Default:     "7.1",
		Example:     "7.1",
		Required:    true,
		Description: "Version of the engine.",
		Accepts:     versionsByEngine(),
	},
	{
		Name:        "redisNodeType",
		Field:       "Redis.NodeType",
		Type:        String,
		Default:     "cache.r7g.large",
		Example:     "cache.r7g.large",
		Required:    true,
		Description: "Node type of the replication group.",
		Accepts: "cache.<family>.<size> of a current family (" + strings.Join(
			slices.Sorted(maps.Keys(nodeSizes)),
			", ",
		) + ")",
	},
	{
		Name:        "redisShards",
		Field:       "Redis.Shards",
		Type:        Integer,
		Default:     3,
		Example:     "3",
		Min:         1,
		Max:         mostRedisNodes,
		Description: "Shards of the replication group.",
		Accepts:     fmt.Sprintf(", with replicas at most %d nodes in all", mostRedisNodes),
	},
	{
		Name:        "redisReplicasPerShard",
		Field:       "Redis.ReplicasPerShard",
		Type:        Integer,
		Default:     1,
		Example:     "1",
		Min:         1,
		Max:         5,
		Description: "Replicas of each shard; Multi-AZ needs one.",
	},
	{
		Name:        "redisSnapshotRetentionDays",
		Field:       "Redis.SnapshotRetentionDays",
		Type:        Integer,
		Default:     7,
		Example:     "7",
		Min:         1,
		Max:         35,
		Description: "Days for which daily Redis snapshots are kept.",
	},
	{
		Name:        "redisSnapshotName",
		Field:       "Redis.SnapshotName",
		Type:        String,
		Default:     "",
		Example:     "prod-redis-final",
		Form:        regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,254}$`),
		Description: "Snapshot to start from (disaster recovery).",
		Accepts:     "the name of a snapshot in this region, or empty",
	},
	{
		Name:    "redisTokenUpdateStrategy",
		Field:   "Redis.TokenUpdateStrategy",
		Type:    String,
		Default: "ROTATE",
		Example: "ROTATE",
		OneOf:   []string{"ROTATE", "SET"},
		Description: "What ElastiCache does with the AUTH token before, when there is a new one: ROTATE takes both, " +
			"SET, after that, the new one alone.",
	},
}
