// The metrics: the controller publishes them and alarms read them, so both take the names from
// here.

package catalog

// MetricNamespace is the CloudWatch namespace of an environment's metrics. They have no dimensions:
// each is the worst value of all nodes.
func MetricNamespace(environment string) string { return "NATS/" + environment }

// MetricUnits are the units of the metrics by name (CloudWatch API reference, MetricDatum).
var MetricUnits = map[string]string{
	"ServersUp":            "Count",   // servers that listen and have JetStream
	"MetaLeader":           "Count",   // 1: all servers that answer name the same one; 0: they do not
	"StorageUsedPercent":   "Percent", // of JetStream's storage on the fullest node
	"WorkQueueUsedPercent": "Percent", // of the byte limit of the fullest stream that refuses when it is full
	// messages that the slowest replica is behind; one that is offline is not counted
	"ReplicaLag":            "Count",
	"ReplicasNotCurrent":    "Count", // replicas of streams that are offline or behind
	"ConsumerBacklog":       "Count", // messages that the slowest durable consumer has before it
	"SlowConsumers":         "Count", // clients that servers dropped for not reading, since those started
	"CertificateDaysLeft":   "None",  // days until the first certificate of a server ends
	"ConfigurationMismatch": "Count", // servers that run another configuration than they should
	"DeadLetters":           "Count", // messages that this tick moved
	// hours since the newest finished backup of the streams; since the oldest stream was made where
	// there is none
	"BackupAgeHours": "None",
}
