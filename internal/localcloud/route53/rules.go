// Which zones and records Route 53 refuses.
package route53

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// recordFaults is the provider's check of a record's form.
func recordFaults(c *cloud.Call) []cloud.Failure {
	var faults []cloud.Failure
	if cloud.Present(c.Inputs, "records") && !cloud.Present(c.Inputs, "ttl") {
		faults = append(
			faults,
			cloud.Failure{Property: "ttl", Reason: "\"records\": all of `records,ttl` must be specified"},
		)
	}
	if aliases, _ := c.Get("aliases").([]any); len(aliases) > 1 {
		faults = append(
			faults,
			cloud.Failure{
				Property: "aliases",
				Reason:   fmt.Sprintf("Too many list items: at most 1, got %d", len(aliases)),
			},
		)
	}
	given := ""
	for _, policy := range routingPolicies {
		switch {
		case !cloud.Present(c.Inputs, policy):
		case given != "":
			faults = append(
				faults,
				cloud.Failure{Property: policy, Reason: fmt.Sprintf("%q: conflicts with %s", policy, given)},
			)
		default:
			given = policy
		}
	}
	if given != "" && !cloud.Present(c.Inputs, "setIdentifier") {
		faults = append(
			faults,
			cloud.Failure{
				Property: "setIdentifier",
				Reason:   fmt.Sprintf("%q: all of `%s,setIdentifier` must be specified", given, given),
			},
		)
	}
	return faults
}

// fullName returns the name of a record with the name of its zone, in lower case and without the
// last dot.
func fullName(c *cloud.Call) string {
	name := strings.ToLower(TrimDot(c.Str("name")))
	zone := c.Tx.Find(ZoneType, "", c.Str("zoneId"))
	if zone == nil {
		return name
	}
	apex := strings.ToLower(TrimDot(zone.Str("name")))
	if apex == "" || name == apex || strings.HasSuffix(name, "."+apex) {
		return name
	}
	return strings.TrimPrefix(name+"."+apex, ".")
}

// recordKey returns the provider's id of a record: zone, name, type and set identifier.
func recordKey(c *cloud.Call) string {
	parts := []string{c.Str("zoneId"), strings.ToLower(TrimDot(c.Str("name"))), c.Str("type")}
	if set := c.Str("setIdentifier"); set != "" {
		parts = append(parts, set)
	}
	return strings.Join(parts, "_")
}

// checkRecord requires a record set that does not exist yet, and values that fit its type.
func checkRecord(c *cloud.Call) error {
	own := fullName(c)
	zone := c.Tx.Find(ZoneType, "", c.Str("zoneId"))
	if apex := strings.ToLower(TrimDot(zone.Str("name"))); c.Str("type") == "CNAME" && own == apex {
		return cloud.Errorf(
			"InvalidChangeBatch: [RRSet of type CNAME with DNS name %s. is not permitted at apex in zone %s.]",
			own,
			apex,
		)
	}
	if c.Str("type") == "A" {
		for _, address := range c.All("records") {
			if parsed, err := netip.ParseAddr(address); err != nil || !parsed.Is4() {
				return cloud.Errorf(
					"InvalidChangeBatch: [Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value "+
						"is not a valid IPv4 address) encountered with '%s'']",
					address,
				)
			}
		}
	}
	if c.Bool("allowOverwrite") || c.Old != nil {
		return nil
	}
	for _, other := range c.Tx.All(RecordType) {
		if other.Str("zoneId") == zone.ID && other.Str("fqdn") == own && other.Str("type") == c.Str("type") &&
			other.Str("setIdentifier") == c.Str("setIdentifier") {
			return cloud.Errorf(
				"InvalidChangeBatch: [Tried to create resource record set [name='%s.', type='%s'] but it already "+
					"exists]",
				own,
				c.Str("type"),
			)
		}
	}
	return nil
}

func nameFaultsOfZone(c *cloud.Call) []cloud.Failure {
	for _, label := range strings.Split(strings.TrimSuffix(c.Name(), "."), ".") {
		if len(label) > 63 {
			return []cloud.Failure{
				{Property: "name", Reason: "DomainLabelTooLong: the label " + label + " is longer than 63 characters"},
			}
		}
	}
	return nil
}

// checkZone refuses a second zone of the same name in a VPC, and a private zone without a VPC.
func checkZone(c *cloud.Call) error {
	own := c.All("vpcs.vpcId")
	if len(c.OldStrings("vpcs.vpcId")) > 0 && len(own) == 0 {
		return cloud.Errorf(
			"LastVPCAssociation: The VPC that you are trying to disassociate from the private hosted zone is the " +
				"last VPC that is associated with the hosted zone.",
		)
	}
	for _, other := range c.Tx.All(ZoneType) {
		theirs := &cloud.Call{Cloud: c.Cloud, Inputs: other.Inputs}
		if other.ID == c.ID || !strings.EqualFold(TrimDot(other.Str("name")), TrimDot(c.Name())) {
			continue
		}
		for _, vpc := range theirs.All("vpcs.vpcId") {
			if slices.Contains(own, vpc) {
				return cloud.Errorf(
					"ConflictingDomainExists: The VPC %s in region %s has already been associated with the hosted "+
						"zone %s with the same domain name.",
					vpc,
					c.Cloud.Region,
					other.ID,
				)
			}
		}
	}
	return nil
}

// TrimDot removes the last dot of a name.
func TrimDot(name string) string { return strings.TrimSuffix(name, ".") }

// HasPublicCNAME reports whether a CNAME in a public zone points from a name to a value.
func HasPublicCNAME(tx *cloud.Tx, name, value string) bool {
	for _, r := range tx.All(RecordType) {
		zone := tx.Find(ZoneType, "", r.Str("zoneId"))
		if zone == nil || r.Str("type") != "CNAME" || r.Str("fqdn") != name {
			continue
		}
		if vpcs, _ := zone.Get("vpcs").([]any); len(vpcs) > 0 {
			continue
		}
		for _, found := range cloud.StringsAt(resource.NewObjectProperty(r.Inputs), "records") {
			if TrimDot(found) == value {
				return true
			}
		}
	}
	return false
}
