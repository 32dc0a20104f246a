// The versions of engines, and the host names that ElastiCache gives to groups and their nodes.
package elasticache

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
)

// newestVersion is the version that AWS takes if none is given (ElastiCache, supported versions,
// 2025).
var newestVersion = map[string]string{"redis": "7.1", "valkey": "8.0"}

func redisEngine(c *cloud.Call) string {
	if engine := c.Str("engine"); engine != "" {
		return engine
	}
	return "redis"
}

// redisVersionOf returns the configured version, or the newest.
func redisVersionOf(c *cloud.Call) string {
	if version := c.Str("engineVersion"); version != "" {
		return version
	}
	return newestVersion[redisEngine(c)]
}

// RedisFamily returns the parameter group family for a version of an engine: redis7, redis6.x,
// valkey8.
func RedisFamily(engine, version string) string {
	major, _, _ := strings.Cut(version, ".")
	switch {
	case engine == "redis" && major == "6":
		return "redis6.x"
	case engine == "redis" && major == "5":
		return "redis5.0"
	}
	return engine + major
}

// fullVersion returns the patch release of a version.
func fullVersion(engine, version string) string {
	known := map[string]string{
		"redis 6.2":  "6.2.6",
		"redis 6.x":  "6.2.6",
		"redis 7.0":  "7.0.7",
		"valkey 7.2": "7.2.6",
		"valkey 8.0": "8.0.1",
	}
	if full, ok := known[engine+" "+version]; ok {
		return full
	}
	if strings.Count(version, ".") == 1 {
		return version + ".0"
	}
	return version
}

// clusterMode reports whether a replication group has shards: it configures several, or its
// parameter group enables them.
func clusterMode(c *cloud.Call) bool {
	name := c.Str("parameterGroupName")
	return c.Str("clusterMode") == "enabled" || c.Num("numNodeGroups") > 1 || strings.HasSuffix(name, ".cluster.on") ||
		parameterOf(c.Tx.Find(ParameterGroupType, "", name), "cluster-enabled") == "yes"
}

// parameterOf returns the value of a parameter that a group sets; "" if it does not.
func parameterOf(group *cloud.Record, name string) string {
	if group == nil {
		return ""
	}
	parameters, _ := group.Get("parameters").([]any)
	for _, p := range parameters {
		if entry, ok := p.(map[string]any); ok && entry["name"] == name {
			return fmt.Sprint(entry["value"])
		}
	}
	return ""
}

// memberClusters returns the names of the nodes: group-0001-001 with shards, group-001 without.
func memberClusters(c *cloud.Call) any {
	id, members := strings.ToLower(c.Name()), []any{}
	replicas := int(c.Num("replicasPerNodeGroup"))
	if !clusterMode(c) {
		if n, given := cloud.ValueAt(c.Inputs, "numCacheClusters"); given && n.IsNumber() {
			replicas = int(n.NumberValue()) - 1
		}
		for i := range replicas + 1 {
			members = append(members, fmt.Sprintf("%s-%03d", id, i+1))
		}
		return members
	}
	for shard := range max(int(c.Num("numNodeGroups")), 1) {
		for i := range replicas + 1 {
			members = append(members, fmt.Sprintf("%s-%04d-%03d", id, shard+1, i+1))
		}
	}
	return members
}

// redisEndpoints computes the endpoints: with shards one for configuration, without a primary and a
// reader. Their names differ with TLS.
var redisEndpoints = map[string]cloud.Value{
	"configurationEndpointAddress": redisHost(
		true,
		"clustercfg.{id}.{hash}.{code}.cache.amazonaws.com",
		"{id}.{hash}.clustercfg.{code}.cache.amazonaws.com",
	),
	"primaryEndpointAddress": redisHost(
		false,
		"master.{id}.{hash}.{code}.cache.amazonaws.com",
		"{id}.{hash}.ng.0001.{code}.cache.amazonaws.com",
	),
	"readerEndpointAddress": redisHost(
		false,
		"replica.{id}.{hash}.{code}.cache.amazonaws.com",
		"{id}-ro.{hash}.ng.0001.{code}.cache.amazonaws.com",
	),
}

func redisHost(clustered bool, withTLS, plain string) cloud.Value {
	return func(c *cloud.Call) any {
		if clusterMode(c) != clustered {
			return nil
		}
		form := plain
		if c.Bool("transitEncryptionEnabled") {
			form = withTLS
		}
		// The six characters are the same for all of an account's groups in a region.
		sum := sha256.Sum256([]byte(c.Cloud.Account + c.Cloud.Region))
		return strings.NewReplacer(
			"{id}",
			c.ID,
			"{hash}",
			hex.EncodeToString(sum[:])[:6],
			"{code}",
			ec2.RegionCodes[c.Cloud.Region],
		).
			Replace(form)
	}
}

// OlderThan reports whether version a is older than b, number by number. "x" is newer than any
// number.
func OlderThan(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, y := versionPart(as[i]), versionPart(bs[i])
		if x != y {
			return x < y
		}
	}
	return len(as) < len(bs)
}

func versionPart(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 1 << 30
	}
	return n
}
