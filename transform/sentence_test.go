package transform

import (
	"strings"
	"testing"

	"github.com/waltrail/waltrail/change"
)

func TestSentence(t *testing.T) {
	rel := relation("public.articles", change.IdentityFull, "id int8 key", "sku text", "title text", "price numeric", "secret text")
	lean := relation("public.articles", change.IdentityDefault, "id int8 key", "sku text", "title text", "price numeric", "secret text")
	jane := `{"user": {"id": "5", "name": "Jane Doe"}}`
	price := []string{"1", "A", "t", "1.50", "s", "1", "A", "t", "2.00", "s"}
	tests := []struct {
		name, context string
		log           func(l *log) *log
		want          string
	}{
		{"one field", jane, func(l *log) *log { return l.update(rel, price...) }, "Jane Doe changed Price (1.50) → 2.00 on Article A"},
		{"two fields", jane, func(l *log) *log {
			return l.update(rel, "1", "A", "t", "1.50", "s", "1", "A", "u", "2.00", "s")
		}, "Jane Doe changed Title (t) → u and Price (1.50) → 2.00 on Article A"},
		{"three fields", jane, func(l *log) *log {
			return l.update(rel, "1", "A", "t", "1.50", "s", "1", "B", "u", "2.00", "s")
		}, "Jane Doe changed Sku (A) → B and 2 more on Article B"},
		{"null and empty", jane, func(l *log) *log {
			return l.update(rel, "1", "A", null, "1", "s", "1", "A", "", "1", "s")
		}, `Jane Doe changed Title (∅) → "" on Article A`},
		{"masked", jane, func(l *log) *log {
			return l.update(rel, "1", "A", "t", "1", "s", "1", "A", "t", "1", "z")
		}, "Jane Doe changed Secret (••••) → •••• on Article A"},
		{"old value unknown", jane, func(l *log) *log { return l.update(lean, "1", "A", toast, toast, toast) }, "Jane Doe changed Sku → A on Article A"},
		{"long value", jane, func(l *log) *log {
			return l.update(rel, "1", "A", "t", "1", "s", "1", "A", strings.Repeat("é", 61), "1", "s")
		}, "Jane Doe changed Title (t) → " + strings.Repeat("é", 60) + "… on Article A"},
		{"no tricks with the line", jane, func(l *log) *log {
			return l.update(rel, "1", "A", "t", "1", "s", "1", "A", "a\nb\u202ec\u2028d\x1b[31m", "1", "s")
		}, "Jane Doe changed Title (t) → a b c d [31m on Article A"},
		{"created", jane, func(l *log) *log { return l.insert(rel, "1", "A", "t", "1", "s") }, "Jane Doe created Article A"},
		{"deleted, identifier unknown", jane, func(l *log) *log { return l.delete(lean, "1", unknown, unknown, unknown, unknown) }, "Jane Doe deleted Article 1"},
		{"truncated", jane, func(l *log) *log { return l.truncate(rel) }, "Jane Doe removed all rows of Article"},
		{"user without a name", `{"user": {"id": "5"}}`, func(l *log) *log { return l.truncate(rel) }, "5 removed all rows of Article"},
		{"for somebody", `{"user": {"id": "5", "effective": {"name": "Boss"}}}`, func(l *log) *log { return l.truncate(rel) }, "5 for Boss removed all rows of Article"},
		{"cron", `{"origin": {"interface": "cron", "name": "licence-expiry"}}`, func(l *log) *log { return l.truncate(rel) }, "Cron licence-expiry removed all rows of Article"},
		{"channel alone", `{"origin": {"interface": "backoffice"}}`, func(l *log) *log { return l.truncate(rel) }, "Back office removed all rows of Article"},
		{"own channel", `{"origin": {"interface": "mobile_app"}}`, func(l *log) *log { return l.truncate(rel) }, "Mobile app removed all rows of Article"},
		{"job alone", `{"origin": {"name": "nightly"}}`, func(l *log) *log { return l.truncate(rel) }, "nightly removed all rows of Article"},
		{"nobody", `{}`, func(l *log) *log { return l.truncate(rel) }, "Someone removed all rows of Article"},
		{"database role", `{}`, func(l *log) *log {
			return l.say("waltrail.attribute", `{"role": "app"}`).truncate(rel)
		}, "SQL user app removed all rows of Article"},
	}
	cfg := entities("article", Entity{
		Table: "articles", Identifier: Strings{"sku"}, Fields: Fields{Columns: map[string]Field{"secret": {Sensitive: true}}},
	})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := one(t, cfg, tt.log(new(log).say("waltrail", tt.context))).Message; got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestHumanize(t *testing.T) {
	for in, want := range map[string]string{"unit_price": "Unit price", "état": "État", "_": "_", "sku": "Sku", "": ""} {
		if got := humanize(in); got != want {
			t.Errorf("label of %q is %q, want %q", in, got, want)
		}
	}
}
