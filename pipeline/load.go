package pipeline

import (
	"context"
	"sync"
	"time"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

// load takes batches from the source until ctx ends or the source fails. It
// closes the queue and the work, so that the others finish and end.
func (l *line) load(ctx, work context.Context) error {
	defer close(l.queue)
	defer close(l.work)
	for {
		l.linger(ctx)
		batch, err := l.Source.Next(ctx)
		if err != nil {
			return err
		}
		if err := l.put(work, batch); err != nil {
			return err
		}
	}
}

// linger waits while an earlier batch is being indexed, for a short time, so that
// a busy line makes few large requests and an idle one answers at once.
func (l *line) linger(ctx context.Context) {
	if l.budget.idle() {
		return
	}
	timer := time.NewTimer(l.Linger)
	defer timer.Stop()
	select {
	case <-l.indexed:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// put transforms a batch and puts it on the line as one or two cargos: what
// belongs to transactions that have ended, and the beginning of one that has not. An empty
// batch travels too, with its end (invariant 9).
func (l *line) put(work context.Context, batch *change.Batch) error {
	docs := l.takeBatch()
	l.Transformer.Transform(docs, batch)
	l.Metrics.received(batch)
	ended := endedBefore(docs.Changes, batch.End)
	first := &cargo{docs: docs.Changes[:ended], end: batch.End, flush: batch.Flush}
	last := first
	if ended < len(docs.Changes) && batch.End != 0 {
		last = &cargo{docs: docs.Changes[ended:]}
		if err := l.send(work, first); err != nil {
			return err
		}
	} else {
		first.docs = docs.Changes
	}
	last.batch = docs
	last.cost = int64(batch.Bytes + docs.Size())
	return l.send(work, last)
}

// endedBefore counts the changes of transactions that ended at or before end.
// A commit record begins before its transaction's end, and the next one at or after it.
func endedBefore(docs []document.Change, end change.LSN) int {
	n := len(docs)
	for n > 0 && docs[n-1].Position.Commit >= end {
		n--
	}
	return n
}

func (l *line) send(work context.Context, c *cargo) error {
	c.done = make(chan struct{})
	if err := l.budget.take(work, c.cost); err != nil {
		return err
	}
	for _, lane := range []chan *cargo{l.queue, l.work} {
		select {
		case lane <- c:
		case <-work.Done():
			return context.Cause(work)
		}
	}
	return nil
}

func (l *line) takeBatch() *document.Batch {
	select {
	case b := <-l.free:
		return b
	default:
		return new(document.Batch)
	}
}

// release gives a delivered cargo's memory back.
func (l *line) release(c *cargo) {
	l.budget.give(c.cost)
	if c.batch == nil {
		return
	}
	c.batch.Reset()
	select {
	case l.free <- c.batch:
	default: // more than the line ever holds: leave it to the collector
	}
}

// index makes cargo durable, in any order, several at once. It returns an
// error only when a station broke, which ends the session.
func (l *line) index(work context.Context) error {
	for c := range l.work {
		if len(c.docs) > 0 {
			c.failed = l.Index.Write(work, c.docs)
		}
		close(c.done)
		select {
		case l.indexed <- struct{}{}:
		default:
		}
		if c.failed != nil {
			return c.failed
		}
	}
	return nil
}

// budget is a count of bytes with a limit. A single cost over the limit passes
// when nothing else is under way.
type budget struct {
	limit int64
	mu    sync.Mutex
	// used is the cost of all cargo on the line; guarded by mu.
	used int64
	// count is the number of cargos on the line; guarded by mu.
	count int
	// freed is closed and renewed when something was given back; guarded by mu.
	freed chan struct{}
}

func (b *budget) take(ctx context.Context, cost int64) error {
	for {
		b.mu.Lock()
		if b.used == 0 || b.used+cost <= b.limit {
			b.used += cost
			b.count++
			b.mu.Unlock()
			return nil
		}
		if b.freed == nil {
			b.freed = make(chan struct{})
		}
		wait := b.freed
		b.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (b *budget) give(cost int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= cost
	b.count--
	if b.freed != nil {
		close(b.freed)
		b.freed = nil
	}
}

func (b *budget) idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count == 0
}
