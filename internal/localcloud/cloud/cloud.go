// The cloud: one account in one region, with its records behind one lock.
package cloud

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Cloud is one account in one region. All methods may be called from many goroutines.
type Cloud struct {
	// Account is the account id that ARNs carry. The default is the one that AWS's own
	// documentation uses in examples.
	Account string
	// Region is the region that ARNs carry.
	Region string
	// Pace is how many seconds pass here for each second that AWS takes to create a
	// resource (facts: rows' seconds); zero: nothing is waited for.
	Pace float64
	// Function answers a Lambda invocation; nil: every invocation answers "{}".
	Function func(name, payload string) (string, error)

	// KeySeed gives the 32 bytes of the ED25519 key that tls makes under a logical name; nil: they
	// are random. With it a key can be made again from its name.
	KeySeed func(name string) []byte

	mu      sync.Mutex
	records map[string]map[string]*Record
	values  map[string]any
	faults  []*Fault
	events  []Event
	counter int
	running atomic.Pointer[running] // nil: only records are kept
}

// New is an empty account with what every AWS account has. The region must be one of Regions.
func New(region string) (*Cloud, error) {
	if !slices.Contains(Regions, region) {
		return nil, fmt.Errorf("making an embedded AWS: region %q is not one it knows; known are %s",
			region, strings.Join(Regions, ", "))
	}
	c := &Cloud{
		Account: "123456789012",
		Region:  region,
		records: map[string]map[string]*Record{},
		values:  map[string]any{},
	}
	c.Update(func(tx *Tx) {
		for _, add := range existing {
			add(tx)
		}
	})
	return c, nil
}

// existing adds what every AWS account has before anybody makes anything.
var existing []func(*Tx)

// RegisterExisting adds what a service has in every account, when the package loads.
func RegisterExisting(add func(*Tx)) struct{} {
	existing = append(existing, add)
	return struct{}{}
}

// Regions that the embedded AWS can be; each has at least three availability zones here.
var Regions = []string{"us-east-1", "us-east-2", "us-west-2", "eu-central-1", "eu-west-1"}

// wait lets pass what AWS would take, on the scaled clock.
func (c *Cloud) wait(r *Row) {
	if c.Pace > 0 {
		time.Sleep(time.Duration(max(r.Seconds, 1) * c.Pace * float64(time.Second)))
	}
}

// Zones are the availability zones of the region.
func (c *Cloud) Zones() []string { return []string{c.Region + "a", c.Region + "b", c.Region + "c"} }
