package pgoutput

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/waltrail/waltrail/change"
)

// TestValuesSurvive proves that any row comes out as it went in, and stays so
// when the buffer of the message is used again.
func TestValuesSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := started('f')
		var got []change.Event
		var want [][]change.Value
		for i := range rapid.IntRange(1, 40).Draw(t, "rows") {
			wireRow, row := drawRow(t)
			msg := message('I').u32(tableOID).tuple('N', wireRow...)
			result, err := d.Decode(rowLSN+change.LSN(i), msg)
			if err != nil {
				t.Fatal(err)
			}
			got, want = append(got, result.Events...), append(want, row)
			copy(msg, bytes.Repeat([]byte{0xee}, len(msg)))
		}
		for i := range got {
			if diff := cmp.Diff(want[i], got[i].New); diff != "" {
				t.Fatalf("row %d: %s", i, diff)
			}
		}
	})
}

func drawRow(t *rapid.T) (onWire []any, row []change.Value) {
	for range 2 {
		s := rapid.OneOf(rapid.String(), rapid.StringN(0, -1, 40_000)).Draw(t, "text")
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			onWire, row = append(onWire, nil), append(row, null)
		case 1:
			onWire, row = append(onWire, unchanged{}), append(row, same)
		default:
			onWire, row = append(onWire, s), append(row, text(s))
		}
	}
	return onWire, row
}

// FuzzDecode feeds arbitrary messages, split at 0xff 0xfe, to one decoder: nothing
// may panic, and what is accepted must be well formed.
func FuzzDecode(f *testing.F) {
	separator := []byte{0xff, 0xfe}
	for _, seed := range [][]wire{
		{beginMessage(), relationMessage(tableOID, "first", 'd'), message('I').u32(tableOID).tuple('N', "1", nil), commitMessage()},
		{beginMessage(), message('U').u32(tableOID).tuple('K', "1", nil).tuple('N', "2", unchanged{})},
		{beginMessage(), message('D').u32(tableOID).tuple('O', "1", "a"), message('T').u32(1).b(0).u32(tableOID)},
		{message('M').b(0).u64(9).text("waltrail").u32(2).bytes("{}"), message('Y').u32(9).text("").text("x")},
	} {
		var all []byte
		for _, m := range seed {
			all = append(append(all, m...), separator...)
		}
		f.Add(all)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := New(1, 1<<32, func(*change.Relation) error { return nil })
		for _, known := range []wire{relationMessage(tableOID, "first", 'd'), relationMessage(secondOID, "second", 'f')} {
			decode(t, d, 0, known)
		}
		for i, msg := range bytes.Split(data, separator) {
			result, err := d.Decode(change.LSN(i+1), msg)
			if err != nil {
				return
			}
			for _, e := range result.Events {
				checkEvent(t, &e)
			}
		}
	})
}

func checkEvent(t *testing.T, e *change.Event) {
	if e.Kind == change.Message {
		return
	}
	if e.Tx == nil || e.Rel == nil || e.Pos.Commit != e.Tx.Commit {
		t.Fatalf("incomplete event %+v", e)
	}
	for _, row := range [][]change.Value{e.Old, e.New} {
		if row != nil && len(row) != len(e.Rel.Columns) {
			t.Fatalf("%d values for %d columns", len(row), len(e.Rel.Columns))
		}
		for _, v := range row {
			if v.Kind != change.Text && v.Text != "" {
				t.Fatalf("text %q with kind %d", v.Text, v.Kind)
			}
		}
	}
}
