// Rules of the Redis replication group.

package config

import (
	"maps"
	"slices"
	"strings"
)

// mostRedisNodes is ElastiCache's quota of nodes per cluster with cluster mode.
// docs.aws.amazon.com/AmazonElastiCache/latest/dg/quota-limits.html
const mostRedisNodes = 90

// redisVersions are the versions with cluster mode, TLS, AUTH and both engine logs that the
// platform takes. docs.aws.amazon.com/AmazonElastiCache/latest/dg/supported-engine-versions.html
var redisVersions = map[string][]string{
	"redis":  {"7.0", "7.1"},
	"valkey": {"7.2", "8.0", "8.1"},
}

// versionsByEngine is the table in words.
func versionsByEngine() string {
	var texts []string
	for _, engine := range slices.Sorted(maps.Keys(redisVersions)) {
		texts = append(texts, list(redisVersions[engine], "or")+" for "+engine)
	}
	return strings.Join(texts, "; ")
}

// nodeSizes are the sizes of each cache node family of the current generation.
// docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheNode.html
var nodeSizes = map[string][]string{
	"m5":  {"large", "xlarge", "2xlarge", "4xlarge", "12xlarge", "24xlarge"},
	"m6g": graviton,
	"m7g": graviton,
	"r5":  {"large", "xlarge", "2xlarge", "4xlarge", "12xlarge", "24xlarge"},
	"r6g": graviton,
	"r7g": graviton,
	"t3":  {"micro", "small", "medium"},
	"t4g": {"micro", "small", "medium"},
}

var graviton = []string{"large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"}

func (v *validator) validateRedis() {
	r := v.Redis
	if versions := redisVersions[r.Engine]; r.EngineVersion != "" && !v.refused("redisEngine") &&
		!slices.Contains(versions, r.EngineVersion) {
		v.refuse("redisEngineVersion", "is not a version of %s: it has %s", r.Engine, strings.Join(versions, ", "))
	}
	if r.NodeType != "" {
		v.validateNodeType()
	}
	if nodes := r.NodeCount(); nodes > mostRedisNodes && !v.refused("redisShards", "redisReplicasPerShard") {
		v.refuse(
			"redisShards",
			"%d shards with %d replicas each are %d nodes, AWS takes at most %d",
			r.Shards,
			r.ReplicasPerShard,
			nodes,
			mostRedisNodes,
		)
	}
}

func (v *validator) validateNodeType() {
	parts := strings.Split(v.Redis.NodeType, ".")
	if len(parts) == 3 && parts[0] == "cache" && slices.Contains(nodeSizes[parts[1]], parts[2]) {
		return
	}
	var known []string
	for family, sizes := range nodeSizes {
		for _, size := range sizes {
			known = append(known, "cache."+family+"."+size)
		}
	}
	slices.Sort(known)
	v.refuse("redisNodeType", "there is no such node type; the nearest is %s", nearest(v.Redis.NodeType, known))
}
