// What the controller measures every minute, as one line of CloudWatch's embedded metric format:
// CloudWatch makes metrics of it while it stores the log (CloudWatch user guide, "Specification:
// Embedded metric format").
package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/node/settings"
)

// measurement is what was seen, by metric; what could not be seen is not in it.
type measurement map[string]float64

func (m measurement) most(name string, value float64) {
	if before, seen := m[name]; !seen || value > before {
		m[name] = value
	}
}

func (m measurement) least(name string, value float64) {
	if before, seen := m[name]; !seen || value < before {
		m[name] = value
	}
}

// monitored is what a server says of itself on /varz.
type monitored struct {
	Tags          []string  `json:"tags"`
	SlowConsumers int       `json:"slow_consumers"`
	CertNotAfter  time.Time `json:"tls_cert_not_after"`
	JetStream     struct {
		Config struct {
			MaxStore uint64 `json:"max_storage"`
		} `json:"config"`
		Stats struct {
			Store uint64 `json:"storage"`
		} `json:"stats"`
		Meta struct {
			Leader string `json:"leader"`
		} `json:"meta"`
	} `json:"jetstream"`
}

// measureServers asks all servers at once, as a node without power takes seconds to not answer. One
// that does not, or that has switched its JetStream off, is not up; that is a measurement and no
// error. /varz alone does not suffice: it shows JetStream as it last was.
func (c *Controller) measureServers(ctx context.Context, request Request, m measurement) {
	m["ServersUp"], m["MetaLeader"] = 0, 0
	answers := make([]*monitored, len(request.Nodes))
	var requests sync.WaitGroup
	for i, node := range request.Nodes {
		requests.Go(func() {
			var v monitored
			if c.get(ctx, node.Address, "/healthz?js-enabled-only=true", nil) == nil &&
				c.get(ctx, node.Address, "/varz", &v) == nil {
				answers[i] = &v
			}
		})
	}
	requests.Wait()
	leaders := map[string]bool{}
	for _, v := range answers {
		if v == nil {
			continue
		}
		m["ServersUp"]++
		leaders[v.JetStream.Meta.Leader] = true
		m["SlowConsumers"] += float64(v.SlowConsumers)
		m["ConfigurationMismatch"] += count(!slices.Contains(v.Tags, settings.ConfigurationTag(request.Revision)))
		if v.JetStream.Config.MaxStore > 0 {
			m.most("StorageUsedPercent", 100*float64(v.JetStream.Stats.Store)/float64(v.JetStream.Config.MaxStore))
		}
		if !v.CertNotAfter.IsZero() {
			m.least("CertificateDaysLeft", time.Until(v.CertNotAfter).Hours()/24)
		}
	}
	m["MetaLeader"] = count(len(leaders) == 1 && !leaders[""])
}

// measureBackup says how old the newest backup is. Where there is none, or none that can be read,
// the oldest stream's age counts: from then on there should have been one.
func measureBackup(ctx context.Context, store vault, oldest time.Time, m measurement) {
	if name, err := store.newest(ctx); err == nil {
		if taken, err := time.Parse(backupTime, name); err == nil {
			oldest = taken
		}
	}
	if !oldest.IsZero() {
		m["BackupAgeHours"] = time.Since(oldest).Hours()
	}
}

func count(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// measureStreams asks the cluster for its streams and their consumers, and says when the oldest
// stream was made. Half a list is no measurement: it would show less than there is.
func measureStreams(ctx context.Context, access jetstream.JetStream, all measurement) (oldest time.Time, err error) {
	m := measurement{}
	m["ReplicasNotCurrent"], m["ReplicaLag"], m["WorkQueueUsedPercent"], m["ConsumerBacklog"] = 0, 0, 0, 0
	list := access.ListStreams(ctx)
	var errs []error
	for info := range list.Info() {
		if oldest.IsZero() || info.Created.Before(oldest) {
			oldest = info.Created
		}
		if info.Cluster != nil {
			for _, replica := range info.Cluster.Replicas {
				m["ReplicasNotCurrent"] += count(!replica.Current || replica.Offline)
				if !replica.Offline { // how far one is behind that is away says nothing of its disk or network
					m.most("ReplicaLag", float64(replica.Lag))
				}
			}
		}
		if info.Config.Discard == jetstream.DiscardNew && info.Config.MaxBytes > 0 {
			m.most("WorkQueueUsedPercent", 100*float64(info.State.Bytes)/float64(info.Config.MaxBytes))
		}
		errs = append(errs, measureConsumers(ctx, access, info.Config.Name, m))
	}
	if err := errors.Join(append(errs, list.Err())...); err != nil {
		return oldest, fmt.Errorf("measuring the streams: %w", err)
	}
	maps.Copy(all, m)
	return oldest, nil
}

func measureConsumers(ctx context.Context, access jetstream.JetStream, name string, m measurement) error {
	stream, err := access.Stream(ctx, name)
	if err != nil {
		return fmt.Errorf("stream %s: %w", name, err)
	}
	list := stream.ListConsumers(ctx)
	for info := range list.Info() {
		if info.Config.Durable != "" {
			m.most("ConsumerBacklog", float64(info.NumPending)+float64(info.NumAckPending))
		}
	}
	if err := list.Err(); err != nil {
		return fmt.Errorf("consumers of stream %s: %w", name, err)
	}
	return nil
}

// log writes the line.
func (c *Controller) log(m measurement) error {
	type metric struct{ Name, Unit string }
	var metrics []metric
	line := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		metrics = append(metrics, metric{name, catalog.MetricUnits[name]})
		line[name] = m[name]
	}
	line["_aws"] = map[string]any{"Timestamp": time.Now().UnixMilli(), "CloudWatchMetrics": []any{
		map[string]any{
			"Namespace":  catalog.MetricNamespace(c.Environment),
			"Dimensions": [][]string{{}},
			"Metrics":    metrics,
		},
	}}
	text, err := json.Marshal(line)
	if err == nil {
		_, err = c.Log.Write(append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("logging the metrics: %w", err)
	}
	return nil
}
