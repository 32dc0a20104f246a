// The table of configuration keys. Pulumi.yaml is generated from it (go test ./config -run
// TestProjectFile -update), and what a key accepts from the tables with which the rules compare its
// value, so that each is in one place only.

package config

import (
	"regexp"
	"slices"
)

const (
	hexID      = `([0-9a-f]{8}|[0-9a-f]{17})$`
	hostname   = `^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`
	imageForm  = `^(sha256:[0-9a-f]{64}|[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})$`
	imageTakes = "a tag of up to 128 letters, digits, \"_\", \".\" and \"-\" other than latest, or sha256: and 64 " +
		"hexadecimal digits"
)

// Keys are all configuration keys, in the order of Pulumi.yaml.
var Keys = accepting(slices.Concat(
	stackKeys, networkKeys, redisKeys, natsKeys, serviceKeys, gatewayKeys, operationsKeys,
))

// stackKeys are rows of Keys that concern the entire stack.
var stackKeys = []Key{
	{
		Name:        regionKey,
		Field:       "Region",
		Type:        String,
		Default:     "",
		Example:     "us-east-1",
		Required:    true,
		Description: "Region of everything in the stack.",
		Accepts:     "an AWS region with three availability zones",
	},
	{
		Name:        "environment",
		Field:       "Environment",
		Type:        String,
		Default:     "",
		Example:     "prod",
		Required:    true,
		Min:         2,
		Max:         12,
		Form:        regexp.MustCompile(`^[a-z](-?[a-z0-9])*$`),
		Description: "Prefix of every name.",
		Accepts:     ", all of a-z, 0-9 and single \"-\" between them, starting with a letter",
	},
	{
		Name:        "allowedAccounts",
		Field:       "AllowedAccounts",
		Type:        Array,
		Items:       String,
		Default:     []string{},
		Example:     "123456789012",
		Required:    true,
		Form:        regexp.MustCompile(`^[0-9]{12}$`),
		Description: "The only AWS accounts that this stack may change.",
		Accepts:     "account ids of 12 digits, at least one",
	},
	{
		Name:        "protect",
		Field:       "Protect",
		Type:        Boolean,
		Default:     true,
		Example:     "true",
		Description: "Refuse the deletion of every resource that holds data.",
	},
}
