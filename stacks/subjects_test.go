package stacks

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSubjectsCoverAndMeet(t *testing.T) {
	for _, test := range []struct {
		wide, narrow string
		covers, meet bool
	}{
		{"evt.>", "evt.quest.>", true, true},
		{"evt.quest.>", "evt.>", false, true},
		{"evt.quest.>", "evt.quest.done.v1", true, true},
		{"evt.quest.>", "evt.quest", false, false},
		{"evt.quest", "evt.quest", true, true},
		{"evt.quest", "evt.quest.done", false, false},
		{"evt.*.v1", "evt.quest.v1", true, true},
		{"evt.*.v1", "evt.quest.v2", false, false},
		{"evt.*.v1", "evt.>", false, true},
		{"evt.*", "evt.*", true, true},
		{"evt.quest", "evt.*", false, true},
		{"evt.*.v1", "evt.quest.*", false, true},
		{"evt.npc.>", "evt.quest.>", false, false},
	} {
		assert.Equal(t, test.covers, covers(test.wide, test.narrow), "%s covers %s", test.wide, test.narrow)
		assert.Equal(t, test.meet, meet(test.wide, test.narrow), "%s meets %s", test.wide, test.narrow)
		assert.Equal(t, test.meet, meet(test.narrow, test.wide), "%s meets %s", test.narrow, test.wide)
	}
}

func TestSubjectForm(t *testing.T) {
	for _, right := range []string{"svc.auth.v1.create_session", "evt.>", "evt.*.v1", "a-b"} {
		assert.Regexp(t, subjectForm, right)
	}
	for _, wrong := range []string{"", ">", "evt.", ".evt", "evt..x", "evt.>.x", "evt.x*", "evt x", "evt.>>"} {
		assert.NotRegexp(t, subjectForm, wrong)
	}
}
