package localcloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/internal/localcloud/route53"
)

func TestZones(t *testing.T) {
	b := newBench(t)
	vpc, _ := b.network()
	private := map[string]any{"name": "nats.internal", "vpcs": []any{map[string]any{"vpcId": vpc}}}
	zone, _ := b.make(route53.ZoneType, "private", private)
	b.refused(
		"ConflictingDomainExists",
		route53.ZoneType,
		"again",
		with(private, map[string]any{"name": "NATS.internal."}),
	)
	record, _ := b.make(
		route53.RecordType,
		"record",
		map[string]any{"zoneId": zone, "name": "nats-1", "type": "A", "ttl": 60.0, "records": []any{"10.0.0.10"}},
	)
	assert.Equal(t, zone+"_nats-1_A", record)
	assert.ErrorContains(t, b.end(route53.ZoneType, zone), "HostedZoneNotEmpty")
	require.NoError(t, b.end(route53.RecordType, record))
	require.NoError(t, b.end(route53.ZoneType, zone))
}

func TestRecords(t *testing.T) {
	b := newBench(t)
	zone, _ := b.make(route53.ZoneType, "zone", map[string]any{"name": "example.com"})
	inputs := map[string]any{
		"zoneId":  zone,
		"name":    "www.Example.com.",
		"type":    "A",
		"ttl":     60.0,
		"records": []any{"10.0.0.1"},
	}
	id, outputs := b.make(route53.RecordType, "www", inputs)
	assert.Equal(t, "www.example.com", outputs["fqdn"].StringValue())
	b.refused("but it already exists", route53.RecordType, "short", with(inputs, map[string]any{"name": "www"}))
	b.make(route53.RecordType, "over", with(inputs, map[string]any{"allowOverwrite": true}))
	require.NoError(t, b.change(route53.RecordType, id, with(inputs, map[string]any{"records": []any{"10.0.0.2"}})))
	b.refused(
		"not permitted at apex",
		route53.RecordType,
		"apex",
		with(inputs, map[string]any{"name": "example.com", "type": "CNAME", "records": []any{"a.b"}}),
	)
	b.refused(
		"not a valid IPv4 address",
		route53.RecordType,
		"text",
		with(inputs, map[string]any{"name": "x", "records": []any{"ten"}}),
	)
	b.refused("NoSuchHostedZone", route53.RecordType, "zone", with(inputs, map[string]any{"zoneId": "Z1"}))
	alias := []any{map[string]any{"name": "a", "zoneId": "Z", "evaluateTargetHealth": true}}
	assert.Equal(
		t,
		[]string{"aliases", "aliases"},
		b.faults(route53.RecordType, with(inputs, map[string]any{"aliases": alias})),
	)
	assert.Equal(t, []string{"ttl"}, b.faults(route53.RecordType, without(inputs, "ttl")))
	assert.Equal(
		t,
		[]string{"setIdentifier"},
		b.faults(
			route53.RecordType,
			with(inputs, map[string]any{"weightedRoutingPolicies": []any{map[string]any{"weight": 1.0}}}),
		),
	)
}
