// The clock of a machine. For timers and waiting times it runs Options.Scale times as fast as the
// real one.

package machine

import (
	"crypto/rand"
	"encoding/hex"
	"time"
)

// monotonic is the machine's time since boot.
func (b *boot) monotonic() time.Duration {
	return scaled(time.Since(b.started), b.m.options.Scale)
}

// after fires when the machine's time has moved by d; never for infinity.
func (b *boot) after(d time.Duration) <-chan time.Time {
	return expiry(b.real(d))
}

// real returns how long a duration of the machine takes in real time.
func (b *boot) real(d time.Duration) time.Duration {
	return scaled(d, 1/b.m.options.Scale)
}

func scaled(d time.Duration, by float64) time.Duration {
	if by == 1 || d == forever {
		return d
	}
	return time.Duration(float64(d) * by)
}

// randomHex is a random number of so many hexadecimal digits.
func randomHex(digits int) string {
	bytes := make([]byte, (digits+1)/2)
	// crypto/rand.Read never fails (its documentation).
	_, _ = rand.Read(bytes)
	return hex.EncodeToString(bytes)[:digits]
}
