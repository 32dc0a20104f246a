package catalog

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAServiceMayDoItsOwnAndAnswerItsCallers(t *testing.T) {
	users := Users(
		[]Service{
			{
				Name:   "quest-system",
				Queue:  "q.quest",
				RPC:    []string{"svc.quest.v1.generate"},
				Events: []string{"evt.quest.>"},
			},
			{
				Name:  "router",
				Queue: "q.router",
				RPC:   []string{"svc.router.v1.route"},
				Calls: []string{"svc.>"},
			},
			{
				Name:  "ai-router",
				Queue: "q.ai",
				RPC:   []string{"svc.ai.v1.route"},
				Calls: []string{"svc.ai.>"},
			},
		},
		Gateway{Name: "gateway", Calls: []string{"svc.>"}},
		[]Stream{
			{
				Name: "GAME_EVENTS",
				Consumers: []Consumer{
					{Name: "quest_processor", Service: "quest-system"},
					{Name: "other", Service: "router"},
				},
			},
		},
	)
	quest := users[0]
	assert.Equal(t, []string{
		"evt.quest.>",
		"_INBOX_administrator.>",
		"_INBOX_verification.>",
		"_INBOX_gateway.>",
		"_INBOX_router.>",
		"$JS.API.CONSUMER.INFO.GAME_EVENTS.quest_processor",
		"$JS.API.CONSUMER.MSG.NEXT.GAME_EVENTS.quest_processor",
		"$JS.ACK.GAME_EVENTS.quest_processor.>",
	},
		quest.Publish)
	assert.Equal(t, []string{"_INBOX_quest-system.>", "svc.quest.v1.generate q.quest"}, quest.Subscribe)
	assert.Equal(
		t,
		User{
			Name:      "gateway",
			Publish:   []string{"svc.quest.v1.generate", "svc.router.v1.route", "svc.ai.v1.route"},
			Subscribe: []string{"_INBOX_gateway.>"},
		},
		users[3],
	)
}

// What stands outside may call what is answered, and a pattern in its row reaches no further.
func TestTheGatewayMayCallWhatIsAnswered(t *testing.T) {
	table := []Service{
		{Name: "a", RPC: []string{"svc.a.v1.get", "svc.a.v1.set"}},
		{Name: "b", RPC: []string{"svc.b.>"}},
		{Name: "c", RPC: []string{"svc.*.v2.get"}},
	}
	for calls, want := range map[string][]string{
		"svc.>": {"svc.a.v1.get", "svc.a.v1.set", "svc.b.>", "svc.*.v2.get"},
		// with svc.*.v2.get it shares svc.a.v2.get: the narrower of two patterns that cross is the
		// row's
		"svc.a.>":      {"svc.a.v1.get", "svc.a.v1.set", "svc.a.>"},
		"svc.a.*.get":  {"svc.a.v1.get", "svc.a.*.get"},
		"svc.b.v1.get": {"svc.b.v1.get"},
		"svc.a.v1.set": {"svc.a.v1.set"},
	} {
		users := Users(table, Gateway{Name: "gateway", Calls: []string{calls}}, nil)
		assert.Equal(t, want, users[3].Publish, calls)
	}
}
