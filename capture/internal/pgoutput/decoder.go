package pgoutput

import (
	"errors"
	"fmt"
	"time"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/internal/arena"
)

// ErrProtocol marks a message that this package cannot decode: cut short, out of
// place, or of a protocol version other than 1. The text names the kind of
// message and never quotes its content (invariant 7).
var ErrProtocol = errors.New("logical replication protocol violated")

// eventBytes and valueBytes are what an Event and a Value take besides their text.
const (
	eventBytes = 136
	valueBytes = 24
)

// Describe completes a relation with what the log does not carry: the key
// ordinals, and the names of types that are not built in (their Type is filled
// as well as the log allows). It must not keep the pointer.
type Describe func(*change.Relation) error

// Decoder is the state of one replication stream. It is not safe for
// concurrent use; what it returns is immutable and may be kept.
type Decoder struct {
	describe Describe
	timeline uint32
	xids     xidClock

	tx        *change.Tx // nil between transactions
	relations map[uint32]*change.Relation
	last      *change.Relation // of the row before: most rows follow one of their own table
	types     map[uint32]string

	arena    arena.Arena
	slab     slab
	ordinals ordinals
	events   []change.Event // reused by every Decode
	bytes    int
}

// Result is what one message says.
type Result struct {
	// Events is valid until the next Decode; the events themselves may be kept.
	Events []change.Event
	// End is set by a commit only: the position behind the transaction.
	End change.LSN
	// Bytes is the memory that the events hold.
	Bytes int
}

// New returns a decoder for a stream of the given timeline. nextXID is the
// server's next 64-bit transaction id, at or after connecting.
func New(timeline uint32, nextXID uint64, describe Describe) *Decoder {
	return &Decoder{
		describe:  describe,
		timeline:  timeline,
		xids:      xidClock{near: nextXID},
		relations: map[uint32]*change.Relation{},
		types:     map[uint32]string{},
	}
}

// InTransaction reports whether a Begin was decoded and its Commit was not.
func (d *Decoder) InTransaction() bool { return d.tx != nil }

// Decode decodes one message, which the caller may reuse afterwards. start is
// the WALStart that it came with. After an error the stream is unusable.
func (d *Decoder) Decode(start change.LSN, msg []byte) (Result, error) {
	if len(msg) == 0 {
		return Result{}, fmt.Errorf("%w: empty message at %s", ErrProtocol, start)
	}
	d.events, d.bytes = d.events[:0], 0
	end, err := d.dispatch(start, msg[0], msg[1:])
	if err != nil {
		return Result{}, fmt.Errorf("decode message %q at %s: %w", msg[0], start, err)
	}
	return Result{Events: d.events, End: end, Bytes: d.bytes}, nil
}

func (d *Decoder) dispatch(start change.LSN, kind byte, body []byte) (change.LSN, error) {
	switch kind {
	case 'U', 'I', 'D':
		return 0, d.row(start, kind, body)
	case 'B':
		return 0, d.begin(cursor{rest: body})
	case 'C':
		return d.commit(cursor{rest: body})
	case 'R':
		return 0, d.relation(cursor{rest: body})
	case 'Y':
		return 0, d.typeName(cursor{rest: body})
	case 'T':
		return 0, d.truncate(start, cursor{rest: body})
	case 'M':
		return 0, d.message(cursor{rest: body})
	case 'O':
		return 0, nil // where a change was first made is no part of the trail
	}
	return 0, fmt.Errorf("%w: unknown kind, want protocol version 1 without streaming", ErrProtocol)
}

func (d *Decoder) begin(c cursor) error {
	commit, at, xid := change.LSN(c.uint64()), c.uint64(), c.uint32()
	if !c.done() || d.tx != nil {
		return fmt.Errorf("%w: misplaced or malformed Begin", ErrProtocol)
	}
	d.tx = &change.Tx{
		XID:      d.xids.extend(xid),
		Commit:   commit,
		Time:     pgTime(at),
		Timeline: d.timeline,
	}
	return nil
}

// commit ends the transaction and returns TransactionEndLSN, the only
// position of a transaction that may ever be confirmed (invariant 2).
func (d *Decoder) commit(c cursor) (change.LSN, error) {
	_, lsn, end, _ := c.uint8(), change.LSN(c.uint64()), change.LSN(c.uint64()), c.uint64()
	if !c.done() || d.tx == nil || end < lsn {
		return 0, fmt.Errorf("%w: misplaced or malformed Commit", ErrProtocol)
	}
	if lsn != d.tx.Commit {
		return 0, fmt.Errorf("%w: Begin announced commit %s, Commit says %s", ErrProtocol, d.tx.Commit, lsn)
	}
	d.tx = nil
	return end, nil
}

// postgresEpoch is 2000-01-01 in microseconds of the Unix epoch.
const postgresEpoch = 946684800 * 1_000_000

func pgTime(micros uint64) time.Time {
	return time.UnixMicro(int64(micros) + postgresEpoch).UTC() //nolint:gosec // signed on the wire
}
