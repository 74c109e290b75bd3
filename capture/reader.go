package capture

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/waltrail/waltrail/capture/internal/pgoutput"
	"github.com/waltrail/waltrail/change"
)

// Reader is one session: one replication connection from Open to Close. Next and
// Confirm may be called from different goroutines, Next from one at a time.
type Reader struct {
	conn    *pgconn.PgConn
	wire    *coalescer
	catalog *catalog
	decoder *pgoutput.Decoder
	log     *slog.Logger
	metrics *Metrics

	source   string
	resumed  change.LSN
	timeline uint32

	handoff *handoff
	stream  streamState // of the reading goroutine only

	// confirmed is what the pipeline allows PostgreSQL to forget. It only
	// grows (invariant 4).
	confirmed atomic.Uint64
	// owed is the position of a keepalive that asked for a reply and is not
	// confirmed yet, zero when none: the server may be waiting for it to shut down.
	owed atomic.Uint64
	kick chan struct{} // capacity 1: send a status now

	ctx       context.Context // ends with the session
	cancel    context.CancelFunc
	running   sync.WaitGroup
	closeOnce sync.Once
	closeErr  error
}

// Source is the first part of every event id: 8 hex digits of the SHA-256 of
// "<system identifier>/<database name>".
func (r *Reader) Source() string { return r.source }

// Confirmed is the slot's confirmed_flush_lsn when the session began.
func (r *Reader) Confirmed() change.LSN { return r.resumed }

// Timeline is the server's timeline, 1 until a standby was promoted.
func (r *Reader) Timeline() uint32 { return r.timeline }

// Next returns the changes since the last call as soon as there are any. It
// waits, until ctx ends, when there are none. Any error but that of ctx is the end of
// the session; what was read before it is still returned first.
func (r *Reader) Next(ctx context.Context) (*change.Batch, error) {
	return r.handoff.take(ctx)
}

// Confirm lets PostgreSQL remove the log before lsn: all changes ending at or before it
// are safe (invariant 1). The server hears of it within a second, or at once
// when it is waiting. Lower positions than before are ignored (invariant 4).
func (r *Reader) Confirm(lsn change.LSN) {
	for {
		old := r.confirmed.Load()
		if uint64(lsn) <= old {
			return
		}
		if r.confirmed.CompareAndSwap(old, uint64(lsn)) {
			break
		}
	}
	r.metrics.confirm(lsn)
	if owed := r.owed.Load(); owed != 0 && uint64(lsn) >= owed {
		signal(r.kick)
	}
}

// Close tells the server the last confirmed position and ends the connection,
// within seconds. It may be called more than once and after an error; Next
// fails with ErrClosed afterwards.
func (r *Reader) Close() error {
	r.closeOnce.Do(func() { r.closeErr = r.close() })
	return r.closeErr
}

func (r *Reader) close() error {
	broken := r.ctx.Err() != nil
	r.end(ErrClosed)
	r.running.Wait()
	var err error
	if !broken {
		err = r.sendStatus(closeLimit)
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	_ = r.conn.Close(ctx) // the status is sent: nothing is lost when this fails
	r.catalog.close()
	return clean("send the last status", err)
}

// fail ends the session with err; the first reason is the one that Next reports. It
// returns at once. The socket is closed here and not left to Close: a server that
// shuts down waits for a connection that is open and silent.
func (r *Reader) fail(err error) {
	r.metrics.failed()
	r.end(err)
	_ = r.conn.Conn().Close()
}

// end stops the goroutines and leaves the connection able to write.
func (r *Reader) end(err error) {
	r.handoff.finish(err)
	r.cancel()
	_ = r.conn.Conn().SetReadDeadline(past()) // wakes the reading goroutine
}
