package history_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
	"github.com/waltrail/waltrail/history"
	"github.com/waltrail/waltrail/indexer"
	"github.com/waltrail/waltrail/internal/testenv"
	"github.com/waltrail/waltrail/transform"
)

// story writes a trail for the tests with the real stations: changes are made
// of rows by transform and stored by indexer, so that what they write and what
// history asks for is tested against each other.
type story struct {
	t       *testing.T
	es      *testenv.ES
	index   *indexer.Indexer
	reader  *history.Reader
	turn    *transform.Transformer
	batch   document.Batch
	lsn     change.LSN
	at      time.Time
	tables  map[string]*change.Relation
	written int
}

// newStory returns an empty trail whose first change is of 1 March 2026, 10:00 UTC.
func newStory(t *testing.T) *story {
	t.Helper()
	es := testenv.Elasticsearch(t)
	cfg := indexer.Config{Addresses: []string{es.URL}}
	cfg.SetDefaults()
	*cfg.Replicas = 0
	index, err := indexer.New(cfg, es.System, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(index.Close)
	if err := index.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	turn, err := transform.New(transform.Config{System: es.System, Entities: entities()}, "9f2c11ab")
	if err != nil {
		t.Fatal(err)
	}
	return &story{
		t: t, es: es, index: index, turn: turn, reader: history.NewReader(index, es.System), lsn: 0x16B3748,
		at: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC), tables: tables(),
	}
}

func entities() map[string]*transform.Entity {
	return map[string]*transform.Entity{
		"catalog": {Table: "public.catalogs"},
		"article": {
			Table: "public.articles", Identifier: transform.Strings{"sku"}, Title: transform.Strings{"title"},
			Status: &transform.Status{Field: "state", Values: map[string]transform.StatusValue{
				"new": {Label: "New", Color: "#2d7ff9"}, "approved": {Label: "Approved", Color: "#1a7f37"},
			}},
			Fields:    transform.Fields{Columns: map[string]transform.Field{"secret": {Mask: "redact"}}},
			Container: &transform.Container{Entity: "catalog", Key: "catalog_id", KindColumn: "kind"},
		},
		"article_price": {
			Table: "public.article_prices", Parent: &transform.Parent{Entity: "article", Key: "article_id"},
			Qualifiers: transform.Strings{"currency"},
		},
	}
}

func tables() map[string]*change.Relation {
	relation := func(oid uint32, name string, columns ...change.Column) *change.Relation {
		for i := range columns {
			columns[i].InIdentity, columns[i].TypeMod = true, -1
		}
		columns[0].KeyOrdinal = 1
		return &change.Relation{OID: oid, Schema: "public", Name: name, Identity: change.IdentityFull, Columns: columns}
	}
	column := func(name, typ string, oid uint32) change.Column {
		return change.Column{Name: name, Type: typ, TypeOID: oid}
	}
	return map[string]*change.Relation{
		"articles": relation(16400, "articles",
			column("id", "bigint", 20), column("sku", "text", 25), column("title", "text", 25), column("state", "text", 25),
			column("catalog_id", "text", 25), column("kind", "text", 25), column("stock", "integer", 23),
			column("due", "date", 1082), column("seen", "timestamp with time zone", 1184), column("secret", "text", 25)),
		"article_prices": relation(16401, "article_prices",
			column("id", "bigint", 20), column("article_id", "bigint", 20), column("currency", "text", 25), column("price", "numeric", 1700)),
	}
}

// null is a value that is SQL NULL; everything else is text.
const null = "\x00"

// row returns a row of a table; columns that are not given are null.
func row(rel *change.Relation, values map[string]string) []change.Value {
	if values == nil {
		return nil
	}
	r := make([]change.Value, len(rel.Columns))
	for i, c := range rel.Columns {
		text, ok := values[c.Name]
		if r[i] = (change.Value{Kind: change.Text, Text: text}); !ok || text == null {
			r[i] = change.Value{Kind: change.Null}
		}
	}
	return r
}

type values = map[string]string

// change commits one transaction: a context, a row before and after; without
// both, the table is truncated. The next one is a minute later. The change's reason is tag.
func (s *story) change(tag, context, table string, before, after values) {
	s.t.Helper()
	rel := s.tables[table]
	s.lsn += 0x200
	tx := &change.Tx{XID: uint64(700 + s.written), Commit: s.lsn + 0x100, Time: s.at, Timeline: 1} //nolint:gosec // small
	e := change.Event{Kind: change.Update, Tx: tx, Rel: rel, Old: row(rel, before), New: row(rel, after)}
	e.Pos = change.Position{Commit: tx.Commit, Change: s.lsn}
	switch {
	case before == nil && after == nil:
		e.Kind = change.Truncate
	case before == nil:
		e.Kind = change.Insert
	case after == nil:
		e.Kind = change.Delete
	}
	if context == "" {
		context = "{}"
	}
	message := change.Event{
		Kind: change.Message, Tx: tx, Prefix: "waltrail", Pos: change.Position{Commit: tx.Commit, Change: s.lsn - 8},
		Content: fmt.Sprintf(`%s,"reason":%q}`, context[:len(context)-1], tag),
	}
	if context == "{}" {
		message.Content = fmt.Sprintf(`{"reason":%q}`, tag)
	}
	s.at = s.at.Add(time.Minute)
	s.written++
	s.turn.Transform(&s.batch, &change.Batch{Events: []change.Event{message, e}, End: tx.Commit})
}

// store writes what was told so far and makes it searchable.
func (s *story) store() {
	s.t.Helper()
	if len(s.batch.Changes) != s.written {
		s.t.Fatalf("%d changes made %d documents", s.written, len(s.batch.Changes))
	}
	if err := s.index.Write(s.t.Context(), s.batch.Changes); err != nil {
		s.t.Fatal(err)
	}
	s.es.Refresh(s.t)
}

// with returns a copy of a row with some values replaced.
func with(base values, pairs ...string) values {
	v := make(values, len(base))
	for name, value := range base {
		v[name] = value
	}
	for i := 0; i < len(pairs); i += 2 {
		v[pairs[i]] = pairs[i+1]
	}
	return v
}
