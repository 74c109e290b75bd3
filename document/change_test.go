package document

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/gowebpki/jcs"
	"pgregory.net/rapid"

	"github.com/waltrail/waltrail/change"
)

// maxSafe is the largest whole number that canonical JSON can carry.
const maxSafe = 1<<53 - 1

var texts = rapid.OneOf(
	rapid.String(),
	rapid.SampledFrom([]string{"", "null", "a\"b\\c", "line\nbreak\t\u0001", "Ünïcødé 🎉", "\u2028", "<script>&amp;", "\u007f", "9007199254740993"}),
)

var names = rapid.StringMatching(`[a-zé😀_ "]{1,12}`)

var jsonTexts = rapid.SampledFrom([]string{
	`null`, `"text"`, `5`, `-1.50`, `true`, `[]`, `{}`, `{"b": 1, "a": [1, {"z": null, "é": "\u00e9"}]}`, `{"a": 1e3}`, `[1.10, 100000000000000000000, "\ud83c\udf89"]`,
})

func genSide(t *rapid.T) Side {
	s := Side{Kind: rapid.SampledFrom([]Kind{Absent, Null, Text, JSON}).Draw(t, "kind")}
	switch s.Kind {
	case Text:
		s.Value = texts.Draw(t, "value")
	case JSON:
		s.Value = jsonTexts.Draw(t, "json")
	case Absent, Null:
	}
	if rapid.Bool().Draw(t, "meaning") {
		s.Number = rapid.SampledFrom([]string{"", "1.5", "-0", "1e300"}).Draw(t, "number")
		s.Date, s.Label, s.Color = texts.Draw(t, "date"), texts.Draw(t, "label"), texts.Draw(t, "color")
	}
	if rapid.Bool().Draw(t, "marks") {
		s.Size, s.SHA256 = rapid.Int64Range(0, maxSafe).Draw(t, "size"), texts.Draw(t, "sha")
		s.Truncated, s.Masked, s.HMAC = rapid.Bool().Draw(t, "truncated"), rapid.Bool().Draw(t, "masked"), texts.Draw(t, "hmac")
	}
	if s.IsZero() {
		return Side{}
	}
	return s
}

func genRow(t *rapid.T) Row {
	var row Row
	for _, name := range rapid.SliceOfNDistinct(names, 0, 5, rapid.ID).Draw(t, "names") {
		c := Cell{Name: name, Kind: rapid.SampledFrom([]Kind{Null, Text, JSON}).Draw(t, "kind")}
		switch c.Kind {
		case Text:
			c.Value = texts.Draw(t, "value")
		case JSON:
			c.Value = rapid.SampledFrom([]string{`{"b":1,"a":2}`, `[1, 2]`, `5`, `true`}).Draw(t, "json")
		case Absent, Null:
		}
		row = append(row, c)
	}
	return row
}

func genChange(t *rapid.T) *Change {
	text := func(label string) string { return texts.Draw(t, label) }
	number := func(label string) uint64 { return rapid.Uint64Range(0, maxSafe).Draw(t, label) }
	c := &Change{
		Timestamp: time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "time")).UTC(), Message: text("message"),
		Event:  Event{ID: text("id"), Action: text("action"), Reason: text("reason")},
		User:   User{ID: text("user"), Name: text("name"), Email: text("email"), Roles: rapid.SliceOfN(texts, 0, 3).Draw(t, "roles")},
		Client: Client{IP: text("ip")}, HTTP: HTTP{Request: Request{ID: text("request")}},
		Service: Service{Name: text("service")}, Trace: Trace{ID: text("trace")},
	}
	if rapid.Bool().Draw(t, "effective") {
		c.User.Effective = &User{ID: "e" + text("effective")}
	}
	if rapid.Bool().Draw(t, "raw") {
		c.Labels, c.Trail.Data = RawJSON(jsonTexts.Draw(t, "labels")), RawJSON(jsonTexts.Draw(t, "data"))
	}
	c.Trail.V, c.Trail.Sequence = Version, text("sequence")
	c.Trail.Origin = Origin{
		Interface: text("interface"), Name: text("origin"), Run: Run{Type: text("type"), ID: text("run"), URL: text("url")},
		Source: text("source"), Verified: rapid.Bool().Draw(t, "verified"), DB: DB{Role: text("role"), Application: text("application")},
	}
	c.Trail.Entity = Entity{Name: text("entity"), Table: text("table")}
	c.Trail.Item = Item{UID: text("uid"), ID: text("item"), Key: genRow(t), Identifier: text("identifier"), Label: text("label")}
	c.Trail.Root = Ref{UID: text("root"), Label: text("root label")}
	if rapid.Bool().Draw(t, "hierarchy") {
		c.Trail.Ancestors = []Ref{{UID: text("outer")}, {Label: text("inner")}}
		c.Trail.Container = Container{Type: text("type"), ID: text("container"), Kind: text("kind"), Label: text("label")}
	}
	c.Trail.Change = Detail{
		Type: Type(text("change")), Fields: rapid.SliceOfN(texts, 0, 3).Draw(t, "fields"), Paths: rapid.SliceOfN(texts, 0, 3).Draw(t, "paths"),
		Title: text("title"), DescriptionHTML: text("html"), Comment: text("comment"),
		Truncated: rapid.Bool().Draw(t, "truncated"), Masked: rapid.Bool().Draw(t, "masked"),
	}
	c.Trail.Status = Status{Field: text("status"), From: text("from"), To: text("to")}
	for range rapid.IntRange(0, 4).Draw(t, "fields") {
		c.Trail.Fields = append(c.Trail.Fields, Field{
			Field: text("field"), Path: text("path"), Label: text("label"), Type: text("type"), Op: text("op"), Old: genSide(t), New: genSide(t),
		})
	}
	c.Trail.Email = Mail{MessageID: text("message id"), Subject: text("subject"), To: text("to"), Status: text("status")}
	c.Trail.Revert, c.Trail.Gap = Revert{Of: text("of"), Scope: text("scope")}, GapRange{From: text("from"), To: text("to"), Cause: text("cause")}
	c.Trail.Snapshot = genRow(t)
	c.Trail.Tx = Tx{
		ID: number("xid"), CommitLSN: change.LSN(number("commit")), ChangeLSN: change.LSN(number("lsn")),
		N: rapid.Uint16().Draw(t, "n"), Timeline: rapid.Uint32().Draw(t, "timeline"),
	}
	c.Trail.Reconciled, c.Trail.Terms = rapid.Bool().Draw(t, "reconciled"), rapid.SliceOfN(texts, 0, 3).Draw(t, "terms")
	return c
}

// TestRoundTrip reads documents back with encoding/json and compares both the
// values and the bytes of a second encoding.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := genChange(t)
		var e Encoder
		body := e.Append(nil, want)
		if bytes.ContainsAny(body, "\n\r") {
			t.Fatalf("a document must be one line:\n%s", body)
		}
		var got Change
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatalf("%v in\n%s", err, body)
		}
		if again := e.Append(nil, &got); !bytes.Equal(body, again) {
			t.Fatalf("encoded again:\n%s\nwas\n%s", again, body)
		}
		want.Event.Hash = hex.EncodeToString(want.Sum[:])
		if diff := cmp.Diff(want, &got, cmpopts.EquateEmpty(), sortedRows()); diff != "" {
			t.Fatalf("read back (-want +got):\n%s", diff)
		}
	})
}

// sortedRows compares rows whatever the order of their cells.
func sortedRows() cmp.Option {
	return cmpopts.SortSlices(func(a, b Cell) bool { return a.Name < b.Name })
}

// TestHashCoversTheFacts computes the hash in another way: it takes the
// enrichment out of the finished document and makes the rest canonical.
func TestHashCoversTheFacts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := genChange(t)
		var e Encoder
		body := e.Append(nil, c)
		canonical, err := jcs.Transform(facts(t, body))
		if err != nil {
			t.Fatal(err)
		}
		if want := sha256.Sum256(canonical); c.Sum != want || e.Hash(c) != want {
			t.Fatalf("hash is not that of the facts\n%s", canonical)
		}
	})
}

// facts is a document without its enrichment.
func facts(t *rapid.T, body []byte) []byte {
	var doc map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		t.Fatalf("%v in\n%s", err, body)
	}
	remove := func(v any, names ...string) {
		object, _ := v.(map[string]any)
		for _, n := range names {
			delete(object, n)
		}
	}
	trail, _ := doc["trail"].(map[string]any)
	remove(doc, "message")
	remove(doc["event"], "hash")
	remove(trail, "ancestors", "container", "root", "terms")
	remove(trail["item"], "identifier", "label")
	fields, _ := trail["fields"].([]any)
	for _, f := range fields {
		remove(f, "label")
		for _, side := range []string{"old", "new"} {
			field, _ := f.(map[string]any)
			remove(field[side], "color", "date", "label", "number")
		}
	}
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestHashIgnoresEnrichment changes what is looked up and what is recorded, one after the other.
func TestHashIgnoresEnrichment(t *testing.T) {
	var e Encoder
	c := example()
	before := e.Hash(c)
	c.Message, c.Trail.Root.Label, c.Trail.Terms = "other", "other", nil
	c.Trail.Item.Label, c.Trail.Fields[0].Label, c.Trail.Fields[0].New.Number = "other", "other", "3"
	if e.Hash(c) != before {
		t.Error("enrichment changed the hash")
	}
	c.Trail.Fields[0].New.Value = "2.01"
	if e.Hash(c) == before {
		t.Error("a changed value kept the hash")
	}
}

// TestRawJSONBeyondDoubles has JSON that has no canonical form: it is passed through and
// counts as text in the hash.
func TestRawJSONBeyondDoubles(t *testing.T) {
	c := example()
	c.Trail.Fields[0].New = Side{Kind: JSON, Value: `{"b":1e400,"a":"é"}`}
	var e Encoder
	body := e.Append(nil, c)
	if !bytes.Contains(body, []byte(`"json":{"b":1e400,"a":"é"}`)) {
		t.Errorf("JSON was not passed through: %s", body)
	}
	before := c.Sum
	c.Trail.Fields[0].New.Value = `{"b":1e401,"a":"é"}`
	if e.Hash(c) == before {
		t.Error("a changed number beyond a double kept the hash")
	}
}

func TestNullEmptyAndAbsentStayApart(t *testing.T) {
	sides := map[string]Side{
		`{"value":null}`: {Kind: Null}, `{"value":""}`: {Kind: Text}, `{"masked":true}`: {Masked: true},
		`{"json":null}`: {Kind: JSON, Value: "null"}, `{"json":""}`: {Kind: JSON, Value: `""`}, `{}`: {},
	}
	for want, side := range sides {
		t.Run(want, func(t *testing.T) {
			body, err := side.MarshalJSON()
			if err != nil || string(body) != want {
				t.Errorf("%+v is written as %s, %v", side, body, err)
			}
			var got Side
			if err := json.Unmarshal([]byte(want), &got); err != nil || got != side {
				t.Errorf("%s is read as %+v, %v", want, got, err)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, body := range map[string]string{
		"number as value": `{"trail":{"fields":[{"new":{"value":5}}]}}`,
		"row as list":     `{"trail":{"snapshot":[1]}}`,
		"broken row":      `{"trail":{"snapshot":{"a":`,
	} {
		t.Run(name, func(t *testing.T) {
			var c Change
			if err := json.Unmarshal([]byte(body), &c); err == nil {
				t.Errorf("no error, got %+v", c)
			}
		})
	}
}

// TestOneLine has JSON on several lines, as json columns may be; bulk requests need one.
func TestOneLine(t *testing.T) {
	c := example()
	c.Trail.Fields[0].New = Side{Kind: JSON, Value: "{\"a\":\r\n 1}"}
	var e Encoder
	if body := e.Append(nil, c); !bytes.Contains(body, []byte(`"json":{"a":   1}`)) {
		t.Errorf("line breaks must become spaces: %s", body)
	}
}

func TestBrokenUTF8(t *testing.T) {
	c := example()
	c.Trail.Fields[0].New.Value = "a\xffb"
	var e Encoder
	if body := e.Append(nil, c); !bytes.Contains(body, []byte("a\uFFFDb")) {
		t.Errorf("broken bytes must become U+FFFD: %s", body)
	}
}

// TestExample compares with the document that the format is explained by.
func TestExample(t *testing.T) {
	body, err := json.Marshal(example())
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"@timestamp":"2026-03-04T09:15:22.481516Z","event":{"action":"item-changed","hash":"","id":"9f2c11ab-1"},` +
		`"message":"Jane Doe changed Price","trail":{"change":{"fields":["price"],"type":"changed"},"entity":{"name":"article"},` +
		`"fields":[{"field":"price","label":"Price (EUR)","new":{"number":2,"value":"2.00"},"old":{"number":1.5,"value":"1.50"},"path":"price[currency=EUR]"}],` +
		`"item":{"id":"42","key":{"id":"42"},"label":"Blue shirt","uid":"article:42"},"root":{"label":"Blue shirt","uid":"article:42"},"sequence":"1",` +
		`"terms":["n:2"],"tx":{"change_lsn":2,"commit_lsn":3,"id":1,"n":0,"timeline":1},"v":1},"user":{"id":"187234"}}`
	hash := body[bytes.Index(body, []byte(`"hash":"`))+8:][:64]
	if got := strings.Replace(string(body), string(hash), "", 1); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func example() *Change {
	c := &Change{
		Timestamp: time.Date(2026, 3, 4, 10, 15, 22, 481516999, time.FixedZone("CET", 3600)), Message: "Jane Doe changed Price",
		Event: Event{ID: "9f2c11ab-1", Action: "item-changed"}, User: User{ID: "187234"},
	}
	c.Trail = Trail{
		V: Version, Sequence: "1", Entity: Entity{Name: "article"},
		Item:   Item{UID: "article:42", ID: "42", Key: Row{{Name: "id", Kind: Text, Value: "42"}}, Label: "Blue shirt"},
		Root:   Ref{UID: "article:42", Label: "Blue shirt"},
		Change: Detail{Type: Changed, Fields: []string{"price"}},
		Fields: []Field{{
			Field: "price", Path: "price[currency=EUR]", Label: "Price (EUR)",
			Old: Side{Kind: Text, Value: "1.50", Number: "1.5"}, New: Side{Kind: Text, Value: "2.00", Number: "2"},
		}},
		Tx: Tx{ID: 1, CommitLSN: 3, ChangeLSN: 2, Timeline: 1}, Terms: []string{"n:2"},
	}
	return c
}
