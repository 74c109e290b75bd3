package indexer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waltrail/waltrail/document"
	"github.com/waltrail/waltrail/internal/testenv"
)

func TestWriteStoresDocumentsAsTheyAre(t *testing.T) {
	es := testenv.Elasticsearch(t)
	x := open(t, es.URL, es.System)
	b := sample(es.System, 0, 50)
	if err := x.Write(limited(t), b.Changes); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, c := range b.Changes {
		want[c.Event.ID] = string(c.Body)
	}
	got := map[string]string{}
	for _, hit := range es.Search(t, `{"size":100}`) {
		got[hit.ID] = string(hit.Source)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("stored documents (-want +got):\n%s", diff)
	}
}

func TestWriteAgainIsHarmless(t *testing.T) {
	es := testenv.Elasticsearch(t)
	b := sample(es.System, 0, 30)
	for range 3 {
		if err := open(t, es.URL, es.System).Write(limited(t), b.Changes); err != nil {
			t.Fatal(err)
		}
	}
	if n := es.Count(t, es.Indices()); n != 30 {
		t.Fatalf("%d documents, want 30", n)
	}
}

func TestWriteAcrossIndices(t *testing.T) {
	es := testenv.Elasticsearch(t)
	b := sample(es.System, 0, 40)
	for i := range b.Changes {
		b.Changes[i].Index = fmt.Sprintf("trail-%s-group%d-2026.0%d", es.System, i%3, 1+i%2)
	}
	if err := open(t, es.URL, es.System).Write(limited(t), b.Changes); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		index := fmt.Sprintf("trail-%s-group%d-2026.0%d", es.System, i%3, 1+i%2)
		if n := es.Count(t, index); n < 6 || n > 7 {
			t.Errorf("%s has %d documents, want 6 or 7", index, n)
		}
	}
}

func TestIndexIsOurs(t *testing.T) {
	es := testenv.Elasticsearch(t)
	b := sample(es.System, 0, 1)
	if err := open(t, es.URL, es.System).Write(limited(t), b.Changes); err != nil {
		t.Fatal(err)
	}
	var index map[string]struct {
		Aliases  map[string]json.RawMessage
		Mappings struct{ Dynamic string }
	}
	if err := json.Unmarshal(es.Get(t, "/"+b.Changes[0].Index), &index); err != nil {
		t.Fatal(err)
	}
	got := index[b.Changes[0].Index]
	if got.Mappings.Dynamic != "false" {
		t.Errorf("dynamic is %q, want false", got.Mappings.Dynamic)
	}
	if got.Aliases[readAlias] == nil || got.Aliases[writeAlias(b.Changes[0].Index)] == nil {
		t.Errorf("aliases are %v, want the read and the write alias", got.Aliases)
	}
}

// TestWeirdNames stores what applications may put into values, keys and labels.
func TestWeirdNames(t *testing.T) {
	es := testenv.Elasticsearch(t)
	var b document.Batch
	weird := document.RawJSON(`{"":1,".":2,"a..b":{" ":3},"x.":[1,{"a.b":"c"}],"9007199254740993":9007199254740993,"n":1e400}`)
	for i := range 3 {
		c := b.Add()
		sampleChange(c, es.System, i)
		c.Labels, c.Trail.Data = weird, weird
		c.Trail.Snapshot = append(c.Trail.Snapshot,
			document.Cell{Name: `we"ird`, Kind: document.Text, Value: "<b>\x00\u2028</b>"}, document.Cell{Name: "", Kind: document.JSON, Value: string(weird)})
		c.Trail.Fields[0].New = document.Side{Kind: document.JSON, Value: string(weird)}
		c.Client.IP = "not an address"
		c.Trail.Item.Label = string(bytes.Repeat([]byte("ü"), 40_000))
	}
	b.Changes[1].Event.ID = `quotes " and \ and ünicode`
	var e document.Encoder
	b.Encode(&e)
	if err := open(t, es.URL, es.System).Write(limited(t), b.Changes); err != nil {
		t.Fatal(err)
	}
	if n := es.Count(t, b.Changes[0].Index); n != 3 {
		t.Fatalf("%d documents in their index, want 3 (the others are in the quarantine)", n)
	}
}

// TestConcurrentWrites lets several Writes, with documents in common, run at once.
func TestConcurrentWrites(t *testing.T) {
	es := testenv.Elasticsearch(t)
	x := open(t, es.URL, es.System)
	ctx := limited(t)
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			b := sample(es.System, i*100, 200)
			if err := x.Write(ctx, b.Changes); err != nil {
				t.Errorf("Write %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if n := es.Count(t, es.Indices()); n != 700 {
		t.Fatalf("%d documents, want 700", n)
	}
}

// TestFaults does one harm after the other to the way to the server. After
// each, every document must be there once, and Write must have returned nil.
func TestFaults(t *testing.T) {
	lose := func(http.ResponseWriter, []byte, func([]byte) (int, []byte)) { hangUp() }
	tests := map[string][]fault{
		"request lost": {lose, lose},
		"response lost after success": {func(_ http.ResponseWriter, body []byte, forward func([]byte) (int, []byte)) {
			forward(body)
			hangUp()
		}},
		"response cut off":      {changed(func(b []byte) []byte { return b[:len(b)/2] })},
		"response empty":        {changed(func([]byte) []byte { return nil })},
		"response of fewer":     {changed(dropItems(3))},
		"response of none":      {changed(dropItems(20))},
		"response of others":    {changed(func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("9f2c11ab"), []byte("00000000")) })},
		"response says nothing": {answerWith(200, `{"errors":false}`)},
		"gateway timeout":       {answerWith(504, "<html>timeout</html>")},
		"proxy refuses":         {answerWith(400, "<html>bad request</html>")},
		"unavailable":           {answerWith(503, `{"error":{"type":"unavailable_shards_exception","reason":"x"},"status":503}`)},
		"too many requests":     {answerWith(429, `{"error":{"type":"es_rejected_execution_exception","reason":"x"},"status":429}`)},
		"unauthorized":          {answerWith(401, `{"error":{"type":"security_exception","reason":"x"},"status":401}`)},
		"unknown error type":    {answerWith(400, `{"error":{"type":"brand_new_exception","reason":"x"},"status":400}`)},
		"bad parameter":         {answerWith(400, `{"error":{"type":"illegal_argument_exception","reason":"unrecognized parameter"},"status":400}`)},
		"one item rejected":     {rejectItems("es_rejected_execution_exception", 429, 7)},
		"several items blocked": {rejectItems("cluster_block_exception", 403, 2, 3, 19), rejectItems("unheard_of_exception", 400, 0)},
		"no such index":         {rejectItems("index_not_found_exception", 404, 1)},
	}
	for name, faults := range tests {
		t.Run(name, func(t *testing.T) {
			es := testenv.Elasticsearch(t)
			p := newProxy(t, es.URL, faults...)
			b := sample(es.System, 0, 20)
			if err := open(t, p.URL, es.System).Write(limited(t), b.Changes); err != nil {
				t.Fatal(err)
			}
			if n := es.Count(t, b.Changes[0].Index); n != 20 || !p.used() {
				t.Fatalf("%d documents, want 20; all faults happened: %v", n, p.used())
			}
			if n := es.Count(t, es.Indices()); n != 20 {
				t.Fatalf("%d documents in all indices, want 20: some were quarantined", n)
			}
		})
	}
}

// dropItems cuts the last n items off an answer.
func dropItems(n int) func([]byte) []byte {
	return func(b []byte) []byte {
		var answer struct {
			Errors bool              `json:"errors"`
			Items  []json.RawMessage `json:"items"`
		}
		if err := json.Unmarshal(b, &answer); err != nil {
			return nil
		}
		answer.Items = answer.Items[:len(answer.Items)-n]
		b, _ = json.Marshal(answer)
		return b
	}
}

// rejectItems takes items out of the request and answers an error for them.
func rejectItems(kind string, status int, which ...int) fault {
	return func(w http.ResponseWriter, body []byte, forward func([]byte) (int, []byte)) {
		lines := bytes.SplitAfter(body, []byte("\n"))
		var kept []byte
		for i := range len(lines) / 2 {
			if !slices.Contains(which, i) {
				kept = append(append(kept, lines[2*i]...), lines[2*i+1]...)
			}
		}
		var answer struct {
			Errors bool              `json:"errors"`
			Items  []json.RawMessage `json:"items"`
		}
		code, body := forward(kept)
		if err := json.Unmarshal(body, &answer); err != nil {
			reply(w)(code, body)
			return
		}
		full := make([]json.RawMessage, 0, len(lines)/2)
		for i := range len(lines) / 2 {
			if slices.Contains(which, i) {
				full = append(full, refusal(lines[2*i], kind, status))
				continue
			}
			full = append(full, answer.Items[0])
			answer.Items = answer.Items[1:]
		}
		answer.Errors, answer.Items = true, full
		body, _ = json.Marshal(answer)
		reply(w)(http.StatusOK, body)
	}
}

func refusal(action []byte, kind string, status int) json.RawMessage {
	var line struct {
		Create struct {
			ID string `json:"_id"`
		} `json:"create"`
	}
	_ = json.Unmarshal(action, &line)
	return fmt.Appendf(nil, `{"create":{"_id":%q,"status":%d,"error":{"type":%q,"reason":"made up"}}}`, line.Create.ID, status, kind)
}
