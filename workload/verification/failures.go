// Check "errors": what cannot be done fails with the right code, and leaves the connection intact.
package verification

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/bodybroker/platform/messaging"
)

const (
	// nobody is a subject that the identity may ask and no service answers.
	nobody = "svc.verification.v1.nobody"
	// firstDeadline is halved until it is missed: a round trip to a service in the same region
	// takes longer than some of its halves.
	firstDeadline = time.Millisecond
)

// noMessage is no protobuf message of any type: a field number that never ends.
var noMessage = []byte(strings.Repeat("\xff", 16))

func failures(ctx context.Context, r *run) {
	subject := ""
	for _, service := range r.report.Services {
		if subject = cmp.Or(service.askable()...); subject != "" {
			break
		}
	}
	for _, failure := range []struct {
		on, of  string
		wanted  messaging.Code
		provoke func(context.Context, string) (detail string, err error)
	}{
		{
			on:      "no-responder",
			of:      nobody,
			wanted:  messaging.Unavailable,
			provoke: r.askNobody,
		},
		{
			on:      "deadline",
			of:      subject,
			wanted:  messaging.DeadlineExceeded,
			provoke: r.askTooLate,
		},
		{
			on:      "too-large",
			of:      subject,
			wanted:  messaging.ResourceExhausted,
			provoke: r.askTooMuch,
		},
	} {
		seen, held := notSent, false
		if subject != "" {
			detail, err := failure.provoke(ctx, failure.of)
			seen, held = checkFailure(err, failure.wanted)
			seen = detail + ": " + seen
			if _, err := r.ask(ctx, subject, ""); err != nil {
				seen, held = seen+"; the next request: "+err.Error(), false
			}
		}
		r.add(
			"errors",
			failure.on,
			KindCheck,
			held,
			fmt.Sprintf("%q, and an answer to the next request", failure.wanted),
			seen,
		)
	}
	r.forbidden(ctx)
	for _, service := range r.report.Services {
		for _, subject := range service.answeredSubjects() {
			seen, held := r.malformed(ctx, subject)
			r.add("errors", "malformed/"+subject, KindCheck, held, fmt.Sprintf("%q", messaging.InvalidArgument), seen)
		}
	}
}

// checkFailure says what a request came to, and whether it was a failure of the wanted code.
func checkFailure(err error, wanted messaging.Code) (seen string, held bool) {
	var failed *messaging.Error
	switch {
	case err == nil:
		return "answered without an error", false
	case !errors.As(err, &failed):
		return "an error without a code: " + err.Error(), false
	}
	return failed.Error(), failed.Code == wanted
}

// askNobody sends some service's request to a subject without a service.
func (r *run) askNobody(ctx context.Context, subject string) (string, error) {
	request, response := r.made(r.table[0].RPC[0], "")
	return "asked " + subject, r.send(ctx, subject, request, response)
}

// askTooLate gives a request less and less time until the time ends before the answer comes.
func (r *run) askTooLate(ctx context.Context, subject string) (string, error) {
	for deadline := firstDeadline; deadline > 0; deadline /= 2 {
		began := time.Now()
		err := r.askWithin(ctx, subject, deadline)
		if err == nil {
			continue
		}
		return fmt.Sprintf(
			"given %v to ask %s, ended after %v",
			deadline,
			subject,
			time.Since(began).Round(time.Microsecond),
		), err
	}
	return "given less than a nanosecond to ask " + subject, nil
}

func (r *run) askWithin(ctx context.Context, subject string, deadline time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	_, err := r.ask(ctx, subject, "")
	return err
}

// askTooMuch sends a request that is larger than the server takes.
func (r *run) askTooMuch(ctx context.Context, subject string) (string, error) {
	request, response := r.made(subject, "")
	limit := r.Client.Native().MaxPayload()
	meta := request.ProtoReflect().Mutable(request.ProtoReflect().Descriptor().Fields().ByName("meta")).Message()
	meta.Set(
		meta.Descriptor().Fields().ByName("client_id"),
		protoreflect.ValueOfString(strings.Repeat("x", int(limit))),
	)
	err := r.send(ctx, subject, request, response)
	return fmt.Sprintf("sent %d bytes where %d are taken", proto.Size(request), limit), err
}

// malformed sends bytes that are no message.
func (r *run) malformed(ctx context.Context, subject string) (seen string, held bool) {
	ctx, cancel := context.WithTimeout(ctx, r.Patience)
	defer cancel()
	answer, err := r.Client.Native().RequestWithContext(ctx, subject, noMessage)
	if err != nil {
		return fmt.Sprintf("no answer: %v", err), false
	}
	response := r.methods[subject].Messaging().Response()
	if err := proto.Unmarshal(answer.Data, response); err != nil {
		return fmt.Sprintf("an answer that is no %s: %v", response.ProtoReflect().Descriptor().FullName(), err), false
	}
	code, failed := codeIn(response)
	if !failed {
		return "answered without an error", false
	}
	return fmt.Sprintf("%q", code), code == messaging.InvalidArgument
}
