package localcloud

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/bodybroker/platform/internal/localcloud/acm"
	"github.com/bodybroker/platform/internal/localcloud/elbv2"
	"github.com/bodybroker/platform/internal/localcloud/route53"
)

func TestCertificateIsIssuedWhenItsNameIsProven(t *testing.T) {
	b := newBench(t)
	zone, _ := b.make(route53.ZoneType, "zone", map[string]any{"name": "example.com"})
	balancer, group := b.balancer("application", "HTTP")
	arn, outputs := b.make(
		acm.PublicCertificateType,
		"certificate",
		map[string]any{"domainName": "game.example.com", "validationMethod": "DNS"},
	)
	proof := outputs["domainValidationOptions"].ArrayValue()[0].ObjectValue()
	assert.Equal(t, "PENDING_VALIDATION", outputs["status"].StringValue())
	secure := with(forwardTo(balancer, group, "HTTPS", 443), map[string]any{"certificateArn": arn})
	b.refused("UnsupportedCertificate", elbv2.ListenerType, "early", secure)
	b.refused("last state: 'PENDING_VALIDATION'", acm.ValidationType, "early", map[string]any{"certificateArn": arn})
	b.refused(
		"missing game.example.com DNS validation record",
		acm.ValidationType,
		"other",
		map[string]any{"certificateArn": arn, "validationRecordFqdns": []any{"a.example.com"}},
	)

	record := map[string]any{
		"zoneId": zone, "name": proof["resourceRecordName"].StringValue(), "type": "CNAME", "ttl": 60.0,
		"records": []any{proof["resourceRecordValue"].StringValue()},
	}
	_, made := b.make(route53.RecordType, "proof", record)
	b.make(
		acm.ValidationType,
		"validation",
		map[string]any{"certificateArn": arn, "validationRecordFqdns": []any{made["fqdn"].StringValue()}},
	)
	assert.Equal(t, "ISSUED", b.CopyOf(acm.PublicCertificateType, "", arn).Str("status"))
	b.make(elbv2.ListenerType, "secure", secure)
	assert.ErrorContains(t, b.end(acm.PublicCertificateType, arn), "ResourceInUseException")

	_, twin := b.make(
		acm.PublicCertificateType,
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
		b.faults(acm.PublicCertificateType, map[string]any{"domainName": "a.b.", "validationMethod": "DNS"}),
	)
	b.refused(
		"must be set when creating an ACM certificate",
		acm.PublicCertificateType,
		"none",
		map[string]any{"domainName": "a.b"},
	)
}
