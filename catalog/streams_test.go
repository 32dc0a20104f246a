package catalog

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStreamsOfTheShippedTable(t *testing.T) {
	streams, err := Streams()
	require.NoError(t, err)
	var names []string
	for _, stream := range streams {
		names = append(names, stream.Name)
	}
	assert.Equal(
		t,
		[]string{"GAME_EVENTS", "SYSTEM_EVENTS", "NARRATIVE_EVENTS", "ORCHESTRATION_WORK", "DLQ", AdvisoryStream},
		names,
	)

	game := streams[0]
	assert.Contains(t, game.Subjects, "evt.weather.>")
	assert.Equal(t, time.Hour, game.MaxAge)
	require.Len(t, game.Consumers, 2)
	assert.Equal(t, Consumer{
		Name:              "quest_processor",
		Service:           "quest-system",
		FilterSubject:     "evt.quest.>",
		AckWait:           30 * time.Second,
		MaxDeliver:        3,
		DeadLetterSubject: "dlq.GAME_EVENTS.quest_processor",
	}, game.Consumers[0])
	assert.Equal(t, DiscardNew, streams[3].Discard)
	assert.Equal(t, 7*24*time.Hour, streams[4].MaxAge)
}

// A delivery limit on a stream is what the old table had: it is a consumer's field.
func TestUnknownFieldIsRefused(t *testing.T) {
	_, err := parseStreams("streams:\n  - name: WORK\n    maxDeliver: 3\n")
	assert.ErrorContains(t, err, "field maxDeliver not found")
}

func TestStorageIsShared(t *testing.T) {
	streams := []Stream{{Name: "A", StoragePercent: 30}, {Name: "B", StoragePercent: 0}}
	sized := ForStorage(streams, 1000)
	assert.EqualValues(t, 300, sized[0].MaxBytes)
	assert.EqualValues(t, 0, sized[1].MaxBytes)
	assert.EqualValues(t, 0, streams[0].MaxBytes, "the table itself is not changed")
}
