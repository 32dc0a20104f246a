// Permissions are as narrow as these two say: each row is a pair that somebody could take for the other answer.
package nats

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
		{"evt.>", "evt.>", true, true},
		{"evt.quest.>", "evt.>", false, true},
		{"evt.quest.>", "evt.quest.done.v1", true, true},
		{"evt.quest.>", "evt.quest", false, false}, // ">" is one token at least
		{"evt.quest.>", "evt.quest.*", true, true},
		{"evt.quest.*", "evt.quest.>", false, true},
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
		assert.Equal(t, test.covers, Covers(test.wide, test.narrow), "%s covers %s", test.wide, test.narrow)
		assert.Equal(t, test.meet, Meet(test.wide, test.narrow), "%s meets %s", test.wide, test.narrow)
		assert.Equal(t, test.meet, Meet(test.narrow, test.wide), "%s meets %s", test.narrow, test.wide)
	}
}
