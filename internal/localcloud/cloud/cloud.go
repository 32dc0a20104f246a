// The cloud: one account in one region. All its records are behind one lock (see Tx), because one
// service's rules read the records of others.
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
	// resource (Row.Seconds). Zero, the default: no waiting.
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

// New returns an account that has only what every AWS account has. The region must be one of
// Regions.
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

// existing are functions that add what every AWS account has before anything is created.
var existing []func(*Tx)

// RegisterExisting registers, when a package loads, what its service has in every account.
func RegisterExisting(add func(*Tx)) struct{} {
	existing = append(existing, add)
	return struct{}{}
}

// Regions are those that the embedded AWS knows; each has three availability zones here.
var Regions = []string{"us-east-1", "us-east-2", "us-west-2", "eu-central-1", "eu-west-1"}

// wait sleeps for as long as AWS would take, at the cloud's pace.
func (c *Cloud) wait(r *Row) {
	if c.Pace > 0 {
		time.Sleep(time.Duration(max(r.Seconds, 1) * c.Pace * float64(time.Second)))
	}
}

// Zones returns the names of the region's availability zones.
func (c *Cloud) Zones() []string { return []string{c.Region + "a", c.Region + "b", c.Region + "c"} }
