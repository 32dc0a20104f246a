// Hosted zones and their records: what creates, changes and deletes them.
package route53

import (
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/ec2"
)

// The tokens of hosted zones and records.
const (
	ZoneType   = "aws:route53/zone:Zone"
	RecordType = "aws:route53/record:Record"
)

var routingPolicies = []string{
	"cidrRoutingPolicy", "failoverRoutingPolicies", "geolocationRoutingPolicies", "geoproximityRoutingPolicy",
	"latencyRoutingPolicies", "multivalueAnswerRoutingPolicy", "weightedRoutingPolicies",
}

var _ = cloud.Register(
	cloud.Row{
		// The provider waits until the change is in sync, 10 to 30 s before it first looks
		// (zone.go).
		Token:    ZoneType,
		Seconds:  35,
		Source:   "internal/service/route53/zone.go",
		Replace:  []string{"name", "delegationSetId"},
		Defaults: map[string]any{"comment": "Managed by Pulumi", "forceDestroy": false},
		Name:     &cloud.NameRule{Property: "name", Max: 1024, Auto: true},
		ID:       func(*cloud.Call) any { return "Z" + cloud.RandomUniqueID(20) },
		Computed: map[string]cloud.Value{
			"arn":               cloud.Text("arn:aws:route53:::hostedzone/{id}"),
			"zoneId":            func(c *cloud.Call) any { return c.ID },
			"nameServers":       func(*cloud.Call) any { return cloud.AnyList(zoneServers) },
			"primaryNameServer": cloud.Fixed(zoneServers[0]),
		},
		References: []cloud.Reference{
			{
				Path: "vpcs.vpcId",
				To:   cloud.One(ec2.VpcType),
				Missing: "InvalidVPCId: The VPC: {value} that you provided is not authorized to make the " +
					"association or does not exist.",
			},
		},
		Check:        cloud.Checks(cloud.Conflicts("vpcs", "delegationSetId"), nameFaultsOfZone),
		BeforeCreate: checkZone,
		BeforeUpdate: checkZone,
		BeforeDelete: func(c *cloud.Call) error {
			for _, r := range c.Tx.All(RecordType) {
				if r.Str("zoneId") == c.ID && !c.Bool("forceDestroy") {
					return cloud.Errorf(
						"HostedZoneNotEmpty: The specified hosted zone contains non-required resource record sets "+
							"and so cannot be deleted. (%s)",
						r.ID,
					)
				}
			}
			return nil
		},
		AfterDelete: func(c *cloud.Call) error {
			ec2.RemoveWhere(c.Tx, RecordType, "zoneId", c.ID)
			return nil
		},
		NotReal: "Name servers are the same four for every zone, as they are for private ones. No delegation sets, " +
			"no DNSSEC; NS and SOA records do not appear.",
	},
	cloud.Row{
		Token:    RecordType,
		Seconds:  35,
		Source:   "internal/service/route53/record.go",
		Required: []string{"name", "type", "zoneId"},
		Replace:  []string{"name", "zoneId"},
		ID:       func(c *cloud.Call) any { return recordKey(c) },
		Computed: map[string]cloud.Value{"allowOverwrite": cloud.Fixed(false)},
		Derived:  map[string]cloud.Value{"fqdn": func(c *cloud.Call) any { return fullName(c) }},
		References: []cloud.Reference{{
			Path: "zoneId", To: cloud.One(ZoneType),
			Missing: "reading Route 53 Hosted Zone ({value}): NoSuchHostedZone: No hosted zone found with ID: {value}",
		}},
		Check: cloud.Checks(
			cloud.ExactlyOneOf("aliases", "records"),
			cloud.Conflicts("aliases", "ttl"),
			recordFaults,
			cloud.OneOf(
				"type",
				"A",
				"AAAA",
				"CAA",
				"CNAME",
				"DS",
				"HTTPS",
				"MX",
				"NAPTR",
				"NS",
				"PTR",
				"SOA",
				"SPF",
				"SRV",
				"SSHFP",
				"SVCB",
				"TLSA",
				"TXT",
			),
		),
		BeforeCreate: checkRecord,
		BeforeUpdate: checkRecord,
		NotReal: "Names are resolved inside the process only (route53.Resolve), not over DNS. An alias's target is " +
			"not checked. The form of values is checked for A records only. " +
			"Another type or set identifier keeps the id; the provider gives a new one.",
	},
)

// zoneServers are the name servers of private hosted zones.
var zoneServers = []string{
	"ns-0.awsdns-00.com",
	"ns-512.awsdns-00.net",
	"ns-1024.awsdns-00.org",
	"ns-1536.awsdns-00.co.uk",
}
