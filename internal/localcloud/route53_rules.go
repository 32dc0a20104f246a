// What Route 53 refuses of zones and records.
package localcloud

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// recordFaults is the provider's check of a record's form.
func recordFaults(c *call) []failure {
	var faults []failure
	if present(c.inputs, "records") && !present(c.inputs, "ttl") {
		faults = append(faults, failure{"ttl", "\"records\": all of `records,ttl` must be specified"})
	}
	if aliases, _ := c.get("aliases").([]any); len(aliases) > 1 {
		faults = append(faults, failure{"aliases", fmt.Sprintf("Too many list items: at most 1, got %d", len(aliases))})
	}
	given := ""
	for _, policy := range routingPolicies {
		switch {
		case !present(c.inputs, policy):
		case given != "":
			faults = append(faults, failure{policy, fmt.Sprintf("%q: conflicts with %s", policy, given)})
		default:
			given = policy
		}
	}
	if given != "" && !present(c.inputs, "setIdentifier") {
		faults = append(
			faults,
			failure{"setIdentifier", fmt.Sprintf("%q: all of `%s,setIdentifier` must be specified", given, given)},
		)
	}
	return faults
}

// fullName is a record's name with its zone's, in small letters and without the last dot.
func (c *call) fullName() string {
	name := strings.ToLower(trimDot(c.str("name")))
	zone := c.tx.find(zoneType, "", c.str("zoneId"))
	if zone == nil {
		return name
	}
	apex := strings.ToLower(trimDot(zone.str("name")))
	if apex == "" || name == apex || strings.HasSuffix(name, "."+apex) {
		return name
	}
	return strings.TrimPrefix(name+"."+apex, ".")
}

// recordKey is the provider's id of a record: zone, name, type and set identifier.
func (c *call) recordKey() string {
	parts := []string{c.str("zoneId"), strings.ToLower(trimDot(c.str("name"))), c.str("type")}
	if set := c.str("setIdentifier"); set != "" {
		parts = append(parts, set)
	}
	return strings.Join(parts, "_")
}

// judgeRecord: a set of records that nobody has made yet, of values that fit.
func judgeRecord(c *call) error {
	own := c.fullName()
	zone := c.tx.find(zoneType, "", c.str("zoneId"))
	if apex := strings.ToLower(trimDot(zone.str("name"))); c.str("type") == "CNAME" && own == apex {
		return errorf(
			"InvalidChangeBatch: [RRSet of type CNAME with DNS name %s. is not permitted at apex in zone %s.]",
			own,
			apex,
		)
	}
	if c.str("type") == "A" {
		for _, address := range c.all("records") {
			if parsed, err := netip.ParseAddr(address); err != nil || !parsed.Is4() {
				return errorf(
					"InvalidChangeBatch: [Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value "+
						"is not a valid IPv4 address) encountered with '%s'']",
					address,
				)
			}
		}
	}
	if c.yes("allowOverwrite") || c.old != nil {
		return nil
	}
	for _, other := range c.tx.all(recordType) {
		if other.str("zoneId") == zone.ID && other.str("fqdn") == own && other.str("type") == c.str("type") &&
			other.str("setIdentifier") == c.str("setIdentifier") {
			return errorf(
				"InvalidChangeBatch: [Tried to create resource record set [name='%s.', type='%s'] but it already "+
					"exists]",
				own,
				c.str("type"),
			)
		}
	}
	return nil
}

func nameFaultsOfZone(c *call) []failure {
	for _, label := range strings.Split(strings.TrimSuffix(c.name(), "."), ".") {
		if len(label) > 63 {
			return []failure{
				{property: "name", reason: "DomainLabelTooLong: the label " + label + " is longer than 63 characters"},
			}
		}
	}
	return nil
}

// judgeZone: a VPC is in one zone of a name, and a private zone keeps at least one VPC.
func judgeZone(c *call) error {
	own := c.all("vpcs.vpcId")
	if len(c.before("vpcs.vpcId")) > 0 && len(own) == 0 {
		return errorf(
			"LastVPCAssociation: The VPC that you are trying to disassociate from the private hosted zone is the " +
				"last VPC that is associated with the hosted zone.",
		)
	}
	for _, other := range c.tx.all(zoneType) {
		theirs := &call{cloud: c.cloud, inputs: other.Inputs}
		if other.ID == c.id || !strings.EqualFold(trimDot(other.str("name")), trimDot(c.name())) {
			continue
		}
		for _, vpc := range theirs.all("vpcs.vpcId") {
			if slices.Contains(own, vpc) {
				return errorf(
					"ConflictingDomainExists: The VPC %s in region %s has already been associated with the hosted "+
						"zone %s with the same domain name.",
					vpc,
					c.cloud.Region,
					other.ID,
				)
			}
		}
	}
	return nil
}

func trimDot(name string) string { return strings.TrimSuffix(name, ".") }

// answersPublicly says whether a CNAME of a public zone leads from a name to a value.
func (tx *Tx) answersPublicly(name, value string) bool {
	for _, r := range tx.all(recordType) {
		zone := tx.find(zoneType, "", r.str("zoneId"))
		if zone == nil || r.str("type") != "CNAME" || r.str("fqdn") != name {
			continue
		}
		if vpcs, _ := zone.Get("vpcs").([]any); len(vpcs) > 0 {
			continue
		}
		for _, found := range stringsAt(resource.NewObjectProperty(r.Inputs), "records") {
			if trimDot(found) == value {
				return true
			}
		}
	}
	return false
}
