// Permissions are as narrow as these two functions say: each row is a pair that a reader could take
// for the opposite.

package catalog

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSubjectsCoverAndMeet(t *testing.T) {
	for _, test := range []struct {
		wide, narrow string
		covers, meet bool
	}{
		{
			wide:   "evt.>",
			narrow: "evt.quest.>",
			covers: true,
			meet:   true,
		},
		{
			wide:   "evt.>",
			narrow: "evt.>",
			covers: true,
			meet:   true,
		},
		{
			wide:   "evt.quest.>",
			narrow: "evt.>",
			covers: false,
			meet:   true,
		},
		{
			wide:   "evt.quest.>",
			narrow: "evt.quest.done.v1",
			covers: true,
			meet:   true,
		},
		{
			wide:   "evt.quest.>",
			narrow: "evt.quest",
			covers: false,
			meet:   false,
		}, // ">" is one token at least
		{
			wide:   "evt.quest.>",
			narrow: "evt.quest.*",
			covers: true,
			meet:   true,
		},
		{
			wide:   "evt.quest.*",
			narrow: "evt.quest.>",
			covers: false,
			meet:   true,
		},
		{
			wide:   "evt.quest",
			narrow: "evt.quest",
			covers: true,
			meet:   true,
		},
		{
			wide:   "evt.quest",
			narrow: "evt.quest.done",
			covers: false,
			meet:   false,
		},
		{
			wide:   "evt.*.v1",
			narrow: "evt.quest.v1",
			covers: true,
			meet:   true,
		},
		{
			wide:   "evt.*.v1",
			narrow: "evt.quest.v2",
			covers: false,
			meet:   false,
		},
		{
			wide:   "evt.*.v1",
			narrow: "evt.>",
			covers: false,
			meet:   true,
		},
		{
			wide:   "evt.*",
			narrow: "evt.*",
			covers: true,
			meet:   true,
		},
		{
			wide:   "evt.quest",
			narrow: "evt.*",
			covers: false,
			meet:   true,
		},
		{
			wide:   "evt.*.v1",
			narrow: "evt.quest.*",
			covers: false,
			meet:   true,
		},
		{
			wide:   "evt.npc.>",
			narrow: "evt.quest.>",
			covers: false,
			meet:   false,
		},
	} {
		assert.Equal(t, test.covers, Covers(test.wide, test.narrow), "%s covers %s", test.wide, test.narrow)
		assert.Equal(t, test.meet, Meet(test.wide, test.narrow), "%s meets %s", test.wide, test.narrow)
		assert.Equal(t, test.meet, Meet(test.narrow, test.wide), "%s meets %s", test.narrow, test.wide)
	}
}

func TestSubjectForm(t *testing.T) {
	for _, right := range []string{"svc.auth.v1.create_session", "evt.>", "evt.*.v1", "a-b"} {
		assert.Regexp(t, SubjectForm, right)
	}
	for _, wrong := range []string{"", ">", "evt.", ".evt", "evt..x", "evt.>.x", "evt.x*", "evt x", "evt.>>"} {
		assert.NotRegexp(t, SubjectForm, wrong)
	}
}
