package pgoutput

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waltrail/waltrail/change"
)

func decode(t *testing.T, d *Decoder, lsn change.LSN, w wire) Result {
	t.Helper()
	r, err := d.Decode(lsn, w)
	if err != nil {
		t.Fatalf("Decode(%q): %v", w[0], err)
	}
	return r
}

func text(s string) change.Value { return change.Value{Kind: change.Text, Text: s} }

var (
	null    = change.Value{Kind: change.Null}
	unknown = change.Value{}
	same    = change.Value{Kind: change.Unchanged}
)

func TestRowsOfEachIdentity(t *testing.T) {
	for _, c := range []struct {
		name     string
		identity change.Identity
		msg      wire
		kind     change.Kind
		old, new []change.Value
	}{
		{"insert", 'd', message('I').u32(tableOID).tuple('N', "1", nil), change.Insert, nil, []change.Value{text("1"), null}},
		{"empty text is not null", 'd', message('I').u32(tableOID).tuple('N', "1", ""), change.Insert, nil, []change.Value{text("1"), text("")}},
		{"update without old row", 'd', message('U').u32(tableOID).tuple('N', "1", "b"), change.Update, nil, []change.Value{text("1"), text("b")}},
		{"update of the key", 'd', message('U').u32(tableOID).tuple('K', "1", nil).tuple('N', "2", "b"), change.Update,
			[]change.Value{text("1"), unknown}, []change.Value{text("2"), text("b")}},
		{"update with full old row", 'f', message('U').u32(tableOID).tuple('O', "1", nil).tuple('N', "1", "b"), change.Update,
			[]change.Value{text("1"), null}, []change.Value{text("1"), text("b")}},
		{"untouched TOAST", 'f', message('U').u32(tableOID).tuple('O', "1", "long").tuple('N', "2", unchanged{}), change.Update,
			[]change.Value{text("1"), text("long")}, []change.Value{text("2"), same}},
		{"delete by key", 'd', message('D').u32(tableOID).tuple('K', "1", nil), change.Delete, []change.Value{text("1"), unknown}, nil},
		{"delete with full old row", 'f', message('D').u32(tableOID).tuple('O', "1", "a"), change.Delete, []change.Value{text("1"), text("a")}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := started(c.identity)
			got := decode(t, d, rowLSN, c.msg).Events
			want := []change.Event{{
				Kind: c.kind, Old: c.old, New: c.new, Rel: d.relations[tableOID], Tx: d.tx,
				Pos: change.Position{Commit: commitLSN, Change: rowLSN},
			}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTransaction(t *testing.T) {
	d := started('d')
	event := decode(t, d, rowLSN, message('I').u32(tableOID).tuple('N', "1", "a")).Events[0]
	want := change.Tx{XID: 742, Commit: commitLSN, Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Timeline: 7}
	if diff := cmp.Diff(want, *event.Tx); diff != "" {
		t.Error(diff)
	}
	if !d.InTransaction() {
		t.Error("no transaction open after Begin")
	}
	if end := decode(t, d, rowLSN, commitMessage()).End; end != commitLSN+48 {
		t.Errorf("End %s, want TransactionEndLSN %s", end, commitLSN+48)
	}
	if d.InTransaction() {
		t.Error("transaction still open after Commit")
	}
}

func TestOrdinals(t *testing.T) {
	d := started('d')
	first := message('I').u32(tableOID).tuple('N', "1", "a")
	second := message('I').u32(secondOID).tuple('N', "1", "a")
	for i, c := range []struct {
		lsn  change.LSN
		row  wire
		want uint16
	}{{0x10, first, 0}, {0x10, first, 1}, {0x10, second, 0}, {0x10, first, 2}, {0x10, second, 1}, {0x18, first, 0}, {0x20, second, 0}} {
		if got := decode(t, d, c.lsn, c.row).Events[0].Pos.N; got != c.want {
			t.Errorf("row %d: N = %d, want %d", i, got, c.want)
		}
	}
}

func TestOrdinalsRunOut(t *testing.T) {
	d := started('d')
	row := message('I').u32(tableOID).tuple('N', "1", "a")
	for range 1 << 16 {
		decode(t, d, rowLSN, row)
	}
	if _, err := d.Decode(rowLSN, row); !errors.Is(err, ErrProtocol) {
		t.Fatalf("row 65,537 of one record: %v, want ErrProtocol rather than an id given twice", err)
	}
}

func TestTruncateOrdinals(t *testing.T) {
	for _, c := range []struct {
		name string
		oids []uint32
		want []uint16
	}{
		{"low half of the OID", []uint32{0x14001, 0x14002}, []uint16{0x4001, 0x4002}},
		{"the same with others unpublished", []uint32{0x14002}, []uint16{0x4002}},
		{"collision", []uint32{0x14001, 0x24001, 0x34001}, []uint16{0x4001, 0x4002, 0x4003}},
		{"collision at the end", []uint32{0x1ffff, 0x2ffff}, []uint16{0xffff, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, truncateOrdinals(nil, c.oids)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTruncate(t *testing.T) {
	d := started('d')
	got := decode(t, d, rowLSN, message('T').u32(2).b(3).u32(tableOID).u32(secondOID)).Events
	if len(got) != 2 || got[0].Rel.Name != "first" || got[1].Rel.Name != "second" || got[0].Kind != change.Truncate {
		t.Fatalf("got %+v, want a truncate of each table", got)
	}
	if got[0].Pos == got[1].Pos {
		t.Errorf("both have position %s", got[0].Pos)
	}
}

func TestMessages(t *testing.T) {
	content := message('M').b(1).u64(uint64(rowLSN)).text("waltrail").u32(2).bytes("{}")
	d := started('d')
	got := decode(t, d, rowLSN, content).Events[0]
	if got.Prefix != "waltrail" || got.Content != "{}" || got.Tx != d.tx {
		t.Errorf("got %+v", got)
	}
	// The row that follows the message in the log begins where the message ends.
	row := decode(t, d, rowLSN, message('I').u32(tableOID).tuple('N', "1", "a")).Events[0]
	if got.Pos.Compare(row.Pos) >= 0 {
		t.Errorf("message at %s is not before the row after it at %s", got.Pos, row.Pos)
	}
}

func TestMessageOutsideTransactions(t *testing.T) {
	d := New(1, 800, nil)
	got := decode(t, d, rowLSN, message('M').b(0).u64(uint64(rowLSN)).text("waltrail").u32(0)).Events[0]
	if got.Tx != nil || got.Pos.Commit != rowLSN-1 || got.Content != "" {
		t.Errorf("got %+v, want no Tx and its own position as Commit", got)
	}
}

func TestRelationPointerIsStable(t *testing.T) {
	d := started('d')
	before := d.relations[tableOID]
	decode(t, d, 0, relationMessage(tableOID, "first", 'd'))
	if d.relations[tableOID] != before {
		t.Error("the same description gave another pointer")
	}
	decode(t, d, 0, relationMessage(tableOID, "first", 'f'))
	row := decode(t, d, rowLSN, message('I').u32(tableOID).tuple('N', "1", "a")).Events[0]
	if row.Rel == before || row.Rel.Identity != 'f' {
		t.Error("another description kept the old relation")
	}
}

func TestDescribe(t *testing.T) {
	d := New(1, 1, func(rel *change.Relation) error {
		rel.Columns[0].KeyOrdinal = 1
		return nil
	})
	decode(t, d, 0, relationMessage(tableOID, "first", 'd'))
	if key := d.relations[tableOID].Columns[0].KeyOrdinal; key != 1 {
		t.Errorf("key ordinal %d, want what Describe set", key)
	}
	gone := errors.New("catalog gone")
	d = New(1, 1, func(*change.Relation) error { return gone })
	if _, err := d.Decode(0, relationMessage(tableOID, "first", 'd')); !errors.Is(err, gone) {
		t.Errorf("Decode: %v, want the error of Describe", err)
	}
}

func TestTypeMessageNamesUnknownTypes(t *testing.T) {
	d := New(1, 1, func(*change.Relation) error { return nil })
	decode(t, d, 0, message('Y').u32(90001).text("public").text("mood"))
	decode(t, d, 0, message('Y').u32(90002).text("geo").text("place"))
	decode(t, d, 0, message('R').u32(5).text("").text("t").b('d').u16(2).
		b(0).text("a").u32(90001).u32(0xffffffff).b(0).text("b").u32(90002).u32(0xffffffff))
	rel := d.relations[5]
	if got := rel.Schema + " " + rel.Columns[0].Type + " " + rel.Columns[1].Type; got != "pg_catalog mood geo.place" {
		t.Errorf("got %q", got)
	}
}

func TestXIDClock(t *testing.T) {
	for _, c := range []struct {
		name string
		near uint64
		xid  uint32
		want uint64
	}{
		{"same epoch, before", 5<<32 | 1000, 990, 5<<32 | 990},
		{"same epoch, after", 5<<32 | 1000, 1010, 5<<32 | 1010},
		{"epoch before", 5<<32 | 10, 0xfffffff0, 4<<32 | 0xfffffff0},
		{"epoch after", 5<<32 | 0xfffffff0, 10, 6<<32 | 10},
		{"first epoch", 800, 742, 742},
		{"nothing before the first epoch", 800, 0xfffffff0, 0xfffffff0},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := xidClock{near: c.near}
			if got := clock.extend(c.xid); got != c.want {
				t.Errorf("got %#x, want %#x", got, c.want)
			}
		})
	}
}

func TestXIDClockMovesOn(t *testing.T) {
	clock := xidClock{near: 1}
	for want := uint64(3); want < 5<<32; want += 1 << 30 {
		if got := clock.extend(uint32(want)); got != want {
			t.Fatalf("got %#x, want %#x", got, want)
		}
	}
}

const secret = "4929-1111-2222-3333"

func TestMalformed(t *testing.T) {
	full := message('U').u32(tableOID).tuple('O', "1", secret).tuple('N', "1", secret)
	cases := map[string]wire{
		"empty":                      {},
		"unknown kind":               message('Z').text(secret),
		"streamed transaction":       message('S').u32(1).b(1),
		"two-phase":                  message('P').b(0),
		"second Begin":               beginMessage(),
		"Commit of another":          message('C').b(0).u64(1).u64(2).u64(0),
		"unknown table":              message('I').u32(99).tuple('N', secret, secret),
		"too few columns":            message('I').u32(tableOID).tuple('N', secret),
		"insert without new row":     message('I').u32(tableOID).tuple('O', secret, secret),
		"delete without old row":     message('D').u32(tableOID),
		"delete with a new row":      message('D').u32(tableOID).tuple('O', "1", secret).tuple('N', "1", secret),
		"surplus bytes":              append(full, 0),
		"binary value":               message('I').u32(tableOID).b('N').u16(2).b('b').u32(1).b(0).b('n'),
		"value longer than all":      message('I').u32(tableOID).b('N').u16(2).b('t').u32(0xfffffff0).b(0),
		"truncate of too many":       message('T').u32(0xffffffff).b(0).u32(tableOID),
		"truncate of unknown":        message('T').u32(1).b(0).u32(99),
		"truncate with surplus":      message('T').u32(1).b(0).u32(tableOID).b(0),
		"message without prefix end": message('M').b(1).u64(1).bytes("x"),
		"message at zero":            message('M').b(0).u64(0).text("").u32(0),
		"message longer than all":    message('M').b(1).u64(1).text("x").u32(0xffffffff),
		"relation of many columns":   message('R').u32(1).text("").text("t").b('d').u16(0xffff),
		"type without name":          message('Y').u32(1).text("public"),
	}
	for i := 2; i < len(full); i++ {
		cases[fmt.Sprintf("row cut at %d", i)] = full[:i]
	}
	for name, msg := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := started('f').Decode(rowLSN, msg)
			if !errors.Is(err, ErrProtocol) {
				t.Fatalf("error %v, want ErrProtocol", err)
			}
			if strings.Contains(err.Error(), secret[:4]) {
				t.Errorf("the error discloses a value: %v", err)
			}
		})
	}
}

func TestOutsideTransaction(t *testing.T) {
	for name, msg := range map[string]wire{
		"row":      message('I').u32(tableOID).tuple('N', "1", "a"),
		"commit":   commitMessage(),
		"truncate": message('T').u32(1).b(0).u32(tableOID),
		"message":  message('M').b(1).u64(1).text("x").u32(0),
	} {
		t.Run(name, func(t *testing.T) {
			d := started('d')
			decode(t, d, rowLSN, commitMessage())
			if _, err := d.Decode(rowLSN, msg); !errors.Is(err, ErrProtocol) {
				t.Errorf("error %v, want ErrProtocol", err)
			}
		})
	}
}

func TestOriginIsIgnored(t *testing.T) {
	if got := decode(t, started('d'), 0, message('O').u64(1).text("elsewhere")); len(got.Events) != 0 || got.End != 0 {
		t.Errorf("got %+v, want nothing", got)
	}
}

func TestAllocations(t *testing.T) {
	d := started('f')
	row := message('U').u32(tableOID).tuple('O', "1", "old value").tuple('N', "1", "new value")
	lsn := rowLSN
	allocs := testing.AllocsPerRun(20_000, func() {
		lsn += 8
		decode(t, d, lsn, row)
	})
	if allocs >= 1 {
		t.Errorf("%v allocations per row, want far below one", allocs)
	}
}
