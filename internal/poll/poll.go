// Package poll repeats a check until it succeeds, for what takes a while and gives no signal when
// it is done.
package poll

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// interval is the pause between two looks.
const interval = 50 * time.Millisecond

// For repeats look until it returns no error, for at most the limit. Then it returns the last
// error. It looks at least once, even if the limit is 0.
func For(ctx context.Context, limit time.Duration, look func() error) error {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := Until(limited, look)
	switch {
	case err == nil || limited.Err() == nil:
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("ended before it was seen (%w): %w", ctx.Err(), err)
	}
	return fmt.Errorf("not seen within %s: %w", limit, err)
}

// Until repeats look until it returns no error or one of GiveUp, or until ctx ends. Then it returns
// the last error.
func Until(ctx context.Context, look func() error) error {
	for {
		err := look()
		if err == nil {
			return nil
		}
		if end := (givenUp{}); errors.As(err, &end) {
			return end.error
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(interval):
		}
	}
}

type givenUp struct{ error }

// GiveUp makes an error final: after it there is no other look.
func GiveUp(err error) error { return givenUp{err} }
