// Policy documents as IAM judges them when they are stored: syntax, and what kinds of policy
// must and must not contain. What a policy allows is evaluated elsewhere.
// Source: AWS IAM user guide, "Grammar of the IAM JSON policy language" and "IAM and STS quotas".
package localcloud

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// policyDocument is a policy with every "one or many" as many.
type policyDocument struct {
	Version    string
	Statements []policyStatement
}

type policyStatement struct {
	Effect     string
	Actions    []string
	Resources  []string
	Principals map[string][]string // kind ("AWS", "Service", "Federated", "*") to names
	Conditions []policyCondition
	// What the statement says by exclusion: Actions, Resources or Principals are those left out.
	notAction, notResource, notPrincipal bool
}

// policyCondition is one operator on one key; it holds if one of the values does.
type policyCondition struct {
	Operator, Key string
	Values        []string
}

// policyKind is what a policy is attached to.
type policyKind int

const (
	identityPolicy policyKind = iota // of a role: has resources, no principals
	trustPolicy                      // who may become a role: has principals, no resources
	resourcePolicy                   // of a bucket, key, topic, secret: has principals
)

// readPolicy parses a document and refuses what IAM refuses.
func readPolicy(text string, kind policyKind) (*policyDocument, error) {
	var raw struct {
		Version   string
		Statement json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &raw); err != nil || raw.Statement == nil {
		return nil, fmt.Errorf("MalformedPolicyDocument: Syntax errors in policy.")
	}
	if raw.Version != "" && raw.Version != "2012-10-17" && raw.Version != "2008-10-17" {
		return nil, fmt.Errorf("MalformedPolicyDocument: The policy must contain a valid version string")
	}
	statements, err := readStatements(raw.Statement)
	if err != nil {
		return nil, err
	}
	for _, s := range statements {
		if err := s.judge(kind); err != nil {
			return nil, err
		}
	}
	return &policyDocument{Version: raw.Version, Statements: statements}, nil
}

func readStatements(raw json.RawMessage) ([]policyStatement, error) {
	type document struct {
		Effect                                   string
		Action, NotAction, Resource, NotResource any
		Principal, NotPrincipal                  any
		Condition                                map[string]map[string]any
	}
	var many []document
	if json.Unmarshal(raw, &many) != nil {
		var single document
		if json.Unmarshal(raw, &single) != nil {
			return nil, fmt.Errorf("MalformedPolicyDocument: Syntax errors in policy.")
		}
		many = []document{single}
	}
	if len(many) == 0 {
		return nil, fmt.Errorf("MalformedPolicyDocument: Syntax errors in policy.")
	}
	statements := make([]policyStatement, len(many))
	for i, d := range many {
		statements[i] = policyStatement{
			Effect:       d.Effect,
			Conditions:   conditions(d.Condition),
			Actions:      append(oneOrMany(d.Action), oneOrMany(d.NotAction)...),
			notAction:    d.NotAction != nil,
			Resources:    append(oneOrMany(d.Resource), oneOrMany(d.NotResource)...),
			notResource:  d.NotResource != nil,
			Principals:   principals(d.Principal, d.NotPrincipal),
			notPrincipal: d.NotPrincipal != nil,
		}
	}
	return statements, nil
}

// conditions are a statement's, in an order that does not change.
func conditions(given map[string]map[string]any) []policyCondition {
	var found []policyCondition
	for _, operator := range slices.Sorted(maps.Keys(given)) {
		for _, key := range slices.Sorted(maps.Keys(given[operator])) {
			found = append(
				found,
				policyCondition{Operator: operator, Key: key, Values: oneOrMany(given[operator][key])},
			)
		}
	}
	return found
}

func oneOrMany(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case bool: // IAM takes true for "true", and 7 for "7", in conditions
		return []string{fmt.Sprint(v)}
	case float64:
		return []string{trimFloat(v)}
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, oneOrMany(item)...)
		}
		return items
	}
	return nil
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

var vendorAction = regexp.MustCompile(`^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$`)

// judge is what IAM says of one statement.
func (s *policyStatement) judge(kind policyKind) error {
	if s.Effect != "Allow" && s.Effect != "Deny" {
		return fmt.Errorf("MalformedPolicyDocument: Syntax error: Invalid effect: %s", s.Effect)
	}
	if len(s.Actions) == 0 {
		return fmt.Errorf("MalformedPolicyDocument: Policy statement must contain actions.")
	}
	for _, action := range s.Actions {
		if !vendorAction.MatchString(action) {
			return fmt.Errorf(
				"MalformedPolicyDocument: Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
			)
		}
	}
	switch kind {
	case identityPolicy:
		return s.judgeIdentity()
	case trustPolicy:
		if len(s.Resources) > 0 {
			return fmt.Errorf("MalformedPolicyDocument: Has prohibited field Resource")
		}
	}
	if s.Principals == nil {
		return fmt.Errorf("MalformedPolicyDocument: Missing required field Principal")
	}
	return nil
}

func (s *policyStatement) judgeIdentity() error {
	if s.Principals != nil {
		return fmt.Errorf("MalformedPolicyDocument: Policy document should not specify a principal.")
	}
	if len(s.Resources) == 0 {
		return fmt.Errorf("MalformedPolicyDocument: Policy statement must contain resources.")
	}
	for _, r := range s.Resources {
		if r != "*" && !strings.HasPrefix(r, "arn:") {
			return fmt.Errorf("MalformedPolicyDocument: Resource %s must be in ARN format or \"*\".", r)
		}
	}
	return nil
}

// needsPolicy refuses a document that IAM would not store; an absent one passes.
func needsPolicy(path string, kind policyKind) judgement {
	return func(c *call) error {
		text := c.str(path)
		if text == "" {
			return nil
		}
		_, err := readPolicy(text, kind)
		return err
	}
}

// withoutSpaces is a document's length as quotas count it: white space is free.
func withoutSpaces(text string) int {
	n := 0
	for _, r := range text {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// allowsService says whether a document names an AWS service in an Allow statement.
func allowsService(document string, services ...string) bool {
	policy, err := readPolicy(document, resourcePolicy)
	if err != nil {
		if policy, err = readPolicy(document, trustPolicy); err != nil {
			return false
		}
	}
	for _, s := range policy.Statements {
		for _, service := range services {
			if s.Effect == "Allow" && slices.Contains(s.Principals["Service"], service) {
				return true
			}
		}
	}
	return false
}

// roleDocuments are the texts of all policies of a role: its own, and those attached to it.
func (c *Cloud) roleDocuments(role *Record) []string {
	var documents []string
	for _, inline := range c.all("aws:iam/rolePolicy:RolePolicy") {
		if inline.str("role") == role.ID {
			documents = append(documents, inline.str("policy"))
		}
	}
	for _, attachment := range c.all("aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
		if attachment.str("role") != role.ID {
			continue
		}
		if policy := c.find("aws:iam/policy:Policy", "", attachment.str("policyArn")); policy != nil {
			documents = append(documents, policy.str("policy"))
		}
	}
	return documents
}

// roleAllows says whether some policy of a role has an Allow statement that covers an action,
// on whatever resource; managed lists AWS managed policies, by the end of their ARN, that do.
func (c *Cloud) roleAllows(role *Record, action string, managed ...string) bool {
	for _, attachment := range c.all("aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
		for _, name := range managed {
			if attachment.str("role") == role.ID && strings.HasSuffix(attachment.str("policyArn"), "/"+name) {
				return true
			}
		}
	}
	for _, document := range c.roleDocuments(role) {
		policy, err := readPolicy(document, identityPolicy)
		if err != nil {
			continue
		}
		for _, s := range policy.Statements {
			if s.Effect == "Allow" && !s.notAction &&
				slices.ContainsFunc(s.Actions, func(p string) bool { return covers(p, action) }) {
				return true
			}
		}
	}
	return false
}

// covers says whether an action pattern ("ec2:Create*") covers an action; case does not count.
func covers(pattern, action string) bool {
	quoted := regexp.QuoteMeta(strings.ToLower(pattern))
	expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(quoted)
	return regexp.MustCompile("^" + expression + "$").MatchString(strings.ToLower(action))
}
