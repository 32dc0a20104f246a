// Wrong configurations, each with its one fault. tables_test.go has the wrong tables of services
// and streams.

package config_test

import "slices"

// refusal is one wrong change of the shipped production configuration, and the one fault that it
// must cause.
type refusal struct {
	name    string
	set     map[string]string
	key     string // exact
	problem string // a part of it
}

var refusals = slices.Concat(
	wrongForms, wrongStacks, wrongNetworks, wrongRedis, wrongNodes, wrongImages, wrongGateways, wrongOperations,
	wrongServices,
)

// wrongForms are refused by Decode.
var wrongForms = []refusal{
	{
		name:    "misspelled key",
		set:     set{"natsNodeCuont": "5"},
		key:     "natsNodeCuont",
		problem: "the nearest is natsNodeCount",
	},
	{
		name:    "key in another case",
		set:     set{"vpccidr": "10.0.0.0/16"},
		key:     "vpccidr",
		problem: "the nearest is vpcCidr",
	},
	{
		name:    "misspelled namespace",
		set:     set{"nats-platfrom:protect": "true"},
		key:     "nats-platfrom:protect",
		problem: `the nearest is "nats-platform"`,
	},
	{
		name:    "integer as text",
		set:     set{"natsNodeCount": "five"},
		key:     "natsNodeCount",
		problem: "is not an integer",
	},
	{
		name:    "boolean as text",
		set:     set{"protect": "yes"},
		key:     "protect",
		problem: "neither true nor false",
	},
	{
		name:    "list as text",
		set:     set{"alarmEmails": "a@example.com"},
		key:     "alarmEmails",
		problem: "is not a list",
	},
	{
		name:    "number in a list of strings",
		set:     set{"allowedAccounts": "[123456789012]"},
		key:     "allowedAccounts",
		problem: "item 1 is not a string",
	},
	{
		name:    "list where an object belongs",
		set:     set{"serviceImages": `["1.0.0"]`},
		key:     "serviceImages",
		problem: "is not an object",
	},
	{
		name:    "number as an image",
		set:     set{"serviceImages": `{"auth": 1.0}`},
		key:     "serviceImages",
		problem: `the value of "auth" is not a string`,
	},
	{
		name:    "unknown field of an additional service",
		set:     set{"additionalServices": `[{"nmae": "x"}]`},
		key:     "additionalServices",
		problem: `the nearest is "name"`,
	},
	{
		name:    "wrong type in an additional service",
		set:     set{"additionalServices": `[{"name": "x", "rpc": "svc.x"}]`},
		key:     "additionalServices",
		problem: "wrong type",
	},
}

var wrongStacks = []refusal{
	{
		name:    "no environment",
		set:     set{"environment": ""},
		key:     "environment",
		problem: "must be set",
	},
	{
		name:    "environment of one letter",
		set:     set{"environment": "p"},
		key:     "environment",
		problem: "outside 2 to 12 characters",
	},
	{
		name:    "environment too long",
		set:     set{"environment": "productionuseast"},
		key:     "environment",
		problem: "outside 2 to 12 characters",
	},
	{
		name:    "environment in capitals",
		set:     set{"environment": "Prod"},
		key:     "environment",
		problem: "form",
	},
	{
		name:    "environment with a double hyphen",
		set:     set{"environment": "a--b"},
		key:     "environment",
		problem: "form",
	},
	{
		name:    "no region",
		set:     set{"aws:region": ""},
		key:     "aws:region",
		problem: "must be set",
	},
	{
		name:    "misspelled region",
		set:     set{"aws:region": "us-esat-1"},
		key:     "aws:region",
		problem: "the nearest is us-east-1",
	},
	{
		name:    "no allowed account",
		set:     set{"allowedAccounts": "[]"},
		key:     "allowedAccounts",
		problem: "must be set",
	},
	{
		name:    "another account",
		set:     set{"allowedAccounts": `["210987654321"]`},
		key:     "allowedAccounts",
		problem: "belong to account 123456789012",
	},
	{
		name:    "account of 11 digits",
		set:     set{"allowedAccounts": `["123456789012", "12345678901"]`},
		key:     "allowedAccounts",
		problem: "item 2",
	},
}
