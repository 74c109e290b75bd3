package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/waltrail/waltrail/change"
)

// keepaliveEvery is how often an otherwise empty batch may carry the position of a
// keepalive. PostgreSQL repeats a position that is not confirmed after
// each status, so that one left out comes again.
const keepaliveEvery = 200 * time.Millisecond

// streamState belongs to the reading goroutine.
type streamState struct {
	passed   change.LSN // End of the last keepalive passed on
	passedAt time.Time
	counts   counts // not yet in the metrics
}

// read receives until the session ends. It is the only goroutine that reads the
// connection and the only user of the decoder.
func (r *Reader) read() {
	defer r.running.Done()
	for {
		msg, err := r.conn.Frontend().Receive()
		if err != nil {
			err = clean("receive", err)
		} else {
			err = r.handle(msg)
		}
		if err != nil {
			r.stopReading(err)
			return
		}
	}
}

// stopReading is for the end of the stream. When the session has ended before,
// as Close does it, err is only the echo of that.
func (r *Reader) stopReading(err error) {
	r.metrics.add(&r.stream.counts)
	if r.ctx.Err() == nil {
		r.fail(err)
	}
}

func (r *Reader) handle(msg pgproto3.BackendMessage) error {
	switch m := msg.(type) {
	case *pgproto3.CopyData:
		return r.copyData(m.Data)
	case *pgproto3.ErrorResponse:
		return streamError(m)
	case *pgproto3.NoticeResponse, *pgproto3.ParameterStatus:
		return nil
	}
	return errors.New("postgres: the server ended the replication stream, as it does when it shuts down")
}

// streamError adds the cure where there is a known one.
func streamError(m *pgproto3.ErrorResponse) error {
	err := clean("stream changes", pgconn.ErrorResponseToPgError(m))
	if hasState(err, stateUndefined) {
		return fmt.Errorf("%w: the slot stands before the publication was made, and cannot be read from there: "+
			"drop the slot (SELECT pg_drop_replication_slot) to begin anew, which leaves a gap", err)
	}
	return err
}

// The headers of the replication protocol (PostgreSQL documentation, chapter
// "Streaming Replication Protocol"): kind, positions, clock.
const (
	dataHeader = 1 + 8 + 8 + 8
	keepalive  = 1 + 8 + 8 + 1
)

func (r *Reader) copyData(data []byte) error {
	switch {
	case len(data) >= dataHeader && data[0] == 'w':
		return r.logged(change.LSN(binary.BigEndian.Uint64(data[1:])), data[dataHeader:])
	case len(data) >= keepalive && data[0] == 'k':
		return r.keptAlive(change.LSN(binary.BigEndian.Uint64(data[1:])), data[keepalive-1] != 0)
	}
	return errors.New("postgres: malformed replication message")
}

// logged passes on what one decoded message says.
func (r *Reader) logged(start change.LSN, msg []byte) error {
	result, err := r.decoder.Decode(start, msg)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	r.stream.counts.logged(start, len(msg), result)
	if len(result.Events) == 0 && result.End == 0 {
		return nil
	}
	return r.pass(addition{events: result.Events, end: result.End, bytes: result.Bytes, at: r.wire.filled})
}

// keptAlive handles a keepalive. Its position may be confirmed only when no
// transaction is open (invariant 2), and travels in order with the changes (invariant 9).
func (r *Reader) keptAlive(end change.LSN, reply bool) error {
	r.stream.counts.keptAlive(end)
	if reply {
		r.owed.Store(uint64(end))
		signal(r.kick)
	}
	now := r.wire.filled
	if r.decoder.InTransaction() {
		end = 0
	} else if !reply && !r.worthPassing(end, now) {
		return nil
	}
	if end == 0 && !reply {
		return nil
	}
	r.stream.passed, r.stream.passedAt = max(r.stream.passed, end), now
	return r.pass(addition{end: end, flush: reply, at: now})
}

// worthPassing keeps an idle stream from making a batch of every keepalive.
func (r *Reader) worthPassing(end change.LSN, now time.Time) bool {
	if r.handoff.pending() {
		return true // a ride for free
	}
	return uint64(end) > r.confirmed.Load() && now.Sub(r.stream.passedAt) >= keepaliveEvery
}

func (r *Reader) pass(a addition) error {
	if !r.handoff.add(a) {
		return nil
	}
	r.stall()
	if !r.handoff.waitForRoom(r.ctx.Done()) {
		return ErrClosed
	}
	return nil
}

// stall runs before anything that may take time: what was counted is published,
// what was gathered is offered.
func (r *Reader) stall() {
	r.metrics.add(&r.stream.counts)
	r.handoff.offer()
}

func past() time.Time { return time.Unix(1, 0) }
