package stacks_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bodybroker/platform/assets/nats"
	"github.com/bodybroker/platform/stacks"
)

// stream returns the stream of that name for changing it.
func stream(t *testing.T, config *stacks.Config, name string) *stacks.Stream {
	t.Helper()
	for i := range config.NATS.Streams {
		if config.NATS.Streams[i].Name == name {
			return &config.NATS.Streams[i]
		}
	}
	require.Failf(t, "no such stream", "%s", name)
	return nil
}

func TestWrongTableIsRefused(t *testing.T) {
	const streams, services = "assets/nats/streams.yaml: ", "assets/services/services.yaml: "
	on := func(name string, change func(*stacks.Stream)) func(*testing.T, *stacks.Config) {
		return func(t *testing.T, config *stacks.Config) { change(stream(t, config, name)) }
	}
	valid := shipped(t, "prod")
	for _, test := range []struct {
		name, key, problem string
		change             func(*testing.T, *stacks.Config)
	}{
		{"message beyond max_payload", streams + "NARRATIVE_EVENTS", "no message beyond natsMaxPayload, 1,048,576 bytes",
			on("NARRATIVE_EVENTS", func(s *stacks.Stream) { s.MaxMessageBytes = 2 << 20 })},
		{"no byte limit", streams + "SYSTEM_EVENTS", "has no byte limit", on("SYSTEM_EVENTS", func(s *stacks.Stream) { s.MaxBytes = 0 })},
		{"limits beyond the disk", "natsVolumeGiB", "JetStream has 460,800 MiB on a node", on("GAME_EVENTS", func(s *stacks.Stream) { s.MaxBytes = 300 << 30 })},
		{"work queue that discards old", streams + "ORCHESTRATION_WORK", "drops work that nobody has done", on("ORCHESTRATION_WORK", func(s *stacks.Stream) { s.Discard = nats.DiscardOld })},
		{"more replicas than zones", streams + "GAME_EVENTS", "there are only 3", on("GAME_EVENTS", func(s *stacks.Stream) { s.Replicas = 5 })},
		{"even replicas", streams + "GAME_EVENTS", "is none of these", on("GAME_EVENTS", func(s *stacks.Stream) { s.Replicas = 2 })},
		{"subject stored twice", streams + "NARRATIVE_EVENTS", "GAME_EVENTS stores evt.quest.> too",
			on("NARRATIVE_EVENTS", func(s *stacks.Stream) { s.Subjects = append(s.Subjects, "evt.quest.done") })},
		{"subject that a service answers", streams + "DLQ", "auth answers svc.auth.v1.create_session",
			on("DLQ", func(s *stacks.Stream) { s.Subjects = append(s.Subjects, "svc.auth.v1.create_session") })},
		{"event stored by none", services + "weather-manager", "no stream stores it",
			on("GAME_EVENTS", func(s *stacks.Stream) { s.Subjects = s.Subjects[:7] })},
		{"event stored in part", services + "payment", "GAME_EVENTS store only a part of it",
			on("GAME_EVENTS", func(s *stacks.Stream) { s.Subjects[4] = "evt.payment.settled" })},
		{"two streams of one name", streams + "SYSTEM_EVENTS", "two streams are called so", on("DLQ", func(s *stacks.Stream) { s.Name = "SYSTEM_EVENTS" })},
		{"stream in lower case", streams + "dlq", "form", on("DLQ", func(s *stacks.Stream) { s.Name = "dlq" })},
		{"retention misspelled", streams + "DLQ", "is neither", on("DLQ", func(s *stacks.Stream) { s.Retention = "limit" })},
		{"discard misspelled", streams + "DLQ", "is neither", on("DLQ", func(s *stacks.Stream) { s.Discard = "oldest" })},
		{"no age", streams + "DLQ", "messages would never go", on("DLQ", func(s *stacks.Stream) { s.MaxAge = -1; s.DuplicateWindow = -2 })},
		{"window beyond the age", streams + "SYSTEM_EVENTS", "no window beyond maxAge, 5m0s", on("SYSTEM_EVENTS", func(s *stacks.Stream) { s.DuplicateWindow = 6 * time.Minute })},
		{"subject malformed", streams + "DLQ", "is not a subject", on("DLQ", func(s *stacks.Stream) { s.Subjects = append(s.Subjects, "dead letters") })},
		{"dead letter stored by none", streams + "GAME_EVENTS", "would vanish", on("GAME_EVENTS", func(s *stacks.Stream) { s.Consumers[0].DeadLetterSubject = "dead.quest" })},
		{"dead letter with a wildcard", streams + "GAME_EVENTS", "would vanish", on("GAME_EVENTS", func(s *stacks.Stream) { s.Consumers[0].DeadLetterSubject = "dlq.>" })},
		{"no room for dead letter headers", streams + "ORCHESTRATION_WORK", "does not fit DLQ", on("ORCHESTRATION_WORK", func(s *stacks.Stream) { s.MaxMessageBytes = 1 << 20 })},
		{"consumer of another stream's subject", streams + "GAME_EVENTS", "the stream does not store it", on("GAME_EVENTS", func(s *stacks.Stream) { s.Consumers[0].FilterSubject = "evt.auth.>" })},
		{"advisories that nobody keeps", streams + "DEAD_LETTER_ADVISORIES", "would never become dead letters", on("DEAD_LETTER_ADVISORIES", func(s *stacks.Stream) { s.Subjects[0] = "advisories.>" })},
		{"consumer that no service reads", streams + "GAME_EVENTS", "there is no such service to read it", on("GAME_EVENTS", func(s *stacks.Stream) { s.Consumers[0].Service = "quests" })},
		{"consumer without a delivery limit", streams + "GAME_EVENTS", "never become a dead letter", on("GAME_EVENTS", func(s *stacks.Stream) { s.Consumers[0].MaxDeliver = 0 })},
		{"two consumers of one name", streams + "GAME_EVENTS", "is not a name of its own", on("GAME_EVENTS", func(s *stacks.Stream) { s.Consumers[0].Name = s.Consumers[1].Name })},
		{"two consumers of one work queue", streams + "ORCHESTRATION_WORK", "orchestration_worker reads", on("ORCHESTRATION_WORK", func(s *stacks.Stream) {
			second := s.Consumers[0]
			second.Name, second.FilterSubject = "second", "evt.orchestration.step.>"
			s.Consumers = append(s.Consumers, second)
		})},
		{"request subject of two services", services + "npc-behavior", "quest-system answers svc.quest.v1.generate too",
			func(_ *testing.T, config *stacks.Config) { config.Services.Table[4].RPC[0] = "svc.quest.v1.*" }},
		{"request subject listed twice", services + "payment", "is listed twice", func(_ *testing.T, config *stacks.Config) {
			config.Services.Table[13].RPC = []string{"svc.payment.v1.process", "svc.payment.v1.process"}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			faults := judge(valid, notSecret, func(config *stacks.Config) { test.change(t, config) })
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
	config, faults := stacks.Decode(shipped(t, "prod"), notSecret)
	require.Empty(t, faults)
	var brokers []string
	for _, service := range config.Services.Table {
		for _, event := range service.Events {
			if event == "evt.>" {
				brokers = append(brokers, service.Name)
			}
		}
	}
	assert.Equal(t, []string{"event-bus"}, brokers)
	assert.Empty(t, config.Validate(zones, account))
}

func TestStreamsAreSizedForTheDisk(t *testing.T) {
	for stack, want := range map[string]int64{"prod": 500, "dev": 20} {
		config, faults := stacks.Decode(shipped(t, stack), notSecret)
		require.Empty(t, faults)
		assert.InDelta(t, float64(want<<30)*0.9, float64(config.NATS.MaxFileStore()), 100, stack)
		var total int64
		for _, stream := range config.NATS.Streams {
			assert.InDelta(t, float64(config.NATS.MaxFileStore())*float64(stream.StoragePercent)/100, float64(stream.MaxBytes), 100, stream.Name)
			total += stream.MaxBytes
		}
		assert.LessOrEqual(t, total, config.NATS.MaxFileStore())
	}
}
