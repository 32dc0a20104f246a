package localcloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestZones(t *testing.T) {
	b := newBench(t)
	vpc, _ := b.network()
	private := map[string]any{"name": "nats.internal", "vpcs": []any{map[string]any{"vpcId": vpc}}}
	zone, _ := b.make(zoneType, "private", private)
	b.refused("ConflictingDomainExists", zoneType, "again", with(private, map[string]any{"name": "NATS.internal."}))
	record, _ := b.make(
		recordType,
		"record",
		map[string]any{"zoneId": zone, "name": "nats-1", "type": "A", "ttl": 60.0, "records": []any{"10.0.0.10"}},
	)
	assert.Equal(t, zone+"_nats-1_A", record)
	assert.ErrorContains(t, b.end(zoneType, zone), "HostedZoneNotEmpty")
	require.NoError(t, b.end(recordType, record))
	require.NoError(t, b.end(zoneType, zone))
}

func TestRecords(t *testing.T) {
	b := newBench(t)
	zone, _ := b.make(zoneType, "zone", map[string]any{"name": "example.com"})
	inputs := map[string]any{
		"zoneId":  zone,
		"name":    "www.Example.com.",
		"type":    "A",
		"ttl":     60.0,
		"records": []any{"10.0.0.1"},
	}
	id, outputs := b.make(recordType, "www", inputs)
	assert.Equal(t, "www.example.com", outputs["fqdn"].StringValue())
	b.refused("but it already exists", recordType, "short", with(inputs, map[string]any{"name": "www"}))
	b.make(recordType, "over", with(inputs, map[string]any{"allowOverwrite": true}))
	require.NoError(t, b.change(recordType, id, with(inputs, map[string]any{"records": []any{"10.0.0.2"}})))
	b.refused(
		"not permitted at apex",
		recordType,
		"apex",
		with(inputs, map[string]any{"name": "example.com", "type": "CNAME", "records": []any{"a.b"}}),
	)
	b.refused(
		"not a valid IPv4 address",
		recordType,
		"text",
		with(inputs, map[string]any{"name": "x", "records": []any{"ten"}}),
	)
	b.refused("NoSuchHostedZone", recordType, "zone", with(inputs, map[string]any{"zoneId": "Z1"}))
	alias := []any{map[string]any{"name": "a", "zoneId": "Z", "evaluateTargetHealth": true}}
	assert.Equal(
		t,
		[]string{"aliases", "aliases"},
		b.faults(recordType, with(inputs, map[string]any{"aliases": alias})),
	)
	assert.Equal(t, []string{"ttl"}, b.faults(recordType, without(inputs, "ttl")))
	assert.Equal(
		t,
		[]string{"setIdentifier"},
		b.faults(
			recordType,
			with(inputs, map[string]any{"weightedRoutingPolicies": []any{map[string]any{"weight": 1.0}}}),
		),
	)
}
