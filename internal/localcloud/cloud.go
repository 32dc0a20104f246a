// Package localcloud is an embedded AWS: a Pulumi resource provider that the real engine
// attaches to, so that the platform can be brought up, changed, broken and taken down
// without an account or a network. README.md says how faithful each type is.
package localcloud

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Record is one thing that exists in the cloud, whatever any state file believes.
type Record struct {
	Type, ID, URN   string
	Inputs, Outputs resource.PropertyMap
	// Created counts up over the cloud's life: the order in which things came to be.
	Created int
}

// str is an output, or else an input, as a string; "" where there is none.
func (r *Record) str(path string) string {
	for _, properties := range []resource.PropertyMap{r.Outputs, r.Inputs} {
		if v, ok := lookup(properties, path); ok {
			if s, isString := plain(v).(string); isString {
				return s
			}
		}
	}
	return ""
}

// Get is a property of the record as plain Go, outputs before inputs; nil where there is none.
func (r *Record) Get(path string) any {
	for _, properties := range []resource.PropertyMap{r.Outputs, r.Inputs} {
		if v, ok := lookup(properties, path); ok {
			return plain(v)
		}
	}
	return nil
}

// Event is one thing that the cloud did, in order.
type Event struct {
	Operation string // create, update, delete, refuse
	Type, ID  string
	URN       string
}

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
	private map[string]any
	faults  []*Fault
	events  []Event
	counter int
	alive   *alive // nil: only records are kept
}

// New returns an empty account with what every AWS account has: availability zones, Amazon
// Linux images, managed policies. The region must be one of Regions.
func New(region string) (*Cloud, error) {
	if !slices.Contains(Regions, region) {
		return nil, fmt.Errorf("making an embedded AWS: region %q is not one it knows; known are %s",
			region, strings.Join(Regions, ", "))
	}
	c := &Cloud{
		Account: "123456789012",
		Region:  region,
		records: map[string]map[string]*Record{},
		private: map[string]any{},
	}
	c.seed()
	return c, nil
}

// Regions that the embedded AWS can be; each has at least three availability zones here.
var Regions = []string{"us-east-1", "us-east-2", "us-west-2", "eu-central-1", "eu-west-1"}

// Zones are the availability zones of the region.
func (c *Cloud) Zones() []string { return []string{c.Region + "a", c.Region + "b", c.Region + "c"} }

// find returns the record of a type whose property by ("" or "id": its id) is value; nil if none.
func (c *Cloud) find(token, by, value string) *Record {
	if by == "" || by == "id" {
		return c.records[token][value]
	}
	for _, r := range c.records[token] {
		if r.str(by) == value {
			return r
		}
	}
	return nil
}

// all returns the records of a type, oldest first.
func (c *Cloud) all(token string) []*Record {
	found := make([]*Record, 0, len(c.records[token]))
	for _, r := range c.records[token] {
		found = append(found, r)
	}
	slices.SortFunc(found, func(a, b *Record) int { return a.Created - b.Created })
	return found
}

// put stores a record under its id.
func (c *Cloud) put(r *Record) {
	if c.records[r.Type] == nil {
		c.records[r.Type] = map[string]*Record{}
	}
	c.counter++
	r.Created = c.counter
	c.records[r.Type][r.ID] = r
}

func (c *Cloud) remove(token, id string) { delete(c.records[token], id) }

// Records returns copies of all records of a type, oldest first.
func (c *Cloud) Records(token string) []Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.all(token)
	copies := make([]Record, len(found))
	for i, r := range found {
		copies[i] = *r
		copies[i].Inputs, copies[i].Outputs = r.Inputs.Copy(), r.Outputs.Copy()
	}
	return copies
}

// Inventory counts what exists by type; what AWS itself provides or keeps after a deletion
// (images, default groups, keys and secrets in their waiting time) is not counted.
func (c *Cloud) Inventory() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := map[string]int{}
	for token, records := range c.records {
		if table[token] != nil && len(records) > 0 {
			counts[token] = len(records)
		}
	}
	return counts
}

// Change alters an input of a resource behind the program's back, as a person in the
// console would; apply gets the record's inputs. It says whether the resource existed.
func (c *Cloud) Change(token, id string, apply func(resource.PropertyMap)) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.find(token, "", id)
	if r == nil {
		return false
	}
	apply(r.Inputs)
	apply(r.Outputs)
	return true
}

// Remove deletes a resource behind the program's back, without AWS's checks.
func (c *Cloud) Remove(token, id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.records[token][id]
	c.remove(token, id)
	return ok
}

// Seed adds a record that exists before the program, for example a snapshot.
func (c *Cloud) Seed(token, id string, outputs resource.PropertyMap) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(&Record{
		Type:    token,
		ID:      id,
		Inputs:  resource.PropertyMap{},
		Outputs: outputs,
	})
}

// Events returns what the cloud did so far, in order.
func (c *Cloud) Events() []Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.events)
}

func (c *Cloud) note(operation, token, id, urn string) {
	c.events = append(c.events, Event{
		Operation: operation,
		Type:      token,
		ID:        id,
		URN:       urn,
	})
}

// wait lets pass what AWS would take, on the scaled clock.
func (c *Cloud) wait(r *row) {
	if c.Pace > 0 {
		time.Sleep(time.Duration(max(r.seconds, 1) * c.Pace * float64(time.Second)))
	}
}
