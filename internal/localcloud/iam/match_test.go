package iam

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWildcardsMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		matches       bool
	}{
		{pattern: "", text: "", matches: true},
		{pattern: "", text: "a"},
		{pattern: "*", text: "", matches: true},
		{pattern: "**", text: "ab", matches: true},
		{pattern: "?", text: ""},
		{pattern: "?", text: "a", matches: true},
		{pattern: "a*c", text: "abbc", matches: true},
		{pattern: "a*c", text: "abcb"},
		{pattern: "*ab", text: "aab", matches: true},
		{pattern: "*a*b?", text: "xaxbxbc", matches: true},
		{pattern: "a/*", text: "a/b/c", matches: true},
		{pattern: "a.c", text: "abc"},
	} {
		assert.Equal(t, c.matches, glob(c.pattern, c.text), "%q on %q", c.pattern, c.text)
	}
}

func TestWildcardsStayInTheirPartOfAnARN(t *testing.T) {
	const arn = "arn:aws:dlm:us-east-1:123456789012:policy/policy:1"
	for pattern, matches := range map[string]bool{
		arn:                                    true,
		"*":                                    true,
		"arn":                                  false,
		"arn:aws:dlm:*:*:*":                    true,
		"arn:aws:dlm:us-east-?:123456789012:*": true,
		"arn:aws:dlm:*:policy/policy:1":        false,
		"arn:aws:dlm:us-east-1:123456789012:policy": false,
	} {
		assert.Equal(t, matches, globARN(pattern, arn), pattern)
	}
}
