package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

// Source hands out the log.
type Source interface {
	// Next blocks until a batch is there. Batches come in log order, each once
	// per session. An error ends the session.
	Next(ctx context.Context) (*change.Batch, error)
	// Confirm tells PostgreSQL that the log up to lsn is no longer needed. It
	// does not block and is called with rising positions only (invariant 4).
	Confirm(lsn change.LSN)
}

// Transformer makes documents. It appends to dst, encodes it, and never fails:
// one goroutine calls it, with batches in log order.
type Transformer interface {
	Transform(dst *document.Batch, src *change.Batch)
}

// Index makes documents durable. Write returns nil only when each document is
// stored or quarantined; it retries what is transient by itself until ctx
// ends. Calls overlap.
type Index interface {
	Write(ctx context.Context, docs []document.Change) error
}

// Publisher calls the triggers. Publish returns nil only when every trigger that
// is due for docs is acknowledged; it retries by itself until ctx ends.
type Publisher interface {
	Publish(ctx context.Context, docs []document.Change) (document.StreamRange, error)
}

// Ledger keeps receipts. AppendReceipt returns nil only when the receipt is
// durable; Head returns the one with the highest To, and false when there is none.
type Ledger interface {
	Head(ctx context.Context) (document.Receipt, bool, error)
	AppendReceipt(ctx context.Context, r document.Receipt) error
}

// Options are the stations of one session and the limits of the line. The
// stations are required; limits that are zero get their defaults.
type Options struct {
	Source      Source
	Transformer Transformer
	Index       Index
	Publisher   Publisher
	// Ledger is nil where nothing is persisted: then the slot alone is the state
	// and a batch is confirmed as soon as its triggers are acknowledged.
	Ledger Ledger

	// Start is the position that the slot had confirmed when the session began.
	Start change.LSN
	// Timeline is the server's, for the receipts.
	Timeline uint32

	// InFlight is how many Index.Write calls overlap.
	InFlight int
	// Window is the memory, in bytes, that batches on the line may take
	// (invariant 6); one batch may overshoot it.
	Window int64
	// Linger is how long a batch may gather rows while an earlier one is still
	// being indexed. An idle line never lingers.
	Linger time.Duration
	// ReceiptEvery is the time between receipts while documents flow, and
	// IdleReceiptEvery the time between receipts that only move the slot.
	ReceiptEvery, IdleReceiptEvery time.Duration
	// DrainTimeout bounds how long Run goes on with what is under way after it
	// was told to stop.
	DrainTimeout time.Duration

	Log     *slog.Logger
	Metrics *Metrics
}

func (o *Options) setDefaults() {
	setDefault(&o.InFlight, 2)
	setDefault(&o.Window, 16<<20)
	setDefault(&o.Linger, 5*time.Millisecond)
	setDefault(&o.ReceiptEvery, 5*time.Second)
	setDefault(&o.IdleReceiptEvery, 30*time.Second)
	setDefault(&o.DrainTimeout, 10*time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

func setDefault[T int | int64 | time.Duration](v *T, def T) {
	if *v == 0 {
		*v = def
	}
}

// line is one session under way.
type line struct {
	Options
	// queue holds cargo in log order, work the same cargo for the indexers. Both
	// are filled by load and closed when it ends.
	queue, work chan *cargo
	// free holds document batches for reuse.
	free chan *document.Batch
	// indexed gets a token whenever an Index.Write returns.
	indexed chan struct{}
	budget  budget
	account account
}

// cargo is a run of changes on the line. It never holds changes beyond its end:
// either the end of the log that it covers is end, or it is inside a transaction and end is zero.
type cargo struct {
	docs []document.Change
	end  change.LSN
	// flush asks for a receipt and a confirmation at once.
	flush bool
	// cost is what the cargo takes of the budget.
	cost int64
	// done is closed when docs are durable, or failed says why not.
	done   chan struct{}
	failed error
	// batch is what docs belong to; the last cargo of a batch gives it back.
	batch *document.Batch
}

// Run moves batches down the line until ctx ends, the source fails or an
// invariant breaks. It then takes no more from the source, finishes what is under way (for
// DrainTimeout at the most), writes the receipt that is owed, and returns the
// cause: nil when ctx ended.
func Run(ctx context.Context, o Options) error {
	o.setDefaults()
	l := &line{
		Options: o,
		queue:   make(chan *cargo, o.InFlight+1),
		work:    make(chan *cargo, o.InFlight+1),
		free:    make(chan *document.Batch, o.InFlight+3),
		indexed: make(chan struct{}, 1),
	}
	l.budget.limit = o.Window
	if err := l.open(ctx); err != nil {
		return err
	}

	// Work outlives ctx: what was taken from the source is finished first.
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	load, stopLoad := context.WithCancel(ctx)
	defer stopLoad()
	context.AfterFunc(load, func() {
		time.AfterFunc(o.DrainTimeout, func() { stop(errDrain) })
	})

	var group sync.WaitGroup
	fail := func(err error) {
		if err != nil {
			stop(err)
			stopLoad()
		}
	}
	for range o.InFlight {
		group.Go(func() { fail(l.index(work)) })
	}
	group.Go(func() { fail(l.deliver(work)) })
	sourceErr := l.load(load, work)
	stopLoad()
	group.Wait()
	return l.cause(ctx, sourceErr, context.Cause(work))
}

// errDrain is the cause when what was under way did not finish in time.
var errDrain = errors.New("what was under way did not finish in time; PostgreSQL will send it again")

// cause chooses what Run returns: a failed station outranks the source, which
// may have failed only because it was told to stop.
func (l *line) cause(ctx context.Context, source, station error) error {
	switch {
	case station != nil && !errors.Is(station, errDrain):
		return station
	case ctx.Err() != nil:
		if station != nil {
			l.Log.Warn("stopped before the line was empty", "reason", station)
		}
		return nil
	default:
		return errors.Join(source, station)
	}
}

// open finds out from where receipts go on.
func (l *line) open(ctx context.Context) error {
	l.account.from = l.Start
	l.account.timeline = l.Timeline
	if l.Ledger == nil {
		return nil
	}
	head, ok, err := l.Ledger.Head(ctx)
	if err != nil {
		return fmt.Errorf("reading the last receipt: %w", err)
	}
	if !ok {
		return nil
	}
	l.account.prev = head.Hash
	if head.To < l.Start {
		l.Metrics.gap()
		l.Log.Error("receipts end before the slot's position: the index was rolled back, or the slot was moved by another program",
			"receipts_to", head.To, "slot", l.Start, "cure", "restore the newer index, or run a reconciliation of all entities")
		return nil
	}
	l.account.from = head.To
	return nil
}
