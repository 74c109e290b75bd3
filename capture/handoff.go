package capture

import (
	"context"
	"sync"
	"time"

	"github.com/waltrail/waltrail/change"
)

// A batch is full at either limit; then the stream waits for the consumer, and
// PostgreSQL for the stream. Together with the one batch that Next has returned this
// bounds the memory of a session, whatever the size of a transaction (invariant 6).
const (
	fullEvents = 1000
	fullBytes  = 1 << 20
)

// handoff is the batch that accumulates while the consumer is busy. One
// goroutine adds, one takes.
type handoff struct {
	mu     sync.Mutex
	batch  *change.Batch // nil when there is nothing
	err    error         // why nothing more will come
	hint   int           // capacity for the next batch: the size of the one before
	hungry bool          // a consumer waits for ready

	ready chan struct{} // capacity 1: look again
	room  chan struct{} // capacity 1: a batch was taken
}

func newHandoff() *handoff {
	return &handoff{ready: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// minEvents is the smallest capacity of a batch.
const minEvents = 64

// addition is what one message adds to the batch.
type addition struct {
	events []change.Event
	end    change.LSN // zero when it moves nothing
	bytes  int
	flush  bool
	at     time.Time
}

// add appends and reports whether the batch is full. It does not wake the
// consumer: the stream does so when it has nothing more at hand.
func (h *handoff) add(a addition) (full bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.batch == nil {
		h.batch = &change.Batch{}
		if len(a.events) > 0 {
			h.batch.Events = make([]change.Event, 0, max(h.hint, minEvents, len(a.events)))
		}
	}
	b := h.batch
	b.Events = append(b.Events, a.events...)
	b.End = max(b.End, a.end) // invariant 4
	b.Flush = b.Flush || a.flush
	b.Bytes += a.bytes
	b.Received = a.at
	return len(b.Events) >= fullEvents || b.Bytes >= fullBytes
}

// pending reports whether a batch accumulates.
func (h *handoff) pending() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.batch != nil
}

// offer wakes a consumer that waits, if there is something for it.
func (h *handoff) offer() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.hungry && (h.batch != nil || h.err != nil) {
		h.hungry = false
		signal(h.ready)
	}
}

// waitForRoom returns once the full batch was taken, false when done ended first.
func (h *handoff) waitForRoom(done <-chan struct{}) bool {
	for h.pending() {
		h.offer()
		select {
		case <-h.room:
		case <-done:
			return false
		}
	}
	return true
}

// take returns the accumulated batch, waiting for one; then the error of finish.
func (h *handoff) take(ctx context.Context) (*change.Batch, error) {
	for {
		b, err := h.tryTake()
		if b != nil || err != nil {
			return b, err
		}
		select {
		case <-h.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (h *handoff) tryTake() (*change.Batch, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.batch == nil {
		h.hungry = h.err == nil
		return nil, h.err
	}
	b := h.batch
	h.batch, h.hint, h.hungry = nil, len(b.Events), false
	signal(h.room)
	return b, nil
}

// finish makes take fail with err once the batch is gone. The first error counts.
func (h *handoff) finish(err error) {
	h.mu.Lock()
	if h.err == nil {
		h.err = err
	}
	h.mu.Unlock()
	h.offer()
}

// signal leaves a token in a channel of capacity 1.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
