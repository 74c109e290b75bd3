package retry

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestPausesDoubleUpToTheLongest(t *testing.T) {
	b := Backoff{Min: 100 * time.Millisecond, Max: time.Second}
	for i, want := range []time.Duration{100, 200, 400, 800, 1000, 1000} {
		want *= time.Millisecond
		if got := b.next(); got < want/2 || got > want {
			t.Errorf("pause %d is %v, want between %v and %v", i, got, want/2, want)
		}
	}
	b.Reset()
	if got := b.next(); got > 100*time.Millisecond {
		t.Errorf("pause after Reset is %v", got)
	}
}

func TestPausesNeverOverflow(t *testing.T) {
	b := Backoff{Min: time.Second, Max: time.Minute}
	for range 200 {
		if got := b.next(); got < 0 || got > time.Minute {
			t.Fatalf("pause %v", got)
		}
	}
}

func TestWaitEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("stop")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(cause) })
		b := Backoff{Min: time.Hour, Max: time.Hour}
		if err := b.Wait(ctx); !errors.Is(err, cause) {
			t.Fatalf("Wait returned %v, want the cause", err)
		}
	})
}
