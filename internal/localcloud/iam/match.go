// How patterns of statements match actions, resources and ARNs.
package iam

import (
	"slices"
	"strings"
)

// NamesAction says whether one of the statement's action patterns matches an action. The case of
// letters does not count. With NotAction the patterns name what the statement leaves out.
func (s Statement) NamesAction(action string) bool {
	action = strings.ToLower(action)
	return slices.ContainsFunc(s.Actions, func(pattern string) bool { return glob(strings.ToLower(pattern), action) })
}

// namesResource counts a statement without resources as one that names its own.
func (s Statement) namesResource(arn string) bool {
	return len(s.Resources) == 0 ||
		slices.ContainsFunc(s.Resources, func(pattern string) bool { return glob(pattern, arn) })
}

// covers says whether a statement's actions and resources include those of a request.
func (s Statement) covers(r Request) bool {
	return s.NamesAction(r.Action) != s.NotAction && s.namesResource(r.Resource) != s.NotResource
}

// glob compares a text with a pattern in which * is any text, also none, and ? is any character.
func glob(pattern, text string) bool {
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// globARN compares ARNs part by part: a wildcard does not reach over a colon, except in the last
// part.
func globARN(pattern, arn string) bool {
	const parts = 6 // arn:partition:service:region:account:resource
	patterns, texts := strings.SplitN(pattern, ":", parts), strings.SplitN(arn, ":", parts)
	if len(patterns) != len(texts) {
		return pattern == "*"
	}
	for i := range texts {
		if !glob(patterns[i], texts[i]) {
			return false
		}
	}
	return true
}
