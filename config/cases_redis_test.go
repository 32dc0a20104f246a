// Replication groups that ElastiCache does not offer.

package config_test

var wrongRedis = []refusal{
	{
		name:    "unknown engine",
		set:     set{"redisEngine": "memcached"},
		key:     "redisEngine",
		problem: "is none of redis, valkey",
	},
	{
		name:    "version of the other engine",
		set:     set{"redisEngineVersion": "8.0"},
		key:     "redisEngineVersion",
		problem: "is not a version of redis: it has 7.0, 7.1",
	},
	{
		name:    "version too old for valkey",
		set:     set{"redisEngine": "valkey"},
		key:     "redisEngineVersion",
		problem: "it has 7.2, 8.0, 8.1",
	},
	{
		name:    "node type without a size",
		set:     set{"redisNodeType": "cache.r7g"},
		key:     "redisNodeType",
		problem: "there is no such node type",
	},
	{
		name:    "node type of another family size",
		set:     set{"redisNodeType": "cache.t4g.large"},
		key:     "redisNodeType",
		problem: "the nearest is cache.",
	},
	{
		name:    "EC2 type as node type",
		set:     set{"redisNodeType": "r7g.large"},
		key:     "redisNodeType",
		problem: "the nearest is cache.r7g.large",
	},
	{
		name:    "too many cache nodes",
		set:     set{"redisShards": "50"},
		key:     "redisShards",
		problem: "are 100 nodes, AWS takes at most 90",
	},
	{
		name:    "no replica",
		set:     set{"redisReplicasPerShard": "0"},
		key:     "redisReplicasPerShard",
		problem: "0 is outside 1 to 5",
	},
	{
		name:    "snapshot retention too long",
		set:     set{"redisSnapshotRetentionDays": "36"},
		key:     "redisSnapshotRetentionDays",
		problem: "36 is outside 1 to 35",
	},
	{
		name:    "snapshot name malformed",
		set:     set{"redisSnapshotName": "-final"},
		key:     "redisSnapshotName",
		problem: "form",
	},
}
