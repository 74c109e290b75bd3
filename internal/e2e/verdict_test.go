package e2e

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/waltrail/waltrail/internal/testenv"
)

// doc is a document as a third party would read it.
type doc struct {
	ID    string
	Event struct {
		ID, Action string
	}
	Trail struct {
		Sequence string
		Item     struct{ UID, ID string }
		Change   struct{ Type string }
		Fields   []struct {
			Field    string
			Old, New struct{ Value *string }
		}
	}
}

// step returns the old and the new value of column step; -1 where it is absent.
func (d *doc) step(t *testing.T) (from, to int) {
	t.Helper()
	from, to = -1, -1
	for _, f := range d.Trail.Fields {
		if f.Field != "step" {
			continue
		}
		for side, value := range map[*int]*string{&from: f.Old.Value, &to: f.New.Value} {
			if value == nil {
				continue
			}
			n, err := strconv.Atoi(*value)
			if err != nil {
				t.Fatalf("%s: step %q", d.ID, *value)
			}
			*side = n
		}
	}
	return from, to
}

// documents reads every document of the rig from the index.
func (r *rig) documents(t *testing.T) []doc {
	t.Helper()
	r.es.Refresh(t)
	var docs []doc
	after := ""
	for {
		body := fmt.Sprintf(`{"size":5000,"sort":[{"trail.tx.commit_lsn":"asc"},{"trail.tx.change_lsn":"asc"},{"trail.tx.n":"asc"}]%s,
			"_source":["event","trail.sequence","trail.item","trail.change","trail.fields"]}`, after)
		var page struct {
			Hits struct {
				Hits []struct {
					ID     string          `json:"_id"`
					Source json.RawMessage `json:"_source"`
					Sort   json.RawMessage `json:"sort"`
				}
			}
		}
		status, answer := r.es.Do(t, "POST", "/trail-"+r.system+"-default-*/_search", body)
		if status != 200 {
			t.Fatalf("search answers %d: %s", status, tail(string(answer), 500))
		}
		if err := json.Unmarshal(answer, &page); err != nil {
			t.Fatal(err)
		}
		for _, h := range page.Hits.Hits {
			d := doc{ID: h.ID}
			if err := json.Unmarshal(h.Source, &d); err != nil {
				t.Fatalf("document %s: %v", h.ID, err)
			}
			if d.Event.ID != d.ID || !strings.HasSuffix(d.ID, d.Trail.Sequence) {
				t.Fatalf("document %s calls itself %s, sequence %s", d.ID, d.Event.ID, d.Trail.Sequence)
			}
			docs = append(docs, d)
			after = `,"search_after":` + string(h.Sort)
		}
		if len(page.Hits.Hits) < 5000 {
			return docs
		}
	}
}

// asDocuments takes the documents from the stream, where nothing else keeps them,
// and checks that they are the history of the table.
func (r *rig) asDocuments(t *testing.T) []doc {
	t.Helper()
	var docs []doc
	seen := map[string]bool{}
	for _, m := range r.bus.Messages(t, "TRAIL") {
		d := doc{ID: m.Header.Get("ce-id")}
		if err := json.Unmarshal(m.Data, &d); err != nil {
			t.Fatalf("message %s: %v", d.ID, err)
		}
		if !seen[d.ID] {
			docs = append(docs, d)
		}
		seen[d.ID] = true
	}
	slices.SortStableFunc(docs, func(a, b doc) int { return cmp.Compare(a.Trail.Sequence, b.Trail.Sequence) })
	r.exactlyOnce(t, docs)
	return docs
}

// exactlyOnce fails unless the documents are the history of the table: for each row one
// created document, then one per update, each beginning where the one before it ended, up to what the row holds now.
func (r *rig) exactlyOnce(t *testing.T, docs []doc) {
	t.Helper()
	at := map[string]int{}
	for i := range docs {
		d := &docs[i]
		uid := d.Trail.Item.UID
		from, to := d.step(t)
		last, seen := at[uid]
		if !seen {
			last = -1
		}
		if from != last || to != last+1 {
			t.Fatalf("%s: document %s goes from step %d to %d after a document that ended at %d", uid, d.ID, from, to, last)
		}
		at[uid] = to
	}
	for _, row := range r.pg.Rows(t, "select id, step from items") {
		if got := at["item:"+row[0]]; strconv.Itoa(got) != row[1] {
			t.Fatalf("row %s holds step %s, its documents end at %d", row[0], row[1], got)
		}
		delete(at, "item:"+row[0])
	}
	if len(at) > 0 {
		t.Fatalf("%d items have documents but no row", len(at))
	}
}

// witness is a subscriber that looks, for each trigger at the moment it arrives,
// whether its document can be read.
type witness struct {
	mu sync.Mutex
	// first has the ids in the order of their first delivery.
	first []string
	// sequences and items go with first.
	sequences, items []string
	repeated         int
	seen             map[string]bool
	early            []string
}

// watch starts a witness; it ends with the test.
func (r *rig) watch(t *testing.T) *witness {
	t.Helper()
	w := &witness{seen: map[string]bool{}}
	js := r.bus.JetStream(t)
	var consumer jetstream.Consumer
	testenv.Eventually(t, "the stream is there", 3*time.Minute, func() bool {
		var err error
		consumer, err = js.OrderedConsumer(t.Context(), "TRAIL", jetstream.OrderedConsumerConfig{})
		return err == nil
	})
	messages, err := consumer.Messages(jetstream.PullMaxMessages(500))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(messages.Stop)
	go func() {
		for {
			m, err := messages.Next()
			if err != nil {
				return
			}
			w.see(r.readable(t.Context(), m.Headers().Get("ce-id")), m)
		}
	}()
	return w
}

// readable asks for a document by its id, which Elasticsearch answers without a
// refresh. While Elasticsearch is away it asks again: only a "no" counts.
func (r *rig) readable(ctx context.Context, id string) bool {
	if r.es == nil {
		return true
	}
	url := r.es.URL + "/trail-" + r.system + "-default-" + time.Now().UTC().Format("2006.01") + "/_doc/" + id + "?_source=false"
	for ctx.Err() == nil {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return false
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			continue
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusNotFound {
			return resp.StatusCode == http.StatusOK
		}
	}
	return true
}

func (w *witness) see(readable bool, m jetstream.Msg) {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := m.Headers().Get("ce-id")
	if !readable {
		w.early = append(w.early, id)
	}
	if w.seen[id] {
		w.repeated++
		return
	}
	w.seen[id] = true
	w.first = append(w.first, id)
	w.sequences = append(w.sequences, id[strings.IndexByte(id, '-')+1:])
	w.items = append(w.items, m.Headers().Get("ce-subject"))
}

func (w *witness) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.first)
}

// everyDocument fails unless each document was triggered, none before it could be
// read, and each item's in order. It returns how many messages came more than once.
func (w *witness) everyDocument(t *testing.T, docs []doc) int {
	t.Helper()
	testenv.Eventually(t, fmt.Sprintf("%d triggers have come", len(docs)), 3*time.Minute, func() bool { return w.count() >= len(docs) })
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.early) > 0 {
		t.Errorf("%d triggers came before their document, the first one %s", len(w.early), w.early[0])
	}
	if len(w.first) != len(docs) {
		t.Errorf("%d triggers for %d documents", len(w.first), len(docs))
	}
	for i := range docs {
		if !w.seen[docs[i].ID] {
			t.Fatalf("document %s has no trigger", docs[i].ID)
		}
	}
	last := map[string]string{}
	for i, item := range w.items {
		if last[item] > w.sequences[i] {
			t.Fatalf("%s: the trigger of %s came after that of %s", item, w.sequences[i], last[item])
		}
		last[item] = w.sequences[i]
	}
	return w.repeated
}

// slotWithinLog fails when the slot stands past the end of the log.
func (r *rig) slotWithinLog(t *testing.T) {
	t.Helper()
	past := r.pg.Rows(t, `select confirmed_flush_lsn, pg_current_wal_lsn() from pg_replication_slots
		where slot_name = $1 and confirmed_flush_lsn > pg_current_wal_lsn()`, r.pg.Name)
	if len(past) > 0 {
		t.Fatalf("the slot stands at %s, the log ends at %s", past[0][0], past[0][1])
	}
}

// receipt is a receipt as a search returns it.
type receipt struct {
	Source struct {
		From, To, N int64
		Prev        string `json:"prev_hash"`
		Hash        string
	} `json:"_source"`
}

// receiptsContiguous fails unless each receipt begins where the one before it ended.
func (r *rig) receiptsContiguous(t *testing.T, docs int) {
	t.Helper()
	status, answer := r.es.Do(t, "POST", "/trail-"+r.system+"-receipts-*/_search", `{"size":10000}`)
	if status != 200 {
		t.Fatalf("search answers %d: %s", status, tail(string(answer), 500))
	}
	var page struct {
		Hits struct {
			Hits []receipt
		}
	}
	if err := json.Unmarshal(answer, &page); err != nil {
		t.Fatal(err)
	}
	hits := page.Hits.Hits
	slices.SortFunc(hits, func(a, b receipt) int { return cmp.Compare(a.Source.To, b.Source.To) })
	var sum int64
	for i := range hits {
		sum += hits[i].Source.N
		if i > 0 && (hits[i].Source.From != hits[i-1].Source.To || hits[i].Source.Prev != hits[i-1].Source.Hash) {
			t.Fatalf("receipt %d begins at %d, the one before ended at %d", i, hits[i].Source.From, hits[i-1].Source.To)
		}
	}
	if sum != int64(docs) {
		t.Fatalf("%d receipts count %d documents, the index has %d", len(hits), sum, docs)
	}
}
