// Package retry spaces out attempts: exponential backoff with full jitter, so
// that many daemons that lost the same server do not come back in step.
package retry

import (
	"context"
	"math/rand/v2"
	"time"
)

// Backoff is the state between attempts. It is not safe for concurrent use.
type Backoff struct {
	// Min is the first pause, Max the longest one.
	Min, Max time.Duration
	// attempt counts the pauses since Reset.
	attempt int
}

// Wait pauses before the next attempt, between half and the whole of a pause
// that doubles each time. It returns the context's cause when ctx ends first.
func (b *Backoff) Wait(ctx context.Context) error {
	timer := time.NewTimer(b.next())
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Reset starts again with the shortest pause, after a success.
func (b *Backoff) Reset() { b.attempt = 0 }

func (b *Backoff) next() time.Duration {
	pause := b.Max
	if b.attempt < 30 {
		pause = min(b.Max, b.Min<<b.attempt)
	}
	b.attempt++
	return pause/2 + rand.N(pause/2+1) //nolint:gosec // jitter needs no secrecy
}
