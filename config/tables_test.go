package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/config"
)

// stream returns the stream of that name for changing it.
func stream(t *testing.T, c *config.Config, name string) *catalog.Stream {
	t.Helper()
	for i := range c.NATS.Streams {
		if c.NATS.Streams[i].Name == name {
			return &c.NATS.Streams[i]
		}
	}
	require.Failf(t, "no such stream", "%s", name)
	return nil
}

func TestWrongTableIsRefused(t *testing.T) {
	const streams, services = "assets/nats/streams.yaml: ", "assets/services/services.yaml: "
	on := func(name string, change func(*catalog.Stream)) func(*testing.T, *config.Config) {
		return func(t *testing.T, c *config.Config) { change(stream(t, c, name)) }
	}
	valid := shipped(t, "prod")
	for _, test := range []struct {
		name, key, problem string
		change             func(*testing.T, *config.Config)
	}{
		{
			name:    "message beyond max_payload",
			key:     streams + "NARRATIVE_EVENTS",
			problem: "no message beyond natsMaxPayload, 1,048,576 bytes",
			change:  on("NARRATIVE_EVENTS", func(s *catalog.Stream) { s.MaxMessageBytes = 2 << 20 }),
		},
		{
			name:    "no byte limit",
			key:     streams + "SYSTEM_EVENTS",
			problem: "has no byte limit",
			change:  on("SYSTEM_EVENTS", func(s *catalog.Stream) { s.MaxBytes = 0 }),
		},
		{
			name:    "limits beyond the disk",
			key:     "natsVolumeGiB",
			problem: "JetStream has 460,800 MiB on a node",
			change:  on("GAME_EVENTS", func(s *catalog.Stream) { s.MaxBytes = 300 << 30 }),
		},
		{
			name:    "work queue that discards old",
			key:     streams + "ORCHESTRATION_WORK",
			problem: "drops work that nobody has done",
			change:  on("ORCHESTRATION_WORK", func(s *catalog.Stream) { s.Discard = catalog.DiscardOld }),
		},
		{
			name:    "more replicas than zones",
			key:     streams + "GAME_EVENTS",
			problem: "there are only 3",
			change:  on("GAME_EVENTS", func(s *catalog.Stream) { s.Replicas = 5 }),
		},
		{
			name:    "even replicas",
			key:     streams + "GAME_EVENTS",
			problem: "is none of these",
			change:  on("GAME_EVENTS", func(s *catalog.Stream) { s.Replicas = 2 }),
		},
		{
			name:    "subject stored twice",
			key:     streams + "NARRATIVE_EVENTS",
			problem: "GAME_EVENTS stores evt.quest.> too",
			change: on("NARRATIVE_EVENTS", func(s *catalog.Stream) {
				s.Subjects = append(s.Subjects, "evt.quest.done")
			}),
		},
		{
			name:    "subject that a service answers",
			key:     streams + "DLQ",
			problem: "auth answers svc.auth.v1.create_session",
			change: on("DLQ", func(s *catalog.Stream) {
				s.Subjects = append(s.Subjects, "svc.auth.v1.create_session")
			}),
		},
		{
			name:    "event stored by none",
			key:     services + "weather-manager",
			problem: "no stream stores it",
			change:  on("GAME_EVENTS", func(s *catalog.Stream) { s.Subjects = s.Subjects[:7] }),
		},
		{
			name:    "event stored in part",
			key:     services + "payment",
			problem: "GAME_EVENTS store only a part of it",
			change:  on("GAME_EVENTS", func(s *catalog.Stream) { s.Subjects[4] = "evt.payment.settled" }),
		},
		{
			name:    "two streams of one name",
			key:     streams + "SYSTEM_EVENTS",
			problem: "two streams are called so",
			change:  on("DLQ", func(s *catalog.Stream) { s.Name = "SYSTEM_EVENTS" }),
		},
		{
			name:    "stream in lower case",
			key:     streams + "dlq",
			problem: "form",
			change:  on("DLQ", func(s *catalog.Stream) { s.Name = "dlq" }),
		},
		{
			name:    "retention misspelled",
			key:     streams + "DLQ",
			problem: "is neither",
			change:  on("DLQ", func(s *catalog.Stream) { s.Retention = "limit" }),
		},
		{
			name:    "discard misspelled",
			key:     streams + "DLQ",
			problem: "is neither",
			change:  on("DLQ", func(s *catalog.Stream) { s.Discard = "oldest" }),
		},
		{
			name:    "no age",
			key:     streams + "DLQ",
			problem: "messages would never go",
			change:  on("DLQ", func(s *catalog.Stream) { s.MaxAge = -1; s.DuplicateWindow = -2 }),
		},
		{
			name:    "window beyond the age",
			key:     streams + "SYSTEM_EVENTS",
			problem: "no window beyond maxAge, 5m0s",
			change:  on("SYSTEM_EVENTS", func(s *catalog.Stream) { s.DuplicateWindow = 6 * time.Minute }),
		},
		{
			name:    "subject malformed",
			key:     streams + "DLQ",
			problem: "is not a subject",
			change:  on("DLQ", func(s *catalog.Stream) { s.Subjects = append(s.Subjects, "dead letters") }),
		},
		{
			name:    "dead letter stored by none",
			key:     streams + "GAME_EVENTS",
			problem: "would vanish",
			change:  on("GAME_EVENTS", func(s *catalog.Stream) { s.Consumers[0].DeadLetterSubject = "dead.quest" }),
		},
		{
			name:    "dead letter with a wildcard",
			key:     streams + "GAME_EVENTS",
			problem: "would vanish",
			change:  on("GAME_EVENTS", func(s *catalog.Stream) { s.Consumers[0].DeadLetterSubject = "dlq.>" }),
		},
		{
			name:    "no room for dead letter headers",
			key:     streams + "ORCHESTRATION_WORK",
			problem: "does not fit DLQ",
			change:  on("ORCHESTRATION_WORK", func(s *catalog.Stream) { s.MaxMessageBytes = 1 << 20 }),
		},
		{
			name:    "consumer of another stream's subject",
			key:     streams + "GAME_EVENTS",
			problem: "the stream does not store it",
			change:  on("GAME_EVENTS", func(s *catalog.Stream) { s.Consumers[0].FilterSubject = "evt.auth.>" }),
		},
		{
			name:    "advisories that nobody keeps",
			key:     streams + "DEAD_LETTER_ADVISORIES",
			problem: "would never become dead letters",
			change:  on("DEAD_LETTER_ADVISORIES", func(s *catalog.Stream) { s.Subjects[0] = "advisories.>" }),
		},
		{
			name:    "consumer that no service reads",
			key:     streams + "GAME_EVENTS",
			problem: "there is no such service to read it",
			change:  on("GAME_EVENTS", func(s *catalog.Stream) { s.Consumers[0].Service = "quests" }),
		},
		{
			name:    "consumer without a delivery limit",
			key:     streams + "GAME_EVENTS",
			problem: "never become a dead letter",
			change:  on("GAME_EVENTS", func(s *catalog.Stream) { s.Consumers[0].MaxDeliver = 0 }),
		},
		{
			name:    "two consumers of one name",
			key:     streams + "GAME_EVENTS",
			problem: "is not a name of its own",
			change:  on("GAME_EVENTS", func(s *catalog.Stream) { s.Consumers[0].Name = s.Consumers[1].Name }),
		},
		{
			name:    "two consumers of one work queue",
			key:     streams + "ORCHESTRATION_WORK",
			problem: "orchestration_worker reads",
			change: on("ORCHESTRATION_WORK", func(s *catalog.Stream) {
				second := s.Consumers[0]
				second.Name, second.FilterSubject = "second", "evt.orchestration.step.>"
				s.Consumers = append(s.Consumers, second)
			}),
		},
		{
			name:    "request subject of two services",
			key:     services + "npc-behavior",
			problem: "quest-system answers svc.quest.v1.generate too",
			change:  func(_ *testing.T, c *config.Config) { c.Services.Table[4].RPC[0] = "svc.quest.v1.*" },
		},
		{
			name:    "request subject listed twice",
			key:     services + "payment",
			problem: "is listed twice",
			change: func(_ *testing.T, c *config.Config) {
				c.Services.Table[13].RPC = []string{"svc.payment.v1.process", "svc.payment.v1.process"}
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			faults := faultsOf(valid, notSecret, func(c *config.Config) { test.change(t, c) })
			require.NotEmpty(t, faults)
			assert.Equal(t, test.key, faults[0].Key)
			assert.Contains(t, faults[0].Problem, test.problem)
			assert.NotEmpty(t, faults[0].Fix)
			for _, other := range faults[1:] {
				assert.Equal(t, test.key, other.Key, "another key is refused too: %v", other)
			}
		})
	}
}

// The broker may publish every event type; owned types are what must be stored.
func TestBrokerRightNeedsNoStreamOfItsOwn(t *testing.T) {
	c, faults := config.Decode(shipped(t, "prod"), notSecret)
	require.Empty(t, faults)
	var brokers []string
	for _, service := range c.Services.Table {
		for _, event := range service.Events {
			if event == "evt.>" {
				brokers = append(brokers, service.Name)
			}
		}
	}
	assert.Equal(t, []string{"event-bus"}, brokers)
	assert.Empty(t, c.Validate(zones, account))
}

func TestStreamsAreSizedForTheDisk(t *testing.T) {
	for stack, want := range map[string]int64{"prod": 500, "dev": 20} {
		c, faults := config.Decode(shipped(t, stack), notSecret)
		require.Empty(t, faults)
		assert.InDelta(t, float64(want<<30)*0.9, float64(c.NATS.MaxFileStore()), 100, stack)
		var total int64
		for _, stream := range c.NATS.Streams {
			assert.InDelta(
				t,
				float64(c.NATS.MaxFileStore())*float64(stream.StoragePercent)/100,
				float64(stream.MaxBytes),
				100,
				stream.Name,
			)
			total += stream.MaxBytes
		}
		assert.LessOrEqual(t, total, c.NATS.MaxFileStore())
	}
}
