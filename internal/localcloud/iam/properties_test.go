package iam

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rounds is how many generated policies each property is tried on. A failure names its seed.
const rounds = 2000

// generated are policies that can be evaluated, of words few enough to meet each other often.
type generated struct {
	*rand.Rand
	Policies
}

func eachGenerated(t *testing.T, property func(t *testing.T, g generated, before Decision)) {
	t.Helper()
	seen := map[Decision]int{}
	for seed := range uint64(rounds) {
		g := generated{Rand: rand.New(rand.NewPCG(seed, 0))}
		g.Identity = g.documents(t, IdentityPolicy)
		g.Resource = g.documents(t, ResourcePolicy)
		g.ResourceMustAllow = g.IntN(3) == 0
		before := evaluated(t, g.Policies)
		seen[before]++
		property(t, g, before)
		require.False(t, t.Failed(), "seed %d: %+v", seed, g.Policies)
	}
	require.Len(t, seen, 6, "the generator reaches every decision")
}

func evaluated(t *testing.T, policies Policies) Decision {
	t.Helper()
	decision, err := Evaluate(policies, readObject(Context{"s3:prefix": "a"}))
	require.NoError(t, err)
	return decision
}

func pick[T any](g generated, from ...T) T { return from[g.IntN(len(from))] }

// documents are up to two policies of up to three statements.
func (g generated) documents(t *testing.T, kind Kind) []Document {
	var made []Document
	for range g.IntN(3) {
		var statements []statement
		for range 1 + g.IntN(3) {
			statements = append(statements, g.statement(kind, pick(g, "Allow", "Allow", "Deny")))
		}
		made = append(made, documents(t, kind, statements...)...)
	}
	return made
}

func (g generated) statement(kind Kind, effect string) statement {
	s := statement{
		"Effect":                                 effect,
		pick(g, "Action", "Action", "NotAction"): pick(g, "*", "s3:Get*", "S3:GETOBJECT", "s3:PutObject"),
		pick(g, "Resource", "Resource", "NotResource"): pick(g, "*", testObject, "arn:aws:s3:::data-1"),
	}
	if kind == ResourcePolicy {
		s["Principal"] = pick[any](
			g,
			"*",
			map[string]any{"AWS": testRole},
			map[string]any{"AWS": []any{testSession, testAccount}},
			map[string]any{"AWS": testAccount},
			map[string]any{"AWS": testRole + "2"},
			map[string]any{"Service": "ec2.amazonaws.com"},
		)
	}
	if g.IntN(3) == 0 {
		operator := pick(g, "StringEquals", "StringNotLike", "ArnLikeIfExists", "Null")
		s["Condition"] = map[string]any{
			operator: map[string]any{pick(g, "s3:prefix", "s3:delimiter"): pick(g, "a", "b")},
		}
	}
	return s
}

// add puts a statement into a policy of its own, of either kind.
func (g generated) add(t *testing.T, kind Kind, s statement) Policies {
	policies := g.Policies
	added := documents(t, kind, s)
	if kind == IdentityPolicy {
		policies.Identity = slices.Concat(policies.Identity, added)
	} else {
		policies.Resource = slices.Concat(policies.Resource, added)
	}
	return policies
}

func TestAnExplicitDenyWins(t *testing.T) {
	eachGenerated(t, func(t *testing.T, g generated, _ Decision) {
		s := deny("*", "*")
		kind := pick(g, IdentityPolicy, ResourcePolicy)
		if kind == ResourcePolicy {
			s["Principal"] = "*"
		}
		assert.Equal(t, ExplicitDeny, evaluated(t, g.add(t, kind, s)).Verdict)
	})
}

func TestAnAllowTakesNothingAway(t *testing.T) {
	eachGenerated(t, func(t *testing.T, g generated, before Decision) {
		kind := pick(g, IdentityPolicy, ResourcePolicy)
		after := evaluated(t, g.add(t, kind, g.statement(kind, "Allow")))
		switch before.Verdict {
		case Allowed, ExplicitDeny:
			assert.Equal(t, before.Verdict, after.Verdict)
		default:
			assert.NotEqual(t, ExplicitDeny, after.Verdict)
		}
	})
}

func TestADenyGivesNothing(t *testing.T) {
	eachGenerated(t, func(t *testing.T, g generated, before Decision) {
		kind := pick(g, IdentityPolicy, ResourcePolicy)
		after := evaluated(t, g.add(t, kind, g.statement(kind, "Deny")))
		if after.Verdict != ExplicitDeny {
			assert.Equal(t, before, after)
		}
	})
}

func TestTheOrderOfStatementsAndPoliciesIsNothing(t *testing.T) {
	eachGenerated(t, func(t *testing.T, g generated, before Decision) {
		for _, documents := range [][]Document{g.Identity, g.Resource} {
			g.Shuffle(len(documents), func(i, j int) { documents[i], documents[j] = documents[j], documents[i] })
			for _, d := range documents {
				g.Shuffle(len(d.Statements), func(i, j int) {
					d.Statements[i], d.Statements[j] = d.Statements[j], d.Statements[i]
				})
			}
		}
		assert.Equal(t, before, evaluated(t, g.Policies))
	})
}

func TestNothingIsAllowedWithoutAnAllow(t *testing.T) {
	eachGenerated(t, func(t *testing.T, g generated, _ Decision) {
		for _, documents := range [][]Document{g.Identity, g.Resource} {
			for _, d := range documents {
				for i := range d.Statements {
					d.Statements[i].Effect = Deny
				}
			}
		}
		assert.NotEqual(t, Allowed, evaluated(t, g.Policies).Verdict)
	})
}
