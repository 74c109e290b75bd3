package pgoutput

import (
	"encoding/binary"
	"fmt"

	"github.com/waltrail/waltrail/change"
)

// row decodes an insert, an update or a delete. All texts of the row are copied at
// once, and the values are cut out of the copy.
func (d *Decoder) row(start change.LSN, kind byte, body []byte) error {
	if d.tx == nil || len(body) < 5 {
		return fmt.Errorf("%w: row outside a transaction, or cut short", ErrProtocol)
	}
	rel, err := d.lookup(binary.BigEndian.Uint32(body))
	if err != nil {
		return err
	}
	event := change.Event{Kind: kindOf(kind), Tx: d.tx, Rel: rel}
	t := tuples{rel: rel, raw: body[4:], text: d.arena.String(body[4:]), slab: &d.slab}
	if kind != 'I' && t.next('K', 'O') {
		event.Old = t.values()
	}
	if kind != 'D' && t.next('N', 'N') {
		event.New = t.values()
	}
	if t.err != nil || t.at != len(t.raw) || !complete(&event) {
		return t.failure()
	}
	n, ok := d.ordinals.next(start, rel.OID)
	if !ok {
		return fmt.Errorf("%w: more than 65,536 rows of one table in one record", ErrProtocol)
	}
	event.Pos = change.Position{Commit: d.tx.Commit, Change: start, N: n}
	d.bytes += eventBytes + len(body) + valueBytes*(len(event.Old)+len(event.New))
	d.events = append(d.events, event)
	return nil
}

func kindOf(b byte) change.Kind {
	switch b {
	case 'I':
		return change.Insert
	case 'D':
		return change.Delete
	}
	return change.Update
}

// complete says whether the tuples came that the kind needs.
func complete(e *change.Event) bool {
	if e.Kind == change.Delete {
		return e.Old != nil
	}
	return e.New != nil
}

func (d *Decoder) lookup(oid uint32) (*change.Relation, error) {
	if d.last != nil && d.last.OID == oid {
		return d.last, nil
	}
	rel := d.relations[oid]
	if rel == nil {
		return nil, fmt.Errorf("%w: row of table with OID %d, which no Relation message described", ErrProtocol, oid)
	}
	d.last = rel
	return rel, nil
}

// tuples reads the tuples of one row message. raw and text are the same bytes;
// raw is gone with the message, text stays.
type tuples struct {
	rel  *change.Relation
	raw  []byte
	text string
	at   int
	slab *slab
	key  bool // the current tuple holds the identity columns only
	err  error
}

// next steps over the mark of a tuple when it is one of the two given.
func (t *tuples) next(a, b byte) bool {
	if t.err != nil || t.at >= len(t.raw) {
		return false
	}
	mark := t.raw[t.at]
	if mark != a && mark != b {
		return false
	}
	t.key = mark == 'K'
	t.at++
	return true
}

// values reads one tuple.
func (t *tuples) values() []change.Value {
	if len(t.raw)-t.at < 2 {
		t.err = fmt.Errorf("%w: tuple cut short", ErrProtocol)
		return nil
	}
	n := int(binary.BigEndian.Uint16(t.raw[t.at:]))
	t.at += 2
	if n != len(t.rel.Columns) {
		t.err = fmt.Errorf("%w: tuple of %d columns, table has %d", ErrProtocol, n, len(t.rel.Columns))
		return nil
	}
	values := t.slab.take(n)
	for i := range values {
		if !t.value(&values[i]) {
			return nil
		}
		if t.key && !t.rel.Columns[i].InIdentity {
			values[i] = change.Value{} // sent as null, but in truth not in the log
		}
	}
	return values
}

// value reads one column. It reports whether the tuple can be read on.
func (t *tuples) value(v *change.Value) bool {
	if t.at >= len(t.raw) {
		t.err = fmt.Errorf("%w: column cut short", ErrProtocol)
		return false
	}
	kind := t.raw[t.at]
	t.at++
	switch kind {
	case 't':
		return t.textValue(v)
	case 'n':
		v.Kind = change.Null
	case 'u':
		v.Kind = change.Unchanged
	default:
		t.err = fmt.Errorf("%w: column of format %q, want text", ErrProtocol, kind)
		return false
	}
	return true
}

func (t *tuples) textValue(v *change.Value) bool {
	if len(t.raw)-t.at >= 4 {
		size := int(binary.BigEndian.Uint32(t.raw[t.at:]))
		from := t.at + 4
		if size <= len(t.raw)-from {
			v.Kind, v.Text = change.Text, t.text[from:from+size]
			t.at = from + size
			return true
		}
	}
	t.err = fmt.Errorf("%w: value cut short", ErrProtocol)
	return false
}

func (t *tuples) failure() error {
	if t.err != nil {
		return t.err
	}
	return fmt.Errorf("%w: row with missing or surplus tuples", ErrProtocol)
}

// truncate makes one event for each table of a TRUNCATE.
func (d *Decoder) truncate(start change.LSN, c cursor) error {
	count := int(c.uint32())
	c.uint8() // CASCADE and RESTART IDENTITY: the tables are all listed either way
	if c.short || d.tx == nil || count > len(c.rest)/4 {
		return fmt.Errorf("%w: misplaced or malformed Truncate", ErrProtocol)
	}
	oids := make([]uint32, count)
	for i := range oids {
		oids[i] = c.uint32()
	}
	if !c.done() {
		return fmt.Errorf("%w: surplus bytes in Truncate", ErrProtocol)
	}
	for i, n := range truncateOrdinals(make([]uint16, 0, count), oids) {
		rel, err := d.lookup(oids[i])
		if err != nil {
			return err
		}
		pos := change.Position{Commit: d.tx.Commit, Change: start, N: n}
		d.events = append(d.events, change.Event{Kind: change.Truncate, Pos: pos, Tx: d.tx, Rel: rel})
		d.bytes += eventBytes
	}
	return nil
}

// transactional is the flag of a logical message that belongs to a transaction.
const transactional = 1

// message decodes what pg_logical_emit_message wrote. Its LSN is the end of its
// record and thus often the start of the next row's; one less is inside the record
// and belongs to no row, and sorts before the row that follows. A message outside
// of transactions takes that same position as its commit.
func (d *Decoder) message(c cursor) error {
	flags, lsn := c.uint8(), change.LSN(c.uint64())
	prefix := c.text()
	content := c.bytes(int(c.uint32()))
	if !c.done() || lsn == 0 {
		return fmt.Errorf("%w: malformed Message", ErrProtocol)
	}
	event := change.Event{
		Kind: change.Message, Pos: change.Position{Commit: lsn - 1, Change: lsn - 1},
		Prefix: d.arena.String(prefix), Content: d.arena.String(content),
	}
	if flags&transactional != 0 {
		if d.tx == nil {
			return fmt.Errorf("%w: transactional Message outside a transaction", ErrProtocol)
		}
		event.Tx, event.Pos.Commit = d.tx, d.tx.Commit
	}
	d.bytes += eventBytes + len(prefix) + len(content)
	d.events = append(d.events, event)
	return nil
}
