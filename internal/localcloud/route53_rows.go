// Hosted zones and their records.
package localcloud

const (
	zoneType   = "aws:route53/zone:Zone"
	recordType = "aws:route53/record:Record"
)

var routingPolicies = []string{
	"cidrRoutingPolicy", "failoverRoutingPolicies", "geolocationRoutingPolicies", "geoproximityRoutingPolicy",
	"latencyRoutingPolicies", "multivalueAnswerRoutingPolicy", "weightedRoutingPolicies",
}

var _ = register(
	row{
		// The provider waits until the change is in step: 10 to 30 s before it first looks
		// (zone.go).
		token:    zoneType,
		seconds:  35,
		source:   "internal/service/route53/zone.go",
		replace:  []string{"name", "delegationSetId"},
		defaults: map[string]any{"comment": "Managed by Pulumi", "forceDestroy": false},
		name:     &nameRule{property: "name", max: 1024, auto: true},
		id:       func(*call) any { return "Z" + uniqueUpper(20) },
		computed: map[string]value{
			"arn": text("arn:aws:route53:::hostedzone/{id}"), "zoneId": func(c *call) any { return c.id },
			"nameServers": func(*call) any { return anys(zoneServers) }, "primaryNameServer": fixed(zoneServers[0]),
		},
		references: []reference{
			{
				path: "vpcs.vpcId",
				to:   one(vpcType),
				missing: "InvalidVPCId: The VPC: {value} that you provided is not authorized to make the " +
					"association or does not exist.",
			},
		},
		check:        checks(conflicts("vpcs", "delegationSetId"), nameFaultsOfZone),
		beforeCreate: judgeZone,
		beforeUpdate: judgeZone,
		beforeDelete: func(c *call) error {
			for _, r := range c.tx.all(recordType) {
				if r.str("zoneId") == c.id && !c.yes("forceDestroy") {
					return errorf(
						"HostedZoneNotEmpty: The specified hosted zone contains non-required resource record sets "+
							"and so cannot be deleted. (%s)",
						r.ID,
					)
				}
			}
			return nil
		},
		afterDelete: func(c *call) error {
			c.tx.dropWhere(recordType, "zoneId", c.id)
			return nil
		},
		notReal: "Name servers are the same four for every zone, as they are for private ones. No delegation sets, " +
			"no DNSSEC; NS and SOA records do not show.",
	},
	row{
		token:    recordType,
		seconds:  35,
		source:   "internal/service/route53/record.go",
		required: []string{"name", "type", "zoneId"},
		replace:  []string{"name", "zoneId"},
		id:       func(c *call) any { return c.recordKey() },
		computed: map[string]value{"allowOverwrite": fixed(false)},
		derived:  map[string]value{"fqdn": func(c *call) any { return c.fullName() }},
		references: []reference{{
			path: "zoneId", to: one(zoneType),
			missing: "reading Route 53 Hosted Zone ({value}): NoSuchHostedZone: No hosted zone found with ID: {value}",
		}},
		check: checks(
			exactlyOneOf("aliases", "records"),
			conflicts("aliases", "ttl"),
			recordFaults,
			oneOf(
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
		beforeCreate: judgeRecord,
		beforeUpdate: judgeRecord,
		notReal: "Names are answered inside the process only (Cloud.Resolve), not over DNS. An alias's target is " +
			"not looked for. The form of values is judged for A records only. " +
			"Another type or set identifier keeps the id; the provider gives a new one.",
	},
)

// zoneServers are those of private hosted zones.
var zoneServers = []string{
	"ns-0.awsdns-00.com",
	"ns-512.awsdns-00.net",
	"ns-1024.awsdns-00.org",
	"ns-1536.awsdns-00.co.uk",
}
