// The table of resource types. A row holds all that is special about a type, so that check, diff
// and lifecycle are the same code for all types. Each row says where its facts were read.
package cloud

import (
	"fmt"
	"regexp"
)

// Row is what the embedded AWS knows about one resource type.
type Row struct {
	// Token is Pulumi's type, for example "aws:ec2/instance:Instance".
	Token string
	// Source is where the row's facts were read: a path in hashicorp/terraform-provider-aws,
	// a page of AWS's documentation, or both.
	Source string
	// Seconds is how long AWS takes to create one; Cloud.Pace scales it. Zero is one second.
	Seconds float64
	// Required are inputs without which the provider's Check fails.
	Required []string
	// Replace are the input paths whose change replaces the resource (ForceNew). A path covers all
	// paths below it; list indexes are left out: "networkInterfaces.deviceIndex".
	Replace []string
	// Defaults are schema defaults: in the outputs, known in preview, when the input is absent.
	Defaults map[string]any
	// Name is the physical name, where the type has one.
	Name *NameRule
	// ID computes the physical id; nil: the name.
	ID Value
	// Computed are outputs that are set once, at creation. They are unknown in a preview.
	Computed map[string]Value
	// Derived are outputs that are computed again from the inputs at every update.
	Derived map[string]Value
	// References are inputs that must name existing resources.
	References []Reference
	// Check validates known inputs, as the provider's validators do at plan time.
	Check func(*Call) []Failure
	// BeforeCreate may refuse a creation, with the service's error.
	BeforeCreate func(*Call) error
	// AfterCreate, AfterUpdate and AfterDelete change other records.
	AfterCreate, AfterUpdate, AfterDelete func(*Call) error
	// BeforeUpdate may refuse an update that the provider would send and the service would refuse.
	BeforeUpdate func(*Call) error
	// BeforeDelete may refuse a deletion.
	BeforeDelete func(*Call) error
	// Begin, Change and End are called while things run (Cloud.Start): after a creation, after an
	// update, before a deletion. They are called outside of any transaction, with a copy of the
	// record.
	Begin, Change, End func(*Cloud, Record) error
	// NotReal lists the differences from AWS; the README's table prints it.
	NotReal string
}

// NameRule is the provider's rule for a physical name.
type NameRule struct {
	Property string         // the input that holds the name, for example "name"
	Max      int            // the longest, in characters
	Min      int            // the shortest, in characters; zero is one
	Pattern  *regexp.Regexp // what the service accepts; nil: anything
	Auto     bool           // without a name Pulumi gives one: logical name, "-", 7 hex digits
	Unique   bool           // no two resources of the type may share a name
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
	// is the target's id. Empty: AWS deletes the target.
	Blocks string
}

// Failure is one fault that Check finds: the property, and why it is refused.
type Failure struct{ Property, Reason string }

// Value computes one output of a call.
type Value func(*Call) any

// Text is a value from a template: {region}, {account}, {id}, {name}, {zone}, {hex8},
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

// Register adds rows when a package loads. A second row for a token is a mistake in this project
// and panics.
func Register(rows ...Row) struct{} {
	for i := range rows {
		if _, exists := Table[rows[i].Token]; exists {
			panic(fmt.Sprintf("localcloud: two rows for %s", rows[i].Token))
		}
		Table[rows[i].Token] = &rows[i]
	}
	return struct{}{}
}

// One is a list of one type, for Reference.To.
func One(token string) []string { return []string{token} }

// With returns a copy of the row with a change, for rows that differ in little.
func (r Row) With(change func(*Row)) Row {
	change(&r)
	return r
}
