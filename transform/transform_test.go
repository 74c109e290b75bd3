package transform

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

var propertyTable = []string{"id int8 key", "sku text", "price numeric", "at timestamptz", "data jsonb", "pin text", "iban text", "card text", "note text"}

// secret is in every value that the properties' configuration masks or skips.
const secret = "top-secret"

func propertyConfig() Config {
	return Config{MaskKey: []byte("key"), MaxValue: 40, Entities: map[string]*Entity{"thing": {
		Table: "t", Identifier: Strings{"pin"}, Title: Strings{"iban", "card", "sku"}, Qualifiers: Strings{"pin"},
		Status: &Status{Field: "card"}, Actor: &Actor{Column: "pin"}, Parent: &Parent{Entity: "thing", Key: "iban"},
		Container: &Container{Entity: "thing", Key: "pin", KindColumn: "card"},
		Fields: Fields{Skip: Strings{"note"}, Columns: map[string]Field{
			"pin": {Sensitive: true}, "iban": {Mask: "hmac"}, "card": {Mask: "last4"},
		}},
	}}}
}

// genRow draws a full row; with key set, under that key.
func genRow(t *rapid.T, key string) []string {
	text := rapid.OneOf(rapid.SampledFrom([]string{null, "", "a", "A", "null", "a=b,c\\", "é\n\"x\"", strings.Repeat("long ", 20)}), rapid.StringN(0, 20, 80))
	masked := rapid.Custom(func(t *rapid.T) string {
		return rapid.StringMatching(`[a-z]{0,4}`).Draw(t, "before") + secret + rapid.StringMatching(`[0-9]{4}`).Draw(t, "end")
	})
	clean := func(s string) string { return strings.ReplaceAll(s, "\x00", "") } // PostgreSQL has no zero bytes
	sku := text.Draw(t, "sku")
	if sku != null {
		sku = clean(sku)
	}
	return []string{
		key, sku,
		rapid.SampledFrom([]string{null, "1.50", "NaN", "-0", "1e400", "99999999999999999999"}).Draw(t, "price"),
		rapid.SampledFrom([]string{null, "infinity", "2026-03-04 09:15:22.5+00", "0044-03-15 00:00:00+00 BC"}).Draw(t, "at"),
		rapid.SampledFrom([]string{null, "null", `"x"`, "5", `{"b": [1], "a": null}`, `[` + strings.Repeat("1,", 30) + `1]`}).Draw(t, "data"),
		masked.Draw(t, "pin"), masked.Draw(t, "iban"), masked.Draw(t, "card"), secret,
	}
}

// genLog draws the life of one table: rows that come, change and go, with
// contexts between. It returns the rows that are left, by key.
func genLog(t *rapid.T, rel *change.Relation) (*log, map[string][]string) {
	l, rows := new(log), map[string][]string{}
	for range rapid.IntRange(1, 30).Draw(t, "events") {
		key := fmt.Sprint(rapid.IntRange(1, 4).Draw(t, "key"))
		old, exists := rows[key]
		switch action := rapid.IntRange(0, 9).Draw(t, "action"); {
		case action == 0:
			l.begin()
		case action == 1:
			l.say("waltrail", rapid.SampledFrom([]string{janeDoe, `{"x": [1]}`, `{"reason": "y"}`, "broken"}).Draw(t, "context"))
		case !exists:
			rows[key] = genRow(t, key)
			l.insert(rel, rows[key]...)
		case action == 2:
			l.delete(rel, old...)
			delete(rows, key)
		default:
			rows[key] = genRow(t, key)
			l.update(rel, append(append([]string(nil), old...), rows[key]...)...)
		}
	}
	return l, rows
}

// TestBatchesDoNotMatter cuts a log into batches in two ways, of which one uses
// its batch again, and compares every byte.
func TestBatchesDoNotMatter(t *testing.T) {
	rel := relation("public.t", change.IdentityFull, propertyTable...)
	rapid.Check(t, func(rt *rapid.T) {
		l, _ := genLog(rt, rel)
		whole := run(t, propertyConfig(), l)
		tr := transformer(t, propertyConfig())
		var b document.Batch
		var got [][]byte
		for rest := l.events; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "batch")
			b.Reset()
			tr.Transform(&b, &change.Batch{Events: rest[:n]})
			rest = rest[n:]
			for i := range b.Changes {
				got = append(got, bytes.Clone(b.Changes[i].Body))
			}
		}
		if len(got) != len(whole) {
			rt.Fatalf("%d documents in batches, %d in one", len(got), len(whole))
		}
		for i := range whole {
			if diff := cmp.Diff(string(whole[i].Body), string(got[i])); diff != "" {
				rt.Fatalf("document %d differs (-whole +batches):\n%s", i, diff)
			}
		}
	})
}

// TestDocumentsRebuildTheTable replays the documents of a log: creating, changing and
// deleting by what they hold must end at the rows that the table holds.
func TestDocumentsRebuildTheTable(t *testing.T) {
	rel := relation("public.t", change.IdentityFull, propertyTable...)
	cfg := entities("thing", Entity{Table: "t"})
	rapid.Check(t, func(rt *rapid.T) {
		l, want := genLog(rt, rel)
		got := map[string][]string{}
		for _, c := range run(t, cfg, l) {
			var back document.Change
			if err := json.Unmarshal(c.Body, &back); err != nil {
				rt.Fatal(err)
			}
			switch id := back.Trail.Item.ID; back.Trail.Change.Type {
			case document.Deleted:
				delete(got, id)
			case document.Created:
				got[id] = make([]string, len(rel.Columns))
				for i := range got[id] {
					got[id][i] = null
				}
				fallthrough
			default:
				apply(rel, got[id], back.Trail.Fields)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("rows differ (-table +replay):\n%s", diff)
		}
	})
}

func apply(rel *change.Relation, row []string, fields []document.Field) {
	for i := range rel.Columns {
		for _, f := range fields {
			if f.Field != rel.Columns[i].Name {
				continue
			}
			row[i] = f.New.Value
			if f.New.Kind == document.Null {
				row[i] = null
			}
		}
	}
}

// TestSecretsStayOut looks for masked and skipped values in everything that leaves.
func TestSecretsStayOut(t *testing.T) {
	for _, identity := range []change.Identity{change.IdentityFull, change.IdentityDefault} {
		rel := relation("public.t", identity, propertyTable...)
		rapid.Check(t, func(rt *rapid.T) {
			l, _ := genLog(rt, rel)
			for _, c := range run(t, propertyConfig(), l) {
				if all := string(c.Body) + c.Message + c.Index + fmt.Sprint(c); strings.Contains(all, secret) {
					rt.Fatalf("a masked value got out: %s", all)
				}
			}
		})
	}
}

// TestSecretKeysStayOut masks the primary key itself.
func TestSecretKeysStayOut(t *testing.T) {
	rel := relation("public.t", change.IdentityFull, "id text key", "part text key", "v text")
	for _, m := range []string{"redact", "last4", "hmac"} {
		t.Run(m, func(t *testing.T) {
			cfg := entities("thing", Entity{Table: "t", Fields: Fields{Columns: map[string]Field{"id": {Mask: m}, "part": {Mask: m}}}})
			cfg.MaskKey = []byte("key")
			l := new(log).insert(rel, secret+"1234", secret+"5678", "x").update(rel, secret+"1234", secret+"5678", "x", secret+"1234", secret+"5678", "y")
			for _, c := range run(t, cfg, l) {
				if strings.Contains(string(c.Body), secret) || !c.Trail.Change.Masked {
					t.Errorf("masked %v: %s", c.Trail.Change.Masked, c.Body)
				}
			}
		})
	}
}

// TestShortRows has rows that do not fit their table, which no log should hold: nothing may break.
func TestShortRows(t *testing.T) {
	rel := relation("public.t", change.IdentityFull, propertyTable...)
	rapid.Check(t, func(rt *rapid.T) {
		cut := func(label string) []change.Value {
			return texts(genRow(rt, "1")[:rapid.IntRange(0, len(propertyTable)).Draw(rt, label)]...)
		}
		kind := rapid.SampledFrom([]change.Kind{change.Insert, change.Update, change.Delete, change.Truncate}).Draw(rt, "kind")
		l := new(log).add(change.Event{Kind: kind, Rel: rel, Old: cut("old"), New: cut("new")})
		for _, c := range run(t, propertyConfig(), l) {
			if !json.Valid(c.Body) {
				rt.Fatalf("no JSON: %s", c.Body)
			}
		}
	})
}

func TestIdentityOfADocument(t *testing.T) {
	l := new(log).insert(contact(change.IdentityFull), "7", "a", null, null, null, null)
	l.events[0].Pos.N = 226
	c := one(t, entities("contact", Entity{Table: "contacts"}), l)
	if want := "9f2c11ab-0000000000001ff0-0000000000001010-00e2"; c.Event.ID != want || c.Trail.Sequence != want[9:] || c.Position != l.events[0].Pos {
		t.Errorf("id %s, sequence %s, position %v, want %s", c.Event.ID, c.Trail.Sequence, c.Position, want)
	}
	if want := (document.Tx{ID: 701, CommitLSN: 0x1ff0, ChangeLSN: 0x1010, N: 226, Timeline: 1}); c.Trail.Tx != want {
		t.Errorf("tx %+v, want %+v", c.Trail.Tx, want)
	}
}

func TestStats(t *testing.T) {
	rel, other := contact(change.IdentityFull), relation("public.other", change.IdentityFull, "id int8 key")
	tr := transformer(t, entities("contact", Entity{
		Table: "contacts", Title: Strings{"gone"}, SoftDelete: &Marker{Field: "lost"}, Fields: Fields{Columns: map[string]Field{}},
	}))
	l := new(log).say("waltrail", "{}").say("waltrail", "broken").insert(other, "1").
		insert(rel, "7", strings.Repeat("x", DefaultMaxValue+1), null, null, null, null).
		update(rel, "7", "a", null, null, null, null, "7", "a", null, null, null, null)
	var b document.Batch
	var wait sync.WaitGroup
	wait.Go(func() { _ = tr.Stats() }) // from any goroutine
	tr.Transform(&b, &change.Batch{Events: l.events})
	wait.Wait()
	want := Stats{Documents: 1, Unconfigured: 1, Unrecorded: 1, Messages: 1, BadMessages: 1, CutValues: 1, MissingColumns: 2}
	if got := tr.Stats(); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
}

// TestPlansAreBounded feeds more table shapes than are kept.
func TestPlansAreBounded(t *testing.T) {
	tr := transformer(t, entities("contact", Entity{Table: "contacts"}))
	for range maxPlans + 10 {
		if tr.planOf(contact(change.IdentityFull)) == nil {
			t.Fatal("no plan for a configured table")
		}
	}
	if len(tr.plans) > maxPlans {
		t.Errorf("%d plans are kept, want at most %d", len(tr.plans), maxPlans)
	}
}
