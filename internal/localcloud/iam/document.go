// Documents: policies parsed by the grammar of IAM, so that what IAM would not store fails here
// too.
package iam

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Kind is what a policy is attached to. The grammar differs by kind (see Parse).
type Kind int

const (
	// IdentityPolicy is attached to a role. It names resources and no principals.
	IdentityPolicy Kind = iota
	// TrustPolicy says who may assume a role. It names principals and no resources.
	TrustPolicy
	// ResourcePolicy is attached to a bucket, key, topic, secret or authority. It names principals.
	ResourcePolicy
)

// Effect is what a statement does to the requests that it matches.
type Effect string

// The two effects that the grammar knows.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Document is a parsed policy.
type Document struct {
	Version    string // "2012-10-17", "2008-10-17", or empty
	Statements []Statement
}

// Statement is one rule of a policy. What the text gives as one value or as a list is a list here.
type Statement struct {
	Effect    Effect
	Actions   []string // patterns: "s3:Get*"
	Resources []string // patterns of ARNs; a resource policy may leave them out and means its resource
	// Principals are names by kind: "AWS", "Service", "Federated", and "*" for everybody.
	Principals map[string][]string
	Conditions []Condition // all of them must hold
	// NotAction, NotResource and NotPrincipal say that the list names what the statement leaves
	// out.
	NotAction, NotResource, NotPrincipal bool
}

// Condition is one operator on one key. It holds if it holds for one of the values.
type Condition struct {
	Operator, Key string
	Values        []string
}

// Parse reads the text of a policy and refuses what IAM refuses to store. An error begins with
// IAM's code "MalformedPolicyDocument: ". Fields that the grammar does not know are ignored.
//
// Source: IAM user guide, "Grammar of the IAM JSON policy language".
func Parse(text string, kind Kind) (Document, error) {
	var raw struct {
		Version   string
		Statement json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &raw); err != nil || raw.Statement == nil {
		return Document{}, errSyntax
	}
	if raw.Version != "" && raw.Version != "2012-10-17" && raw.Version != "2008-10-17" {
		return Document{}, malformed("The policy must contain a valid version string")
	}
	statements, err := parseStatements(raw.Statement)
	if err != nil {
		return Document{}, err
	}
	for _, s := range statements {
		if err := s.validate(kind); err != nil {
			return Document{}, err
		}
	}
	return Document{Version: raw.Version, Statements: statements}, nil
}

// rawStatement is a statement as the text has it.
type rawStatement struct {
	Effect                                   string
	Action, NotAction, Resource, NotResource any
	Principal, NotPrincipal                  any
	Condition                                map[string]map[string]any
}

func parseStatements(text json.RawMessage) ([]Statement, error) {
	var many []rawStatement
	if json.Unmarshal(text, &many) != nil {
		var one rawStatement
		if json.Unmarshal(text, &one) != nil {
			return nil, errSyntax
		}
		many = []rawStatement{one}
	}
	if len(many) == 0 {
		return nil, errSyntax
	}
	statements := make([]Statement, len(many))
	for i, raw := range many {
		statements[i] = Statement{
			Effect:       Effect(raw.Effect),
			Actions:      append(oneOrMany(raw.Action), oneOrMany(raw.NotAction)...),
			Resources:    append(oneOrMany(raw.Resource), oneOrMany(raw.NotResource)...),
			Principals:   principals(raw.Principal, raw.NotPrincipal),
			Conditions:   conditions(raw.Condition),
			NotAction:    raw.NotAction != nil,
			NotResource:  raw.NotResource != nil,
			NotPrincipal: raw.NotPrincipal != nil,
		}
	}
	return statements, nil
}

// conditions are sorted by operator and key, so that errors name the same one every time.
func conditions(given map[string]map[string]any) []Condition {
	var found []Condition
	for _, operator := range slices.Sorted(maps.Keys(given)) {
		for _, key := range slices.Sorted(maps.Keys(given[operator])) {
			found = append(found, Condition{Operator: operator, Key: key, Values: oneOrMany(given[operator][key])})
		}
	}
	return found
}

func principals(given ...any) map[string][]string {
	var found map[string][]string
	for _, v := range given {
		switch v := v.(type) {
		case string:
			found = map[string][]string{"*": {v}}
		case map[string]any:
			found = map[string][]string{}
			for kind, names := range v {
				found[kind] = oneOrMany(names)
			}
		}
	}
	return found
}

// oneOrMany is a JSON value as a list. In conditions IAM takes true for "true" and 7 for "7".
func oneOrMany(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case bool:
		return []string{fmt.Sprint(v)}
	case float64:
		return []string{strconv.FormatFloat(v, 'f', -1, 64)}
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, oneOrMany(item)...)
		}
		return items
	}
	return nil
}

// AllowsAction says whether an Allow statement names an action, whatever its resources and
// conditions are. Statements with NotAction do not count: they name no action.
func (d Document) AllowsAction(action string) bool {
	return slices.ContainsFunc(d.Statements, func(s Statement) bool {
		return s.Effect == Allow && !s.NotAction && s.NamesAction(action)
	})
}

// AllowsService says whether an Allow statement names one of these services as its principal
// ("logs.amazonaws.com"), whatever its actions, resources and conditions are.
func (d Document) AllowsService(services ...string) bool {
	return slices.ContainsFunc(d.Statements, func(s Statement) bool {
		return s.Effect == Allow && slices.ContainsFunc(services, func(service string) bool {
			return slices.Contains(s.Principals["Service"], service)
		})
	})
}
