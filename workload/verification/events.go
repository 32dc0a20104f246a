// Check "events": a command makes its service publish an event, the event is stored in its stream,
// and the same command again stores no second one.
package verification

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/bodybroker/platform/workload/service"
)

// Event is what a service's command left in a stream.
type Event struct {
	Subject string `json:"subject"`
	// Stream is "" if none stores the subject.
	Stream string `json:"stream,omitempty"`
	// Stored is how many messages with the command's id it has; Others are those with another that
	// were stored while the command was sent twice, its second event under a new id or what
	// somebody else did.
	Stored int `json:"stored"`
	Others int `json:"others"`
}

func (e Event) once() bool { return e.Stored == 1 && e.Others == 0 }

// rounds are the commands with which a service may show that it reports one once. On a platform
// that is in use others' commands may publish on the same subject meanwhile, but hardly each time.
const rounds = 3

func events(ctx context.Context, r *run) {
	for i, row := range r.table {
		event := service.Event(row)
		if event == "" {
			continue
		}
		wanted := fmt.Sprintf("one message on %s for a command that is sent twice", event)
		if !r.Commands {
			r.add("events", row.Name, KindInformation, false, wanted, notOrdered)
			continue
		}
		seen := &Event{Subject: event}
		r.report.Services[i].Event = seen
		var err error
		for round := range rounds {
			if err = r.event(
				ctx,
				cmp.Or(r.report.Services[i].askable()...),
				fmt.Sprintf("verify-%s-%d", r.id, round),
				seen,
			); err != nil ||
				seen.once() {
				break
			}
		}
		text := fmt.Sprintf(
			"%s holds %d message(s) of it, and %d other(s) that came meanwhile",
			seen.Stream,
			seen.Stored,
			seen.Others,
		)
		if err != nil {
			text = err.Error()
		}
		r.add("events", row.Name, KindCheck, err == nil && seen.once(), wanted, text)
	}
}

// event sends a command, finds what it published, and sends the command again.
func (r *run) event(ctx context.Context, subject, key string, seen *Event) error {
	if subject == "" {
		return errors.New(notSent)
	}
	ctx, cancel := context.WithTimeout(ctx, r.EventWait)
	defer cancel()
	looking, found := context.WithTimeout(ctx, r.Patience)
	defer found()
	command, _ := r.made(subject, key)
	id, err := service.EventID(subject, command)
	if err != nil {
		return err
	}
	end, err := openTail(looking, r.Client.Native(), seen.Subject, id)
	if err != nil {
		return err
	}
	seen.Stream = end.stream
	if _, err := r.ask(ctx, subject, key); err != nil {
		return fmt.Errorf("the command: %w", err)
	}
	if err = end.wait(ctx); err != nil {
		return fmt.Errorf("the command was answered, but its event was not found: %w", err)
	}
	if _, err := r.ask(ctx, subject, key); err != nil {
		return fmt.Errorf("the same command again: %w", err)
	}
	seen.Stored, seen.Others, err = end.count(ctx)
	return err
}
