// How names resolve inside the VPC: from private hosted zones, and from the services that name what
// they run.
package route53

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// runningNames resolve the names that services give to what they run, for a query from a zone. They
// return nothing for names that they do not know.
var runningNames []func(c *cloud.Cloud, name, zone string) []netip.Addr

// RegisterRunningNames adds the resolver of a service. Packages call it when they load.
func RegisterRunningNames(resolve func(c *cloud.Cloud, name, zone string) []netip.Addr) struct{} {
	runningNames = append(runningNames, resolve)
	return struct{}{}
}

func runningAddresses(c *cloud.Cloud, name, zone string) []netip.Addr {
	for _, answer := range runningNames {
		if found := answer(c, name, zone); len(found) > 0 {
			return found
		}
	}
	return nil
}

// Resolve returns the addresses for a query from inside the VPC for an A record. zone is the
// availability zone of the client: a load balancer with zone affinity answers with the address
// there as long as it has a healthy target (Network Load Balancers, "Availability Zone DNS
// affinity").
func Resolve(c *cloud.Cloud, name, zone string) ([]netip.Addr, error) {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	values, aliases, exists := addressRecord(c, name)
	if !exists {
		if found := runningAddresses(c, name, zone); len(found) > 0 {
			return found, nil
		}
		return nil, fmt.Errorf("lookup %s: no such host: no hosted zone has an A record of that name", name)
	}
	var found []netip.Addr
	for _, value := range cloud.Strings(values) {
		address, err := netip.ParseAddr(value)
		if err != nil {
			return nil, fmt.Errorf("lookup %s: record holds %q", name, value)
		}
		found = append(found, address)
	}
	for _, item := range aliases {
		alias, _ := item.(map[string]any)
		host, _ := alias["name"].(string)
		addresses := runningAddresses(c, host, zone)
		if len(addresses) == 0 {
			return nil, fmt.Errorf("lookup %s: its alias %s is no name of anything that runs", name, host)
		}
		found = append(found, addresses...)
	}
	return found, nil
}

// addressRecord returns the values and aliases of the A record of a name.
func addressRecord(c *cloud.Cloud, name string) (values, aliases []any, exists bool) {
	c.View(func(tx *cloud.Tx) {
		for _, r := range tx.All(RecordType) {
			if strings.EqualFold(strings.TrimSuffix(r.Str("fqdn"), "."), name) && r.Str("type") == "A" {
				values, _ = r.Get("records").([]any)
				aliases, _ = r.Get("aliases").([]any)
				exists = true
			}
		}
	})
	return values, aliases, exists
}
