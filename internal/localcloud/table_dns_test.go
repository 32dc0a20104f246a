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

func TestCertificateIsIssuedWhenItsNameIsProven(t *testing.T) {
	b := newBench(t)
	zone, _ := b.make(zoneType, "zone", map[string]any{"name": "example.com"})
	balancer, group := b.balancer("application", "HTTP")
	arn, outputs := b.make(
		publicCertificateType,
		"certificate",
		map[string]any{"domainName": "game.example.com", "validationMethod": "DNS"},
	)
	proof := outputs["domainValidationOptions"].ArrayValue()[0].ObjectValue()
	assert.Equal(t, "PENDING_VALIDATION", outputs["status"].StringValue())
	secure := with(forwardTo(balancer, group, "HTTPS", 443), map[string]any{"certificateArn": arn})
	b.refused("UnsupportedCertificate", listenerType, "early", secure)
	b.refused("last state: 'PENDING_VALIDATION'", validationType, "early", map[string]any{"certificateArn": arn})
	b.refused(
		"missing game.example.com DNS validation record",
		validationType,
		"other",
		map[string]any{"certificateArn": arn, "validationRecordFqdns": []any{"a.example.com"}},
	)

	record := map[string]any{
		"zoneId": zone, "name": proof["resourceRecordName"].StringValue(), "type": "CNAME", "ttl": 60.0,
		"records": []any{proof["resourceRecordValue"].StringValue()},
	}
	_, made := b.make(recordType, "proof", record)
	b.make(
		validationType,
		"validation",
		map[string]any{"certificateArn": arn, "validationRecordFqdns": []any{made["fqdn"].StringValue()}},
	)
	assert.Equal(t, "ISSUED", b.find(publicCertificateType, "", arn).str("status"))
	b.make(listenerType, "secure", secure)
	assert.ErrorContains(t, b.end(publicCertificateType, arn), "ResourceInUseException")

	_, twin := b.make(
		publicCertificateType,
		"twin",
		map[string]any{
			"domainName":              "*.game.example.com",
			"subjectAlternativeNames": []any{"game.example.com"},
			"validationMethod":        "DNS",
		},
	)
	options := twin["domainValidationOptions"].ArrayValue()
	assert.Equal(
		t,
		proof["resourceRecordName"],
		options[0].ObjectValue()["resourceRecordName"],
		"a wildcard and its domain have one proof",
	)
	assert.Len(t, options, 2)
	assert.Equal(
		t,
		[]string{"domainName"},
		b.faults(publicCertificateType, map[string]any{"domainName": "a.b.", "validationMethod": "DNS"}),
	)
	b.refused(
		"must be set when creating an ACM certificate",
		publicCertificateType,
		"none",
		map[string]any{"domainName": "a.b"},
	)
}
