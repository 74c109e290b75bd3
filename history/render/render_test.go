package render

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waltrail/waltrail/document"
)

var rewrite = flag.Bool("rewrite", false, "rewrite testdata")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -rewrite accepts it):\n%s", path, diff)
	}
}

func text(s string) document.Side { return document.Side{Kind: document.Text, Value: s} }

// state is a side with a lifecycle's label and colour.
func state(code, label, color string) document.Side {
	return document.Side{Kind: document.Text, Value: code, Label: label, Color: color}
}

func article(t document.Type, fields ...document.Field) document.Change {
	c := document.Change{Timestamp: time.Date(2026, 3, 4, 9, 15, 22, 481516000, time.UTC)}
	c.User = document.User{ID: "187234", Name: "Jane Doe"}
	c.Trail.Origin = document.Origin{Interface: "backoffice", Name: "Article form", Run: document.Run{ID: "req-8842"}}
	c.Trail.Entity.Name = "article"
	c.Trail.Item = document.Item{UID: "article:42", ID: "42", Identifier: "SKU-001", Label: "Blue shirt"}
	c.Trail.Change.Type = t
	c.Trail.Fields = fields
	return c
}

// changes has one entry of each kind that looks different.
func changes() []document.Change {
	changed := article(document.Changed,
		document.Field{Field: "price", Path: "price[currency=EUR]", Label: "Price (EUR)", Old: text("1.50"), New: text("2.00")},
		document.Field{Field: "state", Label: "State", Old: state("new", "New", "#2d7ff9"), New: state("approved", "Approved", "#1a7f37")},
		document.Field{Field: "note", Old: document.Side{Kind: document.Null}, New: text("")},
		document.Field{Field: "sign", Old: text("∅"), New: text(`""`)},
		document.Field{Field: "tags", Old: document.Side{Kind: document.JSON, Value: `["a"]`}, New: document.Side{Kind: document.JSON, Value: `["a","b"]`}})
	changed.Event.Reason = "Season price list"

	unsure := article(document.Changed,
		document.Field{Field: "title", Op: document.OpUnknown, New: text("Shirt")},
		document.Field{Field: "photo", Op: document.OpUnchanged},
		document.Field{Field: "phone", Old: document.Side{Kind: document.Text, Value: "••••67", Masked: true}, New: document.Side{Masked: true}},
		document.Field{Field: "iban", New: document.Side{Masked: true, HMAC: "0123456789abcdef0123"}, Old: document.Side{Kind: document.Null}},
		document.Field{Field: "text", Old: text(strings.Repeat("é", 50)), New: document.Side{Kind: document.Text, Value: "beginning", Truncated: true, Size: 123456}})
	unsure.Timestamp = unsure.Timestamp.Add(-24 * time.Hour)

	created := article(document.Created, document.Field{Field: "sku", New: text("SKU-001")}, document.Field{Field: "数量", New: text("5")})
	created.User = document.User{}
	created.Trail.Origin = document.Origin{Interface: "cron", Name: "import"}
	deleted := article(document.Deleted, document.Field{Field: "sku", Old: text("SKU-001")})
	deleted.User = document.User{Email: "bob@example.com", Effective: &document.User{ID: "7"}}
	price := article(document.Changed, document.Field{Field: "price", Old: text("1"), New: text("2")})
	price.Trail.Entity.Name, price.Trail.Item = "article_price", document.Item{UID: "article_price:1", ID: "1"}
	price.User, price.Trail.Origin = document.User{}, document.Origin{DB: document.DB{Role: "postgres", Application: "psql"}}
	softDeleted := article(document.SoftDeleted)
	softDeleted.User, softDeleted.Trail.Origin = document.User{}, document.Origin{}
	truncated := article(document.Truncated)
	truncated.Trail.Item = document.Item{UID: "article:*", ID: "*"}
	event := article(document.EventLogged)
	event.Trail.Change.Title, event.Trail.Change.Comment = "Licence expired", "by law"
	mail := article(document.Email)
	mail.Trail.Email = document.Mail{Subject: "Your licence", To: "a@b.fr", Status: "delivered"}
	gap := article(document.Gap)
	gap.Trail.Gap = document.GapRange{From: "0/1", To: "0/2", Cause: "the slot was lost"}
	repaired := article(document.Changed, document.Field{Field: "a", Old: text("1"), New: text("2")})
	repaired.Trail.Reconciled = true
	return []document.Change{changed, unsure, created, deleted, price, softDeleted, truncated, event, mail, gap, repaired}
}

func printed(t *testing.T, p *Printer, changes []document.Change) string {
	t.Helper()
	var b bytes.Buffer
	p.Out = &b
	if err := p.Heading("article:42", "11 changes"); err != nil {
		t.Fatal(err)
	}
	for i := range changes {
		if err := p.Change(&changes[i]); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestEntries(t *testing.T) {
	golden(t, "history.txt", printed(t, &Printer{Item: "article:42", Labels: map[string]string{"article_price": "Price"}, Limit: 20}, changes()))
	golden(t, "search.txt", printed(t, &Printer{Zone: time.FixedZone("CET", 3600)}, changes()))
	golden(t, "colors.txt", printed(t, &Printer{Colors: true}, changes()[:2]))
}

// TestNothingReachesTheTerminal puts a hostile text into every place of a
// change that data can reach.
func TestNothingReachesTheTerminal(t *testing.T) {
	const evil = "a\x1b[2J\x07\u202eb\r\n\x9bc\u2028"
	c := article(document.Changed,
		document.Field{Field: evil, Old: text(evil), New: state(evil, evil, evil)},
		document.Field{Field: "x", Path: evil, Type: evil, Old: document.Side{Masked: true, HMAC: evil}, New: document.Side{Kind: document.JSON, Value: evil}},
		document.Field{Field: "y", Label: evil, Old: document.Side{Kind: document.Text, Masked: true, Value: evil}})
	c.Event.Reason = evil
	c.User = document.User{ID: evil, Name: evil, Effective: &document.User{Email: evil}}
	c.Trail.Origin = document.Origin{Interface: evil, Name: evil, Run: document.Run{ID: evil, URL: evil}, DB: document.DB{Role: evil, Application: evil}}
	c.Trail.Entity.Name = evil
	c.Trail.Item = document.Item{UID: evil, ID: evil, Identifier: evil, Label: evil + "2"}
	c.Trail.Change.Title, c.Trail.Change.Comment = evil, evil
	c.Trail.Email = document.Mail{Subject: evil, To: evil, Status: evil}
	c.Trail.Gap = document.GapRange{From: evil, To: evil, Cause: evil}
	all := []document.Change{c}
	for _, kind := range []document.Type{document.EventLogged, document.Email, document.Gap, document.Created, evil} {
		d := c
		d.Trail.Change.Type = kind
		all = append(all, d)
	}
	anonymous := c
	anonymous.User = document.User{}
	all = append(all, anonymous)
	got := printed(t, &Printer{Labels: map[string]string{evil: evil}}, all) + Title(evil, &c.Trail.Item)
	for _, r := range got {
		if r != '\n' && isUnsafe(r) {
			t.Fatalf("%U reaches the terminal:\n%q", r, got)
		}
	}
	if !strings.Contains(got, `a\u{1b}[2J\u{7}\u{202e}b\r\n`) {
		t.Errorf("the codes are not shown:\n%s", got)
	}
}

func TestSafe(t *testing.T) {
	for in, want := range map[string]string{
		"plain é 数 👩‍👩‍👧": "plain é 数 👩‍👩‍👧", "a\tb\n": `a\tb\n`, "oui\u202f!": "oui\u202f!", `C:\new`: `C:\new`, "C:\\a\n": `C:\\a\n`, "\x00": `\u{0}`, "\xff": `\xff`, "\uFFFD": "\uFFFD",
		"\u200f\u2066": `\u{200f}\u{2066}`, "\x1b]8;;http://x\x07": `\u{1b}]8;;http://x\u{7}`, "": "",
	} {
		if got := safe(in); got != want {
			t.Errorf("%q: want %s, got %s", in, want, got)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, tt := range []struct {
		text  string
		limit int
		want  string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "abc… (1 more characters)"}, {"ééé", 2, "éé… (1 more characters)"}, {"abcd", 0, "abcd"},
	} {
		if got := shorten(tt.text, tt.limit); got != tt.want {
			t.Errorf("%q to %d: want %q, got %q", tt.text, tt.limit, tt.want, got)
		}
	}
}

// full is a writer without room.
type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestErrorsOfTheWriterAreReturned(t *testing.T) {
	p := &Printer{Out: full{}}
	c := changes()[0]
	if err := p.Change(&c); !errors.Is(err, errFull) {
		t.Errorf("entry: got %v", err)
	}
	if err := p.Heading("a", "b"); !errors.Is(err, errFull) {
		t.Errorf("heading: got %v", err)
	}
}
