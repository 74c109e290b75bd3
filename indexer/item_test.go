package indexer

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/waltrail/waltrail/document"
)

func TestRename(t *testing.T) {
	b := sample("shop", 0, 1)
	c := &b.Changes[0]
	c.Trail.Tx.Timeline = 7
	id, sum := c.Event.ID, c.Sum
	it := item{doc: c, id: id, body: c.Body}
	for _, suffix := range []string{"~t7e1", "~t7e2"} {
		it.rename()
		if it.id != id+suffix || c.Event.ID != it.id {
			t.Errorf("id is %s, the document's %s", it.id, c.Event.ID)
		}
	}
	var stored document.Change
	if err := json.Unmarshal(it.body, &stored); err != nil || stored.Event.ID != it.id {
		t.Errorf("the body has id %s (%v)", stored.Event.ID, err)
	}
	if c.Sum == sum || !bytes.Equal(it.body, c.Body) {
		t.Error("hash and body must be those of the renamed document: the receipt and the trigger use them")
	}
}

func TestChunk(t *testing.T) {
	tests := map[string]struct {
		bytes, docs int
		sizes       []int
		want        []int // ends of the chunks
	}{
		"all in one":         {10_000, 100, []int{100, 100, 100}, []int{3}},
		"by number":          {10_000, 2, []int{100, 100, 100}, []int{2, 3}},
		"by bytes":           {1000, 100, []int{500, 300, 500, 800}, []int{2, 3, 4}},
		"giant on its own":   {1000, 100, []int{100, 90_000, 100}, []int{1, 2, 3}},
		"giant at the start": {1000, 100, []int{90_000, 100, 100}, []int{1, 3}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			x := &Indexer{cfg: Config{BulkDocuments: tt.docs}}
			x.bulkBytes.Store(int64(tt.bytes))
			w := writer{x: x}
			for _, size := range tt.sizes {
				w.items = append(w.items, item{body: make([]byte, size)})
			}
			var ends []int
			for start := 0; start < len(w.items); start = ends[len(ends)-1] {
				ends = append(ends, w.chunk(start))
			}
			if len(ends) != len(tt.want) {
				t.Fatalf("chunks end at %v, want %v", ends, tt.want)
			}
			for i := range ends {
				if ends[i] != tt.want[i] {
					t.Fatalf("chunks end at %v, want %v", ends, tt.want)
				}
			}
		})
	}
}

// TestVerdict decides about ids that exist already.
func TestVerdict(t *testing.T) {
	stored := func(change func(*storedDocument)) *storedDocument {
		s := &storedDocument{ID: "a", Found: true, SeqNo: 5}
		s.Source.Timestamp = commitTime()
		s.Source.Trail.Tx.ID = 742
		change(s)
		return s
	}
	tests := map[string]struct {
		stored *storedDocument
		shard  string
		want   string
	}{
		"the same":            {stored(func(*storedDocument) {}), "0", "durable"},
		"not replicated yet":  {stored(func(s *storedDocument) { s.SeqNo = 6 }), "0", "later"},
		"gone again":          {stored(func(s *storedDocument) { s.Found = false }), "0", "later"},
		"another document":    {stored(func(s *storedDocument) { s.ID = "b" }), "0", "later"},
		"shard not known":     {stored(func(*storedDocument) {}), "3", "later"},
		"another transaction": {stored(func(s *storedDocument) { s.Source.Trail.Tx.ID++ }), "0", "renamed"},
		"another time":        {stored(func(s *storedDocument) { s.Source.Timestamp = s.Source.Timestamp.Add(1000) }), "0", "renamed"},
		"below a microsecond": {stored(func(s *storedDocument) { s.Source.Timestamp = s.Source.Timestamp.Add(999) }), "0", "durable"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			x, _ := waiting()
			w := writer{x: x}
			b := sample("shop", 0, 1)
			it := item{doc: &b.Changes[0], id: "a", err: &Error{shard: tt.shard}}
			w.verdict(&it, tt.stored, map[string]int64{"0": 5})
			got := map[bool]string{true: "later", false: "nothing"}[w.why != nil]
			switch {
			case it.outcome == durable:
				got = "durable"
			case it.fork > 0:
				got = "renamed"
			}
			if got != tt.want {
				t.Errorf("verdict is %s, want %s", got, tt.want)
			}
		})
	}
}
