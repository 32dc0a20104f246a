// What the gate of the services must hold back, and what it must let pass.
package controller

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestServing(t *testing.T) {
	page := fmt.Sprintf("/connz?auth=true&subs=true&limit=%d", mostConnections)
	connections := func(list string) pages { return pages{page: `{"connections": [` + list + `]}`} }
	const quest, other = `{"authorized_user": "UQUEST", "subscriptions_list": ["_INBOX_quest.>", ` +
		`"svc.quest.v1.generate"]}`, `{"authorized_user": "UOTHER", "subscriptions_list": ["svc.quest.v1.generate"]}`
	const gateway = `{"authorized_user": "UGATE"}`
	for name, c := range map[string]struct {
		servers map[string]pages
		want    string // part of the reason; "" passes
	}{
		"tasks over two servers": {
			servers: map[string]pages{"10.0.0.1": connections(quest), "10.0.0.2": connections(quest + "," + gateway)},
			want:    "",
		},
		"a node that is away": {
			servers: map[string]pages{"10.0.0.2": connections(quest + "," + quest + "," + gateway)},
			want:    "",
		},
		"one task too few": {
			servers: map[string]pages{"10.0.0.1": connections(quest + "," + gateway)},
			want:    "quest-system: 1 of 2 tasks are connected to NATS",
		},
		"another's connection": {
			servers: map[string]pages{"10.0.0.1": connections(quest + "," + other + "," + gateway)},
			want:    "quest-system: 1 of 2",
		},
		"connected, but not subscribed": {
			servers: map[string]pages{"10.0.0.1": connections(quest + `,{"authorized_user": "UQUEST"},` + gateway)},
			want:    "quest-system: 1 of 2 tasks answer svc.quest.v1.generate",
		},
		"two services": {
			servers: map[string]pages{"10.0.0.1": connections("")},
			want:    "http-nats-gateway: 0 of 1",
		},
		"no server at all": {servers: map[string]pages{}, want: "asking nats-2 for its connections"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			controller := served(t, c.servers)
			controller.Interval = 10 * time.Millisecond
			_, err := controller.serving(ctx, Request{
				Nodes: []Node{{Name: "nats-1", Address: "10.0.0.1"}, {Name: "nats-2", Address: "10.0.0.2"}},
				Services: []Served{{
					Name:     "quest-system",
					Key:      "UQUEST",
					Subjects: []string{"svc.quest.v1.generate"},
					Tasks:    2,
				}, {
					Name:     "http-nats-gateway",
					Key:      "UGATE",
					Subjects: nil,
					Tasks:    1,
				}},
			})
			if c.want == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, c.want)
			assert.ErrorContains(t, err, "services do not answer")
		})
	}
}
