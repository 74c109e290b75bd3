package pgoutput

import (
	"encoding/binary"

	"github.com/waltrail/waltrail/change"
)

// wire builds messages by the protocol's documentation, independently of the decoder.
type wire []byte

func message(kind byte) wire { return wire{kind} }

func (w wire) b(v byte) wire       { return append(w, v) }
func (w wire) u16(v uint16) wire   { return binary.BigEndian.AppendUint16(w, v) }
func (w wire) u32(v uint32) wire   { return binary.BigEndian.AppendUint32(w, v) }
func (w wire) u64(v uint64) wire   { return binary.BigEndian.AppendUint64(w, v) }
func (w wire) text(s string) wire  { return append(append(w, s...), 0) }
func (w wire) bytes(s string) wire { return append(w, s...) }

// tuple appends a tuple; nil is null, unchanged{} an untouched TOAST value.
func (w wire) tuple(mark byte, values ...any) wire {
	w = w.b(mark).u16(uint16(len(values)))
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			w = w.b('n')
		case unchanged:
			w = w.b('u')
		case string:
			w = w.b('t').u32(uint32(len(v))).bytes(v)
		}
	}
	return w
}

type unchanged struct{}

const (
	tableOID  = 16384
	secondOID = 16385
	commitLSN = change.LSN(0x2000)
	rowLSN    = change.LSN(0x1000)
)

func beginMessage() wire {
	return message('B').u64(uint64(commitLSN)).u64(820540800_000000).u32(742) // 2026-01-01
}

func commitMessage() wire {
	return message('C').b(0).u64(uint64(commitLSN)).u64(uint64(commitLSN) + 48).u64(820540800_000000)
}

// relationMessage describes a table (id int in the identity, name text).
func relationMessage(oid uint32, name string, identity change.Identity) wire {
	nameFlag := byte(0)
	if identity == change.IdentityFull {
		nameFlag = inIdentity
	}
	return message('R').u32(oid).text("public").text(name).b(byte(identity)).u16(2).
		b(inIdentity).text("id").u32(23).u32(0xffffffff).
		b(nameFlag).text("name").u32(25).u32(0xffffffff)
}

// started returns a decoder inside a transaction that knows two tables.
func started(identity change.Identity) *Decoder {
	d := New(7, 800, func(*change.Relation) error { return nil })
	for _, m := range []wire{
		relationMessage(tableOID, "first", identity), relationMessage(secondOID, "second", identity), beginMessage(),
	} {
		if _, err := d.Decode(rowLSN, m); err != nil {
			panic(err) // the test's own messages are wrong
		}
	}
	return d
}
