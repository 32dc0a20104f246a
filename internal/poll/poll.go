// Package poll looks again and again for what takes a while and cannot be waited for otherwise.
package poll

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// interval is the pause between two looks.
const interval = 50 * time.Millisecond

// For looks until there is no error, for at most the limit: then the last error is returned. It
// looks at least once, even if the limit is 0.
func For(ctx context.Context, limit time.Duration, look func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := Until(ctx, look)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("not seen within %s: %w", limit, err)
	}
	return err
}

// Until looks until there is no error, one is given up (GiveUp), or ctx ends: then the last error
// is returned.
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

// GiveUp is an error after which nobody looks again.
func GiveUp(err error) error { return givenUp{err} }
