// The form of one row of the table of resource types. The core (check, diff, lifecycle) is driven by
// these rows alone; what a type does beyond its row is in the row's functions. A row says in which
// file of the provider its facts were read.
package localcloud

import (
	"fmt"
	"regexp"
)

// row is what the embedded AWS knows of one resource type.
type row struct {
	// token is Pulumi's type, for example "aws:ec2/instance:Instance".
	token string
	// source is where the row's facts were read: a path in hashicorp/terraform-provider-aws,
	// a page of AWS's documentation, or both.
	source string
	// seconds is how long AWS takes to create one, replayed on the scaled clock; zero is one
	// second.
	seconds float64
	// required are inputs without which the provider's Check fails.
	required []string
	// replace are the input paths whose change makes a new resource (ForceNew). A path covers
	// all below it; list indexes are left out: "networkInterfaces.deviceIndex".
	replace []string
	// defaults are schema defaults: in the outputs, known in preview, when the input is absent.
	defaults map[string]any
	// name is the physical name, where the type has one.
	name *nameRule
	// id makes the physical id; nil: the name.
	id value
	// computed are outputs fixed at creation. Unknown in preview.
	computed map[string]value
	// derived are outputs worked out anew from the inputs at every update.
	derived map[string]value
	// references are inputs that must point at existing resources.
	references []reference
	// check is further judgement of known inputs, as the provider's validators do at plan time.
	check func(*call) []failure
	// beforeCreate may refuse a creation, as the service does.
	beforeCreate func(*call) error
	// afterCreate, afterUpdate and afterDelete act on other records.
	afterCreate, afterUpdate, afterDelete func(*call) error
	// beforeUpdate may refuse an update that the provider would send and the service would not
	// take.
	beforeUpdate func(*call) error
	// beforeDelete may refuse a deletion.
	beforeDelete func(*call) error
	// begin, change and end are what happens where things run (Cloud.Start): after a resource was
	// made, after it was updated, before it goes. They are called outside of any transaction.
	begin, change, end func(*Cloud, Record) error
	// notReal says in what this row is less than AWS; printed in the README's table.
	notReal string
}

// nameRule is the provider's rule for a physical name.
type nameRule struct {
	property string         // the input that holds it, for example "name"
	max      int            // longest, in characters
	min      int            // shortest, zero is one
	pattern  *regexp.Regexp // what the service accepts; nil: anything
	auto     bool           // Pulumi makes a name (logical name, "-", 7 hex digits) when none is given
	unique   bool           // two of one type cannot share it
	taken    string         // AWS's error for a name that exists; {value} is the name
}

// reference is an input that names another resource.
type reference struct {
	// path is the input, list indexes left out: "networkInterfaces.networkInterfaceId".
	path string
	// to are the tokens of the types it may name.
	to []string
	// by is the output of the target that the input holds; empty: its id.
	by string
	// missing is AWS's error when the target does not exist; {value} is the input.
	missing string
	// blocks is AWS's error when the target is deleted while this resource refers to it; {value}
	// is the target's id. Empty: AWS lets it go.
	blocks string
}

// failure is one judgement of Check: which property, and why it is refused.
type failure struct{ property, reason string }

// value works out one output of a call.
type value func(*call) any

// text is a value made from a template: {region}, {account}, {id}, {name}, {zone}, {hex8},
// {hex17}, {hex32}, {uuid}, {now}, {digits12}, or the path of an input or output, as in
// "arn:aws:ec2:{region}:{account}:instance/{id}" or "{endpoint.address}".
func text(template string) value {
	return func(c *call) any { return c.expand(template) }
}

// same is a value that copies another property.
func same(path string) value {
	return func(c *call) any { return c.get(path) }
}

// fixed is a value that is the same for every resource of the type.
func fixed(v any) value {
	return func(*call) any { return v }
}

// table is all rows by token.
var table = map[string]*row{}

// register adds rows when the package loads; a second row for one token is a mistake in this
// package.
func register(rows ...row) struct{} {
	for i := range rows {
		if _, exists := table[rows[i].token]; exists {
			panic(fmt.Sprintf("localcloud: two rows for %s", rows[i].token))
		}
		table[rows[i].token] = &rows[i]
	}
	return struct{}{}
}

func one(token string) []string { return []string{token} }

// with changes a row on its way into the table.
func (r row) with(change func(*row)) row {
	change(&r)
	return r
}
