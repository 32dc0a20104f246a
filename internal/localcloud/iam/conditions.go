// Conditions of statements: the operators, and what is refused because it is not evaluated here.
package iam

import (
	"fmt"
	"slices"
	"strings"
)

// operator is how a condition compares the value of a request with each of its own.
type operator struct {
	matches func(pattern, value string) bool
	negates bool // the condition holds if no value matches
}

// operators are the condition operators that are known. Each of them also exists with the suffix
// IfExists. The operator Null, which compares nothing, is in holds.
//
// Source: IAM user guide, "IAM JSON policy elements: Condition operators".
var operators = map[string]operator{
	"StringEquals":              {matches: equal},
	"StringNotEquals":           {matches: equal, negates: true},
	"StringEqualsIgnoreCase":    {matches: strings.EqualFold},
	"StringNotEqualsIgnoreCase": {matches: strings.EqualFold, negates: true},
	"StringLike":                {matches: glob},
	"StringNotLike":             {matches: glob, negates: true},
	"ArnEquals":                 {matches: globARN}, // behaves as ArnLike
	"ArnNotEquals":              {matches: globARN, negates: true},
	"ArnLike":                   {matches: globARN},
	"ArnNotLike":                {matches: globARN, negates: true},
	"Bool":                      {matches: strings.EqualFold},
}

func equal(pattern, value string) bool { return pattern == value }

// holds says whether all conditions of a statement hold for a request. The error says which part of
// the statement is not known here.
func (s Statement) holds(context Context) (bool, error) {
	if err := s.refuseVariables(); err != nil {
		return false, err
	}
	for _, condition := range s.Conditions {
		holds, err := condition.holds(context)
		if err != nil || !holds {
			return false, err
		}
	}
	return true, nil
}

func (s Statement) refuseVariables() error {
	texts := slices.Clone(s.Resources)
	for _, condition := range s.Conditions {
		texts = append(texts, condition.Values...)
	}
	for _, text := range texts {
		if strings.Contains(text, "${") {
			return fmt.Errorf("policy variables are not evaluated here, and a statement has %q", text)
		}
	}
	return nil
}

// holds is false for a key that the request does not have, unless the operator negates or ends in
// IfExists.
func (c Condition) holds(context Context) (bool, error) {
	key := strings.ToLower(c.Key)
	if !knownKey(key) {
		return false, fmt.Errorf("the condition key %q is not known here", c.Key)
	}
	value, present := context[key]
	if c.Operator == "Null" {
		absent := fmt.Sprint(!present)
		return slices.ContainsFunc(c.Values, func(v string) bool { return strings.EqualFold(v, absent) }), nil
	}
	name, ifExists := strings.CutSuffix(c.Operator, "IfExists")
	operator, known := operators[name]
	if !known {
		return false, fmt.Errorf("the condition operator %q is not known here", c.Operator)
	}
	if !present {
		return operator.negates || ifExists, nil
	}
	matches := slices.ContainsFunc(c.Values, func(pattern string) bool { return operator.matches(pattern, value) })
	return matches != operator.negates, nil
}
