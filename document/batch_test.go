package document

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestBatchReuse fills one batch again and again and compares with documents
// that are encoded by themselves: nothing of an earlier use may shine through.
func TestBatchReuse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Batch
		var e Encoder
		for range 3 {
			b.Reset()
			var want [][]byte
			for range rapid.IntRange(0, 3).Draw(t, "changes") {
				c := genChange(t)
				want = append(want, (&Encoder{}).Append(nil, c))
				fill(b.Add(), c)
				if rapid.Bool().Draw(t, "drop") {
					b.Drop()
					want = want[:len(want)-1]
				}
			}
			b.Encode(&e)
			size := 0
			for i := range b.Changes {
				size += len(want[i])
				if diff := cmp.Diff(string(want[i]), string(b.Changes[i].Body)); diff != "" {
					t.Fatalf("body %d differs (-want +got):\n%s", i, diff)
				}
			}
			if len(b.Changes) != len(want) || b.Size() != size {
				t.Fatalf("%d changes of %d bytes, want %d of %d", len(b.Changes), b.Size(), len(want), size)
			}
		}
	})
}

// fill sets a slot as stations do, by appending to the slices that it has.
func fill(slot, c *Change) {
	kept := slot.Trail
	*slot = *c
	slot.Trail.Fields = append(kept.Fields, c.Trail.Fields...)
	slot.Trail.Terms = append(kept.Terms, c.Trail.Terms...)
	slot.Trail.Change.Fields = append(kept.Change.Fields, c.Trail.Change.Fields...)
	slot.Trail.Change.Paths = append(kept.Change.Paths, c.Trail.Change.Paths...)
	slot.Trail.Item.Key = append(kept.Item.Key, c.Trail.Item.Key...)
	slot.Trail.Snapshot = append(kept.Snapshot, c.Trail.Snapshot...)
}

func TestBatchLetsGiantBuffersGo(t *testing.T) {
	var b Batch
	b.Add().Message = strings.Repeat("x", keptBuffer+1)
	b.Encode(&Encoder{})
	b.Reset()
	if b.buf != nil {
		t.Errorf("a buffer of %d bytes is kept after Reset", cap(b.buf))
	}
}

func TestBodiesDoNotOverlap(t *testing.T) {
	var b Batch
	for _, m := range []string{"first", "second"} {
		b.Add().Message = m
	}
	b.Encode(&Encoder{})
	_ = append(b.Changes[0].Body, "overwritten"...)
	for i, m := range []string{"first", "second"} {
		var c Change
		if err := json.Unmarshal(b.Changes[i].Body, &c); err != nil || c.Message != m {
			t.Errorf("body %d holds %q, %v", i, c.Message, err)
		}
	}
}

func TestRowIsSortedInJSON(t *testing.T) {
	row := Row{{Name: "b", Kind: Text, Value: "2"}, {Name: "\uFFFD", Kind: Null}, {Name: "😀", Kind: JSON, Value: "[1]"}, {Name: "a", Kind: Text}}
	body, err := row.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	// By UTF-16 code units, as RFC 8785 wants it, an emoji is before U+FFFD.
	if want := `{"a":"","b":"2","😀":[1],"` + "\uFFFD" + `":null}`; !bytes.Equal(body, []byte(want)) {
		t.Errorf("row is written as %s, want %s", body, want)
	}
	if row[0].Name != "b" {
		t.Error("writing a row changed the order of its cells in memory")
	}
}
