// What one request may take of the gateway: bytes, values, time and places.
package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bodybroker/platform/messaging"
)

// errFull is that too many requests are under way.
var errFull = &messaging.Error{Code: messaging.Unavailable, Message: "too many requests are under way"}

// valuesAPlace is how many values of a body take one of the places.
const valuesAPlace = 50

// within takes a place, reads the body, takes more places if it has many values, and only then lets
// the time of the request begin.
func (f *gateway) within(
	w http.ResponseWriter,
	r *http.Request,
	pass func(http.ResponseWriter, *http.Request) error,
) error {
	if !f.places.TryAcquire(1) {
		return errFull
	}
	defer f.places.Release(1)
	body, err := f.body(inTime(w, http.MaxBytesReader(w, r.Body, f.MostBody), r.ContentLength, f.BodyTime))
	if err != nil {
		return err
	}
	more := min(int64(values(body)/valuesAPlace), f.MostAtOnce-1)
	if !f.places.TryAcquire(more) {
		return errFull
	}
	defer f.places.Release(more)
	ctx, cancel := context.WithTimeout(r.Context(), f.MostTime)
	defer cancel()
	r = r.WithContext(ctx)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return pass(w, r)
}

func (f *gateway) body(from io.Reader) ([]byte, error) {
	body, err := io.ReadAll(from)
	if tooLarge := (&http.MaxBytesError{}); errors.As(err, &tooLarge) {
		return nil, fmt.Errorf(
			"%w: %w",
			&messaging.Error{
				Code:    messaging.ResourceExhausted,
				Message: fmt.Sprintf("the body has more than %d bytes", tooLarge.Limit),
			},
			errTooLarge,
		)
	}
	if err != nil {
		return nil, &messaging.Error{Code: messaging.InvalidArgument, Message: "the body could not be read"}
	}
	if values(body) > f.MostValues {
		return nil, fmt.Errorf(
			"%w: %w",
			&messaging.Error{
				Code:    messaging.ResourceExhausted,
				Message: fmt.Sprintf("the body has more than %d values", f.MostValues),
			},
			errTooLarge,
		)
	}
	return body, nil
}

// inTime is a body of which the client may take so long to send it; length is its Content-Length,
// -1 if it names none.
func inTime(w http.ResponseWriter, body io.ReadCloser, length int64, most time.Duration) *timedBody {
	controller := http.NewResponseController(w)
	// Where there is no connection, nobody is waited for.
	_ = controller.SetReadDeadline(time.Now().Add(most))
	return &timedBody{ReadCloser: body, controller: controller, length: length}
}

// timedBody takes the deadline off when the body has been read: the server goes on reading, to see
// whether the client is still there. Of a body that did not come in time the server requires the
// rest before it answers, so the deadline stays.
type timedBody struct {
	io.ReadCloser
	controller   *http.ResponseController
	length, read int64
	readInFull   sync.Once
	ended        atomic.Bool
}

// late says whether a body was ended because it took too long.
func (b *timedBody) late() bool { return b.ended.Load() }

func (b *timedBody) Read(into []byte) (int, error) {
	count, err := b.ReadCloser.Read(into)
	b.read += int64(count)
	switch {
	case errors.Is(err, io.EOF) || b.read == b.length:
		b.readInFull.Do(func() { _ = b.controller.SetReadDeadline(time.Time{}) }) // as above
		if errors.Is(err, http.ErrBodyReadAfterClose) {
			// The answer that is passed on has begun before the transport looked for the end of a
			// body that it had read, and the server has closed it: an error would make the
			// transport close the connection in the middle of the answer.
			err = io.EOF
		}
	case errors.Is(err, os.ErrDeadlineExceeded):
		b.ended.Store(true)
	}
	return count, err
}

// values counts what JSON has outside of its texts: one for each comma and each list or object.
func values(text []byte) (count int) {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
		case !quoted && (c == ',' || c == '[' || c == '{'):
			count++
		}
	}
	return count
}
