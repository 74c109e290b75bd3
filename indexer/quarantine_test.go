package indexer

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/waltrail/waltrail/document"
	"github.com/waltrail/waltrail/internal/testenv"
)

// secretValue stands in a refused document and must not get out (invariant 7).
const secretValue = "4111-1111-1111-1111"

// poison damages the body of one document so that its index refuses it.
func poison(c *document.Change) {
	c.Body = bytes.Replace(bytes.Clone(c.Body), []byte(`"tx":{"change_lsn":`), []byte(`"tx":{"id":"`+secretValue+`","change_lsn":`), 1)
}

// quarantined reads one document out of the quarantine.
func quarantined(t *testing.T, es *testenv.ES, id string) quarantineBody {
	t.Helper()
	es.Refresh(t)
	var answer struct {
		Source quarantineBody `json:"_source"`
	}
	if err := json.Unmarshal(es.Get(t, "/trail-"+es.System+"-quarantine/_doc/"+id), &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Source
}

func TestPoisonedDocumentIsQuarantined(t *testing.T) {
	es := testenv.Elasticsearch(t)
	b := sample(es.System, 0, 20)
	poison(&b.Changes[7])
	x := open(t, es.URL, es.System)
	var logged bytes.Buffer
	x.log = slog.New(slog.NewTextHandler(&logged, nil))
	for range 2 { // the second time finds it in the quarantine
		if err := x.Write(limited(t), b.Changes); err != nil {
			t.Fatal(err)
		}
	}
	if n := es.Count(t, b.Changes[0].Index); n != 19 {
		t.Errorf("%d documents in the index, want 19", n)
	}
	q := quarantined(t, es, b.Changes[7].Event.ID)
	if q.Document != string(b.Changes[7].Body) || q.Bytes != len(q.Document) || q.Index != b.Changes[7].Index {
		t.Errorf("the quarantine does not keep the document: %d bytes for index %s", q.Bytes, q.Index)
	}
	if q.Cause.Type != "document_parsing_exception" || q.Cause.Field != "trail.tx.id" {
		t.Errorf("cause is %+v, want the type and the field", q.Cause)
	}
	if !strings.Contains(logged.String(), b.Changes[7].Event.ID) || strings.Contains(logged.String(), secretValue) {
		t.Errorf("the log must name the document and no value:\n%s", &logged)
	}
}

// TestWholeRequestRefused has a document that makes the server refuse the
// whole request and names no item: the culprit must be found.
func TestWholeRequestRefused(t *testing.T) {
	tests := map[string]struct {
		damage func(*document.Change)
		id     func(*document.Change) string
	}{
		"id too long": {
			func(c *document.Change) { c.Event.ID = strings.Repeat("x", 600) },
			func(c *document.Change) string { return quarantineID(c.Event.ID) },
		},
		"not a line": {
			func(c *document.Change) { c.Body = []byte("{\n\"a\":1}") },
			func(c *document.Change) string { return c.Event.ID },
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			es := testenv.Elasticsearch(t)
			b := sample(es.System, 0, 20)
			tt.damage(&b.Changes[13])
			if err := open(t, es.URL, es.System).Write(limited(t), b.Changes); err != nil {
				t.Fatal(err)
			}
			if n := es.Count(t, b.Changes[0].Index); n != 19 {
				t.Errorf("%d documents in the index, want 19", n)
			}
			if q := quarantined(t, es, tt.id(&b.Changes[13])); q.Document != string(b.Changes[13].Body) {
				t.Errorf("the quarantine has %q", q.Document)
			}
		})
	}
}

// TestRequestTooLarge stands behind a proxy that takes small requests only.
func TestRequestTooLarge(t *testing.T) {
	const limit = 96 << 10
	es := testenv.Elasticsearch(t)
	p := newProxy(t, es.URL)
	p.always = func(w http.ResponseWriter, body []byte, forward func([]byte) (int, []byte)) {
		if len(body) > limit {
			reply(w)(http.StatusRequestEntityTooLarge, []byte("<html>too large</html>"))
			return
		}
		pass(w, body, forward)
	}
	b := sample(es.System, 0, 300)
	giant := &b.Changes[99]
	giant.Body = bytes.Replace(bytes.Clone(giant.Body), []byte(`"message":"`), []byte(`"message":"`+strings.Repeat("x", limit)), 1)
	x := open(t, p.URL, es.System)
	if err := x.Write(limited(t), b.Changes); err != nil {
		t.Fatal(err)
	}
	if n := es.Count(t, giant.Index); n != 299 {
		t.Errorf("%d documents in the index, want 299", n)
	}
	if q := quarantined(t, es, giant.Event.ID); q.Document != "" || q.Bytes != len(giant.Body) || q.Cause.Type != "http_413" {
		t.Errorf("want the giant's length without its text, got %d bytes of %d and cause %+v", len(q.Document), q.Bytes, q.Cause)
	}
	before := p.requests()
	next := sample(es.System, 300, 100)
	if err := x.Write(limited(t), next.Changes); err != nil {
		t.Fatal(err)
	}
	if n := p.requests() - before; n > 4 {
		t.Errorf("%d requests for 100 documents: the size limit was not remembered", n)
	}
}
