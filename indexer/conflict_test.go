package indexer

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/waltrail/waltrail/document"
	"github.com/waltrail/waltrail/internal/testenv"
)

// rewind makes the same documents as sample, as they would come after a
// restore to an earlier point: the ids of others, on a timeline of their own.
func rewind(system string, n int, timeline uint32) *document.Batch {
	b := sample(system, 0, n)
	for i := range b.Changes {
		b.Changes[i].Timestamp = commitTime().Add(time.Duration(timeline) * time.Hour)
		b.Changes[i].Trail.Tx.Timeline = timeline
	}
	var e document.Encoder
	b.Encode(&e)
	return b
}

func TestRewoundHistoryIsKeptBeside(t *testing.T) {
	es := testenv.Elasticsearch(t)
	x := open(t, es.URL, es.System)
	var told []string
	x.OnRewind(func(id string) { told = append(told, id) })
	first := sample(es.System, 0, 4)
	if err := x.Write(limited(t), first.Changes); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a replay must find what the first attempt stored
		second, third := rewind(es.System, 4, 2), rewind(es.System, 4, 3)
		for _, b := range []*document.Batch{second, third} {
			if err := x.Write(limited(t), b.Changes); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := second.Changes[2].Event.ID, first.Changes[2].Event.ID+"~t2e1"; got != want {
			t.Errorf("second history: the document's id is %s, want %s", got, want)
		}
		if got, want := third.Changes[2].Event.ID, first.Changes[2].Event.ID+"~t3e1"; got != want {
			t.Errorf("third history: the document's id is %s, want %s", got, want)
		}
	}
	if n := es.Count(t, first.Changes[0].Index); n != 12 {
		t.Fatalf("%d documents, want the 4 of each of 3 histories", n)
	}
	if len(told) == 0 {
		t.Error("OnRewind was not called")
	}
	for _, hit := range es.Search(t, `{"size":100}`) {
		var c document.Change
		if err := json.Unmarshal(hit.Source, &c); err != nil || c.Event.ID != hit.ID {
			t.Errorf("document %s says that its id is %s (%v)", hit.ID, c.Event.ID, err)
		}
	}
}

// TestSameTimelineTwice: two histories that nothing but the commit time tells apart.
func TestSameTimelineTwice(t *testing.T) {
	es := testenv.Elasticsearch(t)
	x := open(t, es.URL, es.System)
	for i := range 3 {
		b := sample(es.System, 0, 1)
		b.Changes[0].Timestamp = commitTime().Add(time.Duration(i) * time.Microsecond)
		var e document.Encoder
		b.Encode(&e)
		if err := x.Write(limited(t), b.Changes); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	for _, hit := range es.Search(t, `{"sort":["@timestamp"]}`) {
		ids = append(ids, hit.ID[strings.LastIndex(hit.ID, "-"):])
	}
	if got := strings.Join(ids, " "); got != "-0000 -0000~t1e1 -0000~t1e2" {
		t.Fatalf("ids end in %s", got)
	}
}
