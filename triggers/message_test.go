package triggers

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/waltrail/waltrail/document"
)

// written returns the envelope after writing doc for the default rule.
func written(t *testing.T, doc *document.Change, limit int) (*envelope, shortening) {
	t.Helper()
	e := newEnvelope("shop")
	p, f := mustRules(t, nil, nil, slog.Default(), nil).match(doc)
	return e, e.write(&message{due: due{doc: doc, plan: p, fire: f}}, false, limit)
}

func TestEscapedHeaderValues(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"plain", "contact:42", "contact:42"},
		{"space, quote and percent", `a b"c%d`, "a%20b%22c%25d"},
		{"line break", "a\r\nNats-Rollup: all", "a%0D%0ANats-Rollup:%20all"},
		{"beyond ASCII", "ž", "%C5%BE"},
		{"empty", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := newEnvelope("shop").escaped(tc.in); got != tc.want {
				t.Errorf("escaped %q to %q, want %q", tc.in, got, tc.want)
			}
		})
	}
	if got := newEnvelope("shop").escaped(strings.Repeat("x", 1<<20)); len(got) > maxHeaderValue {
		t.Errorf("a header of %d bytes, want at most %d", len(got), maxHeaderValue)
	}
}

func TestTimeHeaderFollowsTheDocument(t *testing.T) {
	e := newEnvelope("shop")
	at := time.Date(2026, 3, 4, 10, 15, 22, 481516000, time.FixedZone("CET", 3600))
	for _, tc := range []struct {
		time time.Time
		want string
	}{
		{at, "2026-03-04T09:15:22.481516Z"},
		{at, "2026-03-04T09:15:22.481516Z"},
		{at.Add(time.Second), "2026-03-04T09:15:23.481516Z"},
		{time.Time{}, "0001-01-01T00:00:00.000000Z"},
	} {
		if e.timestamp(tc.time); e.at[0] != tc.want {
			t.Errorf("%v became %s, want %s", tc.time, e.at[0], tc.want)
		}
	}
}

// TestRareHeadersDoNotStick: the envelope is used again for the next message.
func TestRareHeadersDoNotStick(t *testing.T) {
	e := newEnvelope("shop")
	r := mustRules(t, nil, nil, slog.Default(), nil)
	write := func(edit func(*document.Change), chain bool, limit int) {
		doc := edited(edit)
		p, f := r.match(doc)
		e.write(&message{due: due{doc: doc, plan: p, fire: f}}, chain, limit)
	}
	write(nil, false, 1<<20)
	write(func(c *document.Change) { c.Trail.Reconciled = true }, true, 900)
	for _, key := range []string{headerReconciled, headerDataref, headerExpected} {
		if e.msg.Header.Get(key) == "" {
			t.Errorf("header %s is missing", key)
		}
	}
	write(nil, false, 1<<20)
	if len(e.msg.Header) != minHeaders {
		t.Errorf("the next message has %d headers, want %d: %v", len(e.msg.Header), minHeaders, e.msg.Header)
	}
}

func TestShortening(t *testing.T) {
	long := func(c *document.Change) {
		c.Trail.Fields[0].New.Value = strings.Repeat("secret", 1000)
		c.Trail.Snapshot = document.Row{{Name: "price", Kind: document.Text, Value: "secret"}}
		c.Message, c.Trail.Data, c.Labels = "secret", `{"x":"secret"}`, `{"x":"secret"}`
		c.Trail.Terms = []string{"secret"}
	}
	wide := func(c *document.Change) {
		for range 200 {
			c.Trail.Fields = append(c.Trail.Fields, document.Field{Field: strings.Repeat("f", 60)})
		}
		c.Trail.Item.UID = "contact:" + strings.Repeat("ü", 4000)
	}
	for _, tc := range []struct {
		name  string
		edit  func(*document.Change)
		limit int
		want  shortening
	}{
		{"a usual document", nil, 1 << 20, whole},
		{"a long value", long, 4000, withoutValues},
		{"many fields and a long key", wide, 4000, identity},
		{"more than fits even then", nil, 10, identity},
	} {
		t.Run(tc.name, func(t *testing.T) {
			doc := edited(tc.edit)
			var enc document.Encoder
			doc.Body = enc.Append(nil, doc)
			e, got := written(t, doc, tc.limit)
			if got != tc.want {
				t.Fatalf("shortened to degree %d, want %d", got, tc.want)
			}
			if tc.limit > 1000 && e.size() > tc.limit {
				t.Errorf("%d bytes, want at most %d", e.size(), tc.limit)
			}
			checkShort(t, e, doc, got)
		})
	}
}

func checkShort(t *testing.T, e *envelope, doc *document.Change, degree shortening) {
	t.Helper()
	var got document.Change
	if err := json.Unmarshal(e.msg.Data, &got); err != nil {
		t.Fatalf("the message is no document: %v", err)
	}
	if got.Event.ID != doc.Event.ID || got.Trail.Sequence != doc.Trail.Sequence || got.Trail.Change.Type != doc.Trail.Change.Type {
		t.Errorf("the message does not identify the document: %s", e.msg.Data)
	}
	dataref := e.msg.Header.Get(headerDataref)
	if degree == whole {
		if dataref != "" || got.Trail.Change.Truncated {
			t.Errorf("a whole document is marked as shortened (%s)", dataref)
		}
		return
	}
	if want := doc.Index + "/" + doc.Event.ID; dataref != want {
		t.Errorf("%s is %q, want %q", headerDataref, dataref, want)
	}
	if !got.Trail.Change.Truncated || bytes.Contains(e.msg.Data, []byte("secret")) {
		t.Errorf("not marked as truncated, or with values: %s", e.msg.Data)
	}
	var whole struct{ Event struct{ Hash string } }
	if err := json.Unmarshal(doc.Body, &whole); err != nil || got.Event.Hash != whole.Event.Hash {
		t.Errorf("hash %s, want that of the whole document, %s", got.Event.Hash, whole.Event.Hash)
	}
}

// TestNothingIsStoredInTriggersOnlyMode: then there is nothing to refer to.
func TestNoReferenceWithoutIndex(t *testing.T) {
	e, _ := written(t, edited(func(c *document.Change) { c.Index = "" }), 900)
	if ref, ok := e.msg.Header[headerDataref]; ok {
		t.Errorf("a reference %q to what is not stored", ref)
	}
}

func TestSizeIsWhatTheServerCounts(t *testing.T) {
	e, _ := written(t, edited(nil), 1<<20)
	wire := len("NATS/1.0\r\n") + len("\r\n") + len(e.msg.Data)
	for key, values := range e.msg.Header {
		wire += len(key + ": " + values[0] + "\r\n")
	}
	if e.size() != wire {
		t.Errorf("size %d, want %d", e.size(), wire)
	}
}
