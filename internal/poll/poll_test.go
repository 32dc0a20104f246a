package poll

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errNotYet = errors.New("not yet")

func TestItLooksUntilThereIsNoError(t *testing.T) {
	looks := 0
	require.NoError(t, For(t.Context(), time.Minute, func() error {
		if looks++; looks < 3 {
			return errNotYet
		}
		return nil
	}))
	assert.Equal(t, 3, looks)
}

func TestItLooksOnceWithoutTimeAndSaysWhatItSawLast(t *testing.T) {
	looks := 0
	err := For(t.Context(), 0, func() error { looks++; return errNotYet })
	assert.Equal(t, 1, looks)
	require.ErrorIs(t, err, errNotYet)
	assert.EqualError(t, err, "not seen within 0s: not yet")
}

func TestWhatIsGivenUpEndsAtOnce(t *testing.T) {
	looks := 0
	err := For(t.Context(), time.Minute, func() error { looks++; return GiveUp(errNotYet) })
	assert.Equal(t, 1, looks)
	assert.Equal(t, errNotYet, err)
}

func TestWhatEndsEarlyDoesNotClaimToHaveWaited(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := For(ctx, time.Minute, func() error { cancel(); return errNotYet })
	assert.EqualError(t, err, "ended before it was seen (context canceled): not yet")
}

func TestItEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := Until(ctx, func() error { cancel(); return errNotYet })
	assert.Equal(t, errNotYet, err)
}
