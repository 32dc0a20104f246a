// The drill of the worst day: all disks are gone, and the streams come back from the bucket.

package nats

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bodybroker/platform/internal/localcloud/ec2"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID: "nats.backup",
			Wanted: "streams are backed up, the cluster and its disks destroyed, the streams restored: counts and " +
				"contents equal",
			Play: backupAndRestore,
		},
		On: drills.SharedMachines,
	})
}

// keptStreams are compared message by message. Messages of the others expire within minutes.
var keptStreams = []string{stage.LoadStream, textStream, workStream, "DLQ"}

// backupAndRestore backs the streams up as the schedule does, loses every disk, lets the runbook's
// procedure make the cluster anew and restores ("Streams are lost: restore them").
func backupAndRestore(ctx context.Context, s *stage.Stage) (string, error) {
	access, leave, err := s.Administrator(ctx, "backup")
	if err != nil {
		return "", err
	}
	if err := leaveWork(ctx, s); err != nil {
		leave()
		return "", err
	}
	before, err := heldStreams(ctx, access)
	leave()
	if err != nil {
		return "", fmt.Errorf("before: %w", err)
	}
	request, err := s.ScheduledRequest("backup")
	if err != nil {
		return "", err
	}
	saved, err := s.InvokeController(request)
	if err != nil {
		return "", err
	}
	for _, r := range s.Cloud.Records("aws:ebs/volume:Volume") {
		if err := ec2.LoseDisk(s.Cloud, r.ID); err != nil {
			return "", err
		}
	}
	if _, err := s.Refresh(ctx); err != nil {
		return "", err
	}
	if steps, err := s.Up(ctx); err != nil {
		return steps.Summary(), err
	}
	request.Action, request.From = "restore", "latest"
	if _, err := s.InvokeController(request); err != nil {
		return "", err
	}
	if access, leave, err = s.Administrator(ctx, "backup"); err != nil {
		return "", err
	}
	defer leave()
	after, err := heldStreams(ctx, access)
	if err != nil {
		return "", fmt.Errorf("after: %w", err)
	}
	for stream, was := range before {
		if after[stream] != was {
			return "", fmt.Errorf("%s was %+v and is %+v", stream, was, after[stream])
		}
	}
	total := uint64(0)
	for _, c := range after {
		total += c.Messages
	}
	_, err = awaitReplicas(ctx, s)
	return fmt.Sprintf(
		"backup %s of %d streams; five disks lost, five empty ones made; restored: %d messages in %s, counts, "+
			"contents and consumers' positions equal",
		saved.Backup,
		len(saved.Saved),
		total,
		strings.Join(keptStreams, ", "),
	), err
}

// leaveWork leaves a message of every kind, and a consumer in the middle of its stream.
func leaveWork(ctx context.Context, s *stage.Stage) error {
	access, leave, err := s.Administrator(ctx, "backup")
	if err != nil {
		return err
	}
	defer leave()
	for i := range 100 {
		for _, subject := range []string{"evt.quest.begun", textSubject, workSubject, "dlq.by.hand"} {
			if _, err := access.Publish(ctx, subject, fmt.Appendf(nil, "%s %d", subject, i)); err != nil {
				return fmt.Errorf("publishing %s: %w", subject, err)
			}
		}
	}
	consumer, err := access.Consumer(ctx, stage.LoadStream, stuckConsumer)
	if err != nil {
		return err
	}
	for range 30 {
		message, err := consumer.Next(jetstream.FetchMaxWait(stage.AnswerLimit))
		if err != nil {
			return err
		}
		if err := message.DoubleAck(ctx); err != nil {
			return err
		}
	}
	return nil
}

// heldBy is what a stream holds, in short.
type heldBy struct {
	Messages, First, Last uint64
	Digest                string // of all messages in order: sequence, subject, headers, body
	Acknowledged          string // by consumer, up to which sequence
}

func heldStreams(ctx context.Context, access jetstream.JetStream) (map[string]heldBy, error) {
	found := map[string]heldBy{}
	for _, name := range keptStreams {
		stream, err := access.Stream(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("stream %s: %w", name, err)
		}
		state := stream.CachedInfo().State
		c := heldBy{Messages: state.Msgs, First: state.FirstSeq, Last: state.LastSeq}
		sum := sha256.New()
		for sequence := state.FirstSeq; sequence <= state.LastSeq; sequence++ {
			message, err := stream.GetMsg(ctx, sequence)
			if errors.Is(err, jetstream.ErrMsgNotFound) {
				continue // deleted
			}
			if err != nil {
				return nil, fmt.Errorf("message %d of %s: %w", sequence, name, err)
			}
			fmt.Fprintf(sum, "%d %s %v %q\n", sequence, message.Subject, message.Header, message.Data)
		}
		c.Digest = hex.EncodeToString(sum.Sum(nil))
		consumers := stream.ListConsumers(ctx)
		for info := range consumers.Info() {
			c.Acknowledged += fmt.Sprintf("%s %d ", info.Name, info.AckFloor.Stream)
		}
		if err := consumers.Err(); err != nil {
			return nil, fmt.Errorf("consumers of %s: %w", name, err)
		}
		found[name] = c
	}
	return found, nil
}
