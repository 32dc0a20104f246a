// Dead letters go back where they came from, when the fault is mended.
package controller

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
)

// resend publishes dead letters under their first subjects again and takes them out of the DLQ. All
// readers of their streams get them, not only the one that could not process them.
func (c *Controller) resend(ctx context.Context, request Request) (Response, error) {
	access, own, leave, err := c.access(ctx, request.Nodes)
	if err != nil {
		return Response{}, fmt.Errorf("resending dead letters: %w", err)
	}
	defer leave()
	return resendLetters(ctx, access, own, request.Letters)
}

// resendLetters goes on with the next letter where one fails; the error names those that went.
func resendLetters(
	ctx context.Context,
	access jetstream.JetStream,
	own nkeys.KeyPair,
	sequences []uint64,
) (response Response, err error) {
	name, err := access.StreamNameBySubject(ctx, "dlq.>")
	if err != nil {
		return response, fmt.Errorf("resending dead letters: finding their stream: %w", err)
	}
	letters, err := access.Stream(ctx, name)
	if err != nil {
		return response, fmt.Errorf("resending dead letters: stream %s: %w", name, err)
	}
	var errs []error
	for _, sequence := range sequences {
		subject, err := resendLetter(ctx, access, own, letters, sequence)
		if err != nil {
			errs = append(errs, fmt.Errorf("resending letter %d of %s: %w", sequence, name, err))
			continue
		}
		response.Resent = append(response.Resent, fmt.Sprintf("%d: %s", sequence, subject))
	}
	return response, withDone(errs, "resent", response.Resent)
}

// resendLetter deletes the letter when its message is stored. A second try within the stream's
// window of duplicates stores no second one.
func resendLetter(
	ctx context.Context,
	access jetstream.JetStream,
	own nkeys.KeyPair,
	letters jetstream.Stream,
	sequence uint64,
) (subject string, err error) {
	letter, err := letters.GetMsg(ctx, sequence)
	if err != nil {
		return "", err
	}
	subject = letter.Header.Get(LetterSubject)
	if lacks := letter.Header.Get(LetterLacks); subject == "" || lacks != "" {
		return "", errors.New(
			"it cannot be sent again, it stays: " + cmp.Or(
				lacks,
				"it does not say under which subject it was published",
			),
		)
	}
	if signature, err := base64.StdEncoding.DecodeString(
		letter.Header.Get(LetterSignature),
	); err != nil ||
		own.Verify(signed(letter.Header, letter.Data), signature) != nil {
		return "", errors.New(
			"the controller did not write it, or had another key then; it stays: whoever may publish can put " +
				"messages here, so look at it as at a stranger's",
		)
	}
	message := natsgo.NewMsg(subject)
	message.Data = letter.Data
	for header, values := range letter.Header {
		if !strings.HasPrefix(header, "Nats-") && !strings.HasPrefix(header, "Dead-Letter-") &&
			!strings.HasPrefix(header, "Original-") {
			message.Header[header] = values
		}
	}
	message.Header.Set(jetstream.MsgIDHeader, "resent."+letter.Header.Get(jetstream.MsgIDHeader))
	if _, err := access.PublishMsg(ctx, message); err != nil {
		return "", fmt.Errorf("publishing %s: %w", subject, err)
	}
	if err := letters.DeleteMsg(ctx, sequence); err != nil {
		return "", fmt.Errorf("it was published under %s, but could not be deleted here: %w", subject, err)
	}
	return subject, nil
}
