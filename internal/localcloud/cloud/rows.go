// The form of one row of the table of resource types. The core (check, diff, lifecycle) is driven by
// these rows alone; what a type does beyond its row is in the row's functions. A row says in which
// file of the provider its facts were read.
package cloud

import (
	"fmt"
	"regexp"
)

// Row is what the embedded AWS knows of one resource type.
type Row struct {
	// Token is Pulumi's type, for example "aws:ec2/instance:Instance".
	Token string
	// Source is where the row's facts were read: a path in hashicorp/terraform-provider-aws,
	// a page of AWS's documentation, or both.
	Source string
	// Seconds is how long AWS takes to create one, replayed on the scaled clock; zero is one
	// second.
	Seconds float64
	// Required are inputs without which the provider's Check fails.
	Required []string
	// Replace are the input paths whose change makes a new resource (ForceNew). A path covers
	// all below it; list indexes are left out: "networkInterfaces.deviceIndex".
	Replace []string
	// Defaults are schema defaults: in the outputs, known in preview, when the input is absent.
	Defaults map[string]any
	// Name is the physical name, where the type has one.
	Name *NameRule
	// ID makes the physical id; nil: the name.
	ID Value
	// Computed are outputs fixed at creation. Unknown in preview.
	Computed map[string]Value
	// Derived are outputs worked out anew from the inputs at every update.
	Derived map[string]Value
	// References are inputs that must point at existing resources.
	References []Reference
	// Check is further judgement of known inputs, as the provider's validators do at plan time.
	Check func(*Call) []Failure
	// BeforeCreate may refuse a creation, as the service does.
	BeforeCreate func(*Call) error
	// AfterCreate, afterUpdate and afterDelete act on other records.
	AfterCreate, AfterUpdate, AfterDelete func(*Call) error
	// BeforeUpdate may refuse an update that the provider would send and the service would not
	// take.
	BeforeUpdate func(*Call) error
	// BeforeDelete may refuse a deletion.
	BeforeDelete func(*Call) error
	// Begin, change and end are what happens where things run (Cloud.Start): after a resource was
	// made, after it was updated, before it goes. They are called outside of any transaction.
	Begin, Change, End func(*Cloud, Record) error
	// NotReal says in what this row is less than AWS; printed in the README's table.
	NotReal string
}

// NameRule is the provider's rule for a physical name.
type NameRule struct {
	Property string         // the input that holds it, for example "name"
	Max      int            // longest, in characters
	Min      int            // shortest, zero is one
	Pattern  *regexp.Regexp // what the service accepts; nil: anything
	Auto     bool           // Pulumi makes a name (logical name, "-", 7 hex digits) when none is given
	Unique   bool           // two of one type cannot share it
	Taken    string         // AWS's error for a name that exists; {value} is the name
}

// Reference is an input that names another resource.
type Reference struct {
	// Path is the input, list indexes left out: "networkInterfaces.networkInterfaceId".
	Path string
	// To are the tokens of the types it may name.
	To []string
	// By is the output of the target that the input holds; empty: its id.
	By string
	// Missing is AWS's error when the target does not exist; {value} is the input.
	Missing string
	// Blocks is AWS's error when the target is deleted while this resource refers to it; {value}
	// is the target's id. Empty: AWS lets it go.
	Blocks string
}

// Failure is one judgement of Check: which property, and why it is refused.
type Failure struct{ Property, Reason string }

// Value works out one output of a call.
type Value func(*Call) any

// Text is a value made from a template: {region}, {account}, {id}, {name}, {zone}, {hex8},
// {hex17}, {hex32}, {uuid}, {now}, {digits12}, or the path of an input or output, as in
// "arn:aws:ec2:{region}:{account}:instance/{id}" or "{endpoint.address}".
func Text(template string) Value {
	return func(c *Call) any { return c.Expand(template) }
}

// copyOf is a value that copies another property.
func copyOf(path string) Value {
	return func(c *Call) any { return c.Get(path) }
}

// Fixed is a value that is the same for every resource of the type.
func Fixed(v any) Value {
	return func(*Call) any { return v }
}

// Table is all rows by token.
var Table = map[string]*Row{}

// Register adds rows when the package loads; a second row for one token is a mistake in this
// package.
func Register(rows ...Row) struct{} {
	for i := range rows {
		if _, exists := Table[rows[i].Token]; exists {
			panic(fmt.Sprintf("localcloud: two rows for %s", rows[i].Token))
		}
		Table[rows[i].Token] = &rows[i]
	}
	return struct{}{}
}

func One(token string) []string { return []string{token} }

// With changes a row on its way into the table.
func (r Row) With(change func(*Row)) Row {
	change(&r)
	return r
}
