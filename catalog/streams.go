// The streams: a table in assets/nats/streams.yaml, so that whoever adds a stream edits one file.
// The rules that its rows must keep are those of the configuration (config/validate_streams.go).

package catalog

import (
	"fmt"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/bodybroker/platform/assets/nats"
)

// Values of Stream.Retention and Stream.Discard, as the NATS server names them.
const (
	RetentionLimits    = "limits"
	RetentionWorkQueue = "workqueue"
	DiscardOld         = "old"
	DiscardNew         = "new"
)

// AdvisoryStream keeps the advisories of messages whose deliveries ran out until the controller has
// moved them, and AdvisorySubject is the server's subject for them.
const (
	AdvisoryStream  = "DEAD_LETTER_ADVISORIES"
	AdvisorySubject = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>"
)

// BackupPrefix is the prefix of the keys of the streams' backups in the bucket of artifacts.
const BackupPrefix = "backups/"

// DeadLetterHeaderBytes is how many bytes a dead letter may have beyond the message itself: the
// headers that name the stream, sequence, consumer and reason. The largest message of the stream of
// dead letters must be larger by as much, else a message could not be moved there.
const DeadLetterHeaderBytes = 8 * 1024

// Stream is one JetStream stream on file storage. There is no default: every field is set in
// streams.yaml, except Consumers, which may be empty.
type Stream struct {
	// Name is unique; upper case letters, digits and "_".
	Name string `yaml:"name" json:"name"`
	// Description is shown when streams are listed on the cluster.
	Description string `yaml:"description" json:"description"`
	// Subjects are stored by this stream and no other; wildcards allowed.
	Subjects []string `yaml:"subjects" json:"subjects"`
	// Retention is RetentionLimits or RetentionWorkQueue.
	Retention string `yaml:"retention" json:"retention"`
	// Discard is DiscardOld or DiscardNew; a work queue takes DiscardNew only.
	Discard string `yaml:"discard" json:"discard"`
	// MaxAge is the longest time that a message is kept.
	MaxAge time.Duration `yaml:"maxAge" json:"maxAge"`
	// MaxMessageBytes is the largest message with its headers, at most natsMaxPayload.
	MaxMessageBytes int `yaml:"maxMessageBytes" json:"maxMessageBytes"`
	// StoragePercent is the share of a node's JetStream storage that the stream may fill, 1–100.
	StoragePercent int `yaml:"storagePercent" json:"-"`
	// MaxBytes is StoragePercent of one node's JetStream storage, in bytes; set by ForStorage.
	MaxBytes int64 `yaml:"-" json:"maxBytes"`
	// Replicas are copies on nodes in different availability zones; 1, 3 or 5.
	Replicas int `yaml:"replicas" json:"replicas"`
	// DuplicateWindow is how long message ids are remembered, at most MaxAge.
	DuplicateWindow time.Duration `yaml:"duplicateWindow" json:"duplicateWindow"`
	// Consumers are the durable consumers that exist from the start.
	Consumers []Consumer `yaml:"consumers" json:"consumers,omitempty"`
}

// Consumer is one durable pull consumer with explicit acknowledgement. Every field is set.
type Consumer struct {
	// Name is unique in the stream; letters, digits, "_" and "-".
	Name string `yaml:"name" json:"name"`
	// Service is the one that reads it; its tasks share the work.
	Service string `yaml:"service" json:"-"`
	// FilterSubject is the part of the stream's subjects that it reads.
	FilterSubject string `yaml:"filterSubject" json:"filterSubject"`
	// AckWait is the time after which a delivery without acknowledgement is repeated.
	AckWait time.Duration `yaml:"ackWait" json:"ackWait"`
	// MaxDeliver is how often one message is delivered before it becomes a dead letter.
	MaxDeliver int `yaml:"maxDeliver" json:"maxDeliver"`
	// DeadLetterSubject is where the controller puts a message whose deliveries ran out.
	DeadLetterSubject string `yaml:"deadLetterSubject" json:"deadLetterSubject"`
}

// Streams returns the table of streams.yaml in the file's order, with MaxBytes still 0.
// An unknown field or a malformed file is an error. Package config validates the content.
func Streams() ([]Stream, error) {
	return parseStreams(nats.StreamsYAML)
}

func parseStreams(content string) ([]Stream, error) {
	var file struct {
		Streams []Stream `yaml:"streams"`
	}
	decoder := yaml.NewDecoder(strings.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("reading assets/nats/streams.yaml: %w", err)
	}
	return file.Streams, nil
}

// ForStorage returns the streams with MaxBytes set to their share of one node's JetStream
// storage, given in bytes. The streams passed in are not changed.
func ForStorage(streams []Stream, storage int64) []Stream {
	sized := make([]Stream, len(streams))
	for i, stream := range streams {
		stream.MaxBytes = storage / 100 * int64(stream.StoragePercent)
		sized[i] = stream
	}
	return sized
}

// fileStoreShare is the part of a node's data disk that JetStream may fill. The rest is for the
// file system, and lets the alarm ring in time.
const fileStoreShare = 0.9

// MaxFileStore is JetStream's storage on a node, in bytes, for a data disk of so many GiB.
func MaxFileStore(volumeGiB int) int64 { return int64(float64(volumeGiB) * fileStoreShare * (1 << 30)) }
