package pipeline

import (
	"context"
	"fmt"
	"time"

	"github.com/waltrail/waltrail/change"
)

// deliver takes cargo off the line in log order: when it is durable, its
// triggers are published, then a receipt says so, then PostgreSQL is told. Since it waits for each cargo in
// turn, nothing is published before all that came before it is durable.
func (l *line) deliver(work context.Context) error {
	receipt := time.NewTicker(l.ReceiptEvery)
	defer receipt.Stop()
	lastIdle := time.Now()
	for {
		select {
		case c, ok := <-l.queue:
			if !ok {
				return l.settle(work)
			}
			if err := l.deliverOne(work, c); err != nil {
				return err
			}
		case now := <-receipt.C:
			if l.account.sums.n == 0 && now.Sub(lastIdle) < l.IdleReceiptEvery {
				continue // only the slot's position is owed: that can wait
			}
			lastIdle = now
			if err := l.settle(work); err != nil {
				return err
			}
		case <-work.Done():
			return context.Cause(work)
		}
	}
}

func (l *line) deliverOne(work context.Context, c *cargo) error {
	select {
	case <-c.done:
	case <-work.Done():
		return context.Cause(work)
	}
	if c.failed != nil {
		return c.failed
	}
	l.Metrics.indexed(c)
	stream, err := l.Publisher.Publish(work, c.docs)
	if err != nil {
		return fmt.Errorf("publishing triggers: %w", err)
	}
	l.Metrics.published(c)
	if full := l.account.add(c, stream); full {
		// A transaction that lasts: settle what ended before it while that can
		// still be told apart.
		if err := l.settle(work); err != nil {
			return err
		}
		l.account.fold()
	}
	l.release(c)
	if l.Ledger == nil || c.flush {
		return l.settle(work)
	}
	return nil
}

// settle writes the receipt that is owed, if any, and confirms. Invariant 1:
// only here, only after documents, triggers and receipt of everything up to the position are safe.
func (l *line) settle(work context.Context) error {
	r, ok := l.account.owed(time.Now())
	if !ok {
		return nil
	}
	if l.Ledger != nil && r.To > r.From {
		if err := r.Seal(); err != nil {
			return fmt.Errorf("sealing a receipt: %w", err)
		}
		if err := l.Ledger.AppendReceipt(work, r); err != nil {
			return fmt.Errorf("writing a receipt: %w", err)
		}
	}
	confirm := l.account.settled(r)
	l.confirm(confirm)
	return nil
}

func (l *line) confirm(lsn change.LSN) {
	l.Source.Confirm(lsn)
	l.Metrics.confirmed(lsn)
}
