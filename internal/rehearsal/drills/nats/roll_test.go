package nats

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func TestARollTouchesEveryNodeOneAfterTheOther(t *testing.T) {
	event := func(operation, token, name string) cloud.Event {
		return cloud.Event{Operation: operation, Type: token, URN: "urn:pulumi:s::p::" + token + "::" + name}
	}
	gone := func(node string) cloud.Event {
		return event("delete", "aws:ec2/instance:Instance", node+"-instance")
	}
	passed := func(node string) cloud.Event { return event("create", stage.InvocationType, node+"-gate") }
	nodes := []stage.Node{{Name: "nats-1"}, {Name: "nats-2"}}
	for _, c := range []struct {
		why, wrong string
		events     []cloud.Event
		nodes      []stage.Node
	}{
		{
			why:    "one after the other",
			events: []cloud.Event{gone("nats-1"), passed("nats-1"), gone("nats-2"), passed("nats-2")},
			nodes:  nodes,
		},
		{why: "nothing was touched", wrong: "expected new machines for [nats-1 nats-2]", nodes: nodes},
		{why: "there are no nodes", wrong: "expected new machines for []"},
		{
			why:    "one was left out",
			wrong:  "seen for [nats-2]",
			events: []cloud.Event{gone("nats-2"), passed("nats-2")},
			nodes:  nodes,
		},
		{
			why:    "two at once",
			wrong:  "nats-2 was taken down while nats-1 had not passed its gate",
			events: []cloud.Event{gone("nats-1"), gone("nats-2"), passed("nats-2"), passed("nats-1")},
			nodes:  nodes,
		},
		{
			why:    "the last one is still down",
			wrong:  "nats-2 was taken down and never passed its gate",
			events: []cloud.Event{gone("nats-1"), passed("nats-1"), gone("nats-2")},
			nodes:  nodes,
		},
	} {
		err := expectRoll(c.events, c.nodes)
		if c.wrong == "" {
			assert.NoError(t, err, c.why)
		} else {
			assert.ErrorContains(t, err, c.wrong, c.why)
		}
	}
}
