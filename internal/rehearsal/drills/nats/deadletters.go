// The drill of a message that nobody processes.

package nats

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bodybroker/platform/catalog"
	"github.com/bodybroker/platform/controller"
	"github.com/bodybroker/platform/internal/rehearsal/drills"
	"github.com/bodybroker/platform/internal/rehearsal/stage"
)

func init() {
	drills.Register(drills.Drill{
		Scenario: stage.Scenario{
			ID:     "nats.dlq",
			Wanted: "a message that nobody acknowledges is in the DLQ after its deliveries, once",
			Play:   deadLetter,
		},
		On: drills.SharedMachines,
	})
}

const (
	stuckConsumer = "quest_processor"
	stuckLetters  = "dlq." + stage.LoadStream + "." + stuckConsumer
	stuckBody     = "a quest that nobody can process"
)

// deadLetter lets a message run out of its deliveries and waits for the scheduled tick to put it
// into the DLQ.
func deadLetter(ctx context.Context, s *stage.Stage) (string, error) {
	client, err := s.Attach(ctx, "dead letters", "service")
	if err != nil {
		return "", err
	}
	defer client.Detach()
	own, err := client.Connect("quest-system")
	if err != nil {
		return "", err
	}
	defer own.Close()
	administrator, err := client.Connect(catalog.Administrator)
	if err != nil {
		return "", err
	}
	defer administrator.Close()
	service, err := jetstream.New(own)
	if err != nil {
		return "", err
	}
	access, err := jetstream.New(administrator)
	if err != nil {
		return "", err
	}
	ack, err := service.Publish(ctx, "evt.quest.stuck", []byte(stuckBody))
	if err != nil {
		return "", fmt.Errorf("publishing: %w", err)
	}
	begin := s.ControllerLines()
	deliveries, err := refuseAll(ctx, service, ack.Sequence)
	if err != nil {
		return "", fmt.Errorf("taking the deliveries of message %d: %w", ack.Sequence, err)
	}
	letters, err := access.Stream(ctx, "DLQ")
	if err != nil {
		return "", err
	}
	if _, err := s.AwaitMetricSince(ctx, begin, "DeadLetters", func(n float64) bool { return n == 1 }); err != nil {
		return "", err
	}
	letter, err := letters.GetLastMsgForSubject(ctx, stuckLetters)
	if err != nil {
		return "", fmt.Errorf("looking for the dead letter: %w", err)
	}
	if string(letter.Data) != stuckBody || letter.Header.Get(controller.LetterSequence) != fmt.Sprint(ack.Sequence) ||
		letter.Header.Get(controller.LetterSubject) != "evt.quest.stuck" {
		return "", fmt.Errorf("the dead letter is %q with %v", letter.Data, letter.Header)
	}
	// Two more ticks must not bring it again.
	for range 2 {
		if _, err := s.AwaitMetric(ctx, "DeadLetters", func(n float64) bool { return n == 0 }); err != nil {
			return "", err
		}
	}
	info, err := letters.Info(ctx, jetstream.WithSubjectFilter(stuckLetters))
	if err != nil {
		return "", err
	}
	if n := info.State.Subjects[stuckLetters]; n != 1 {
		return "", fmt.Errorf("the DLQ holds %d letters of that consumer, expected 1", n)
	}
	if err := expectSentBack(ctx, s, access, letter.Sequence); err != nil {
		return "", err
	}
	return fmt.Sprintf(
		"after %d deliveries the scheduled tick moved it: in the DLQ once, with its stream, consumer, subject and "+
			"sequence; the metric said 1, then 0; on request, the controller sent it back",
		deliveries,
	), nil
}

// expectSentBack asks for the letter to be sent again, and expects its message at the end of its
// stream.
func expectSentBack(ctx context.Context, s *stage.Stage, access jetstream.JetStream, letter uint64) error {
	request, err := s.ScheduledRequest("backup")
	if err != nil {
		return err
	}
	request.Action, request.Letters = "resend", []uint64{letter}
	if _, err := s.InvokeController(request); err != nil {
		return err
	}
	origin, err := access.Stream(ctx, stage.LoadStream)
	if err != nil {
		return err
	}
	again, err := origin.GetLastMsgForSubject(ctx, "evt.quest.stuck")
	if err != nil || string(again.Data) != stuckBody {
		return errors.Join(fmt.Errorf("the letter's message is not the newest of its subject"), err)
	}
	return nil
}

// refuseAll takes messages as the service does, until the one of the sequence has no delivery left.
func refuseAll(ctx context.Context, service jetstream.JetStream, sequence uint64) (deliveries int, err error) {
	consumer, err := service.Consumer(ctx, stage.LoadStream, stuckConsumer)
	if err != nil {
		return 0, err
	}
	most := consumer.CachedInfo().Config.MaxDeliver
	for deliveries < most {
		message, err := consumer.Next(jetstream.FetchMaxWait(stage.AnswerLimit))
		if err != nil {
			return deliveries, err
		}
		meta, err := message.Metadata()
		if err != nil {
			return deliveries, err
		}
		if meta.Sequence.Stream != sequence {
			err = message.Ack() // of the drills before
		} else {
			deliveries++
			err = message.Nak()
		}
		if err != nil {
			return deliveries, err
		}
	}
	// The service continues to ask, as it does all day.
	if message, err := consumer.Next(jetstream.FetchMaxWait(stage.AnswerLimit / 4)); err == nil {
		meta, err := message.Metadata()
		if err == nil && meta.Sequence.Stream == sequence {
			return deliveries, errors.New("it was delivered once more than its limit")
		}
		return deliveries, errors.Join(err, message.Ack())
	}
	return deliveries, nil
}
