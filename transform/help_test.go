package transform

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files of testdata anew")

// What a test row holds beside texts.
const (
	null    = "\x00null"
	unknown = "\x00unknown"
	toast   = "\x00unchanged"
)

// texts makes a row of values.
func texts(values ...string) []change.Value {
	row := make([]change.Value, len(values))
	for i, v := range values {
		switch v {
		case null:
			row[i].Kind = change.Null
		case unknown:
		case toast:
			row[i].Kind = change.Unchanged
		default:
			row[i] = change.Value{Kind: change.Text, Text: v}
		}
	}
	return row
}

var oids = map[string]uint32{
	"bool": 16, "int8": 20, "int4": 23, "text": 25, "json": 114, "float8": 701, "date": 1082, "timestamp": 1114,
	"timestamptz": 1184, "numeric": 1700, "jsonb": 3802, "uuid": 2950, "money": 790, "text[]": 1009, "state": 99999,
}

// relation makes a table of columns written as "name type", and "name type key"
// for those of the primary key.
func relation(table string, identity change.Identity, columns ...string) *change.Relation {
	schema, name, _ := strings.Cut(table, ".")
	rel := &change.Relation{OID: 7, Schema: schema, Name: name, Identity: identity}
	keys := 0
	for _, text := range columns {
		words := strings.Fields(text)
		c := change.Column{Name: words[0], Type: words[1], TypeOID: oids[words[1]]}
		if len(words) > 2 {
			keys++
			c.KeyOrdinal = keys
		}
		c.InIdentity = identity == change.IdentityFull || identity == change.IdentityDefault && c.KeyOrdinal > 0
		rel.Columns = append(rel.Columns, c)
	}
	return rel
}

// log writes events as a log would have them: a transaction per call of begin.
type log struct {
	events []change.Event
	tx     *change.Tx
	lsn    change.LSN
}

var commitTime = time.Date(2026, 3, 4, 9, 15, 22, 481516999, time.UTC)

func (l *log) begin() *log {
	l.lsn += 0x1000
	l.tx = &change.Tx{XID: uint64(700 + l.lsn>>12), Commit: l.lsn + 0xff0, Time: commitTime, Timeline: 1}
	return l
}

func (l *log) add(e change.Event) *log {
	if l.tx == nil {
		l.begin()
	}
	l.lsn += 0x10
	e.Tx, e.Pos = l.tx, change.Position{Commit: l.tx.Commit, Change: l.lsn}
	l.events = append(l.events, e)
	return l
}

func (l *log) insert(rel *change.Relation, values ...string) *log {
	return l.add(change.Event{Kind: change.Insert, Rel: rel, New: texts(values...)})
}

// update takes the old row and then the new one; the old one may be left out.
func (l *log) update(rel *change.Relation, values ...string) *log {
	e := change.Event{Kind: change.Update, Rel: rel, New: texts(values[len(values)-len(rel.Columns):]...)}
	if len(values) > len(rel.Columns) {
		e.Old = texts(values[:len(rel.Columns)]...)
	}
	return l.add(e)
}

func (l *log) delete(rel *change.Relation, values ...string) *log {
	return l.add(change.Event{Kind: change.Delete, Rel: rel, Old: texts(values...)})
}

func (l *log) truncate(rel *change.Relation) *log {
	return l.add(change.Event{Kind: change.Truncate, Rel: rel})
}

func (l *log) say(prefix, content string) *log {
	return l.add(change.Event{Kind: change.Message, Prefix: prefix, Content: content})
}

// transformer makes a Transformer of the source that all tests use.
func transformer(t testing.TB, cfg Config) *Transformer {
	t.Helper()
	if cfg.System == "" {
		cfg.System = "shop"
	}
	tr, err := New(cfg, "9f2c11ab")
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// run transforms a whole log in one batch.
func run(t testing.TB, cfg Config, l *log) []document.Change {
	t.Helper()
	var b document.Batch
	transformer(t, cfg).Transform(&b, &change.Batch{Events: l.events})
	return b.Changes
}

// one is run for logs that must make exactly one document.
func one(t testing.TB, cfg Config, l *log) *document.Change {
	t.Helper()
	docs := run(t, cfg, l)
	if len(docs) != 1 {
		t.Fatalf("%d documents, want 1", len(docs))
	}
	return &docs[0]
}

// golden compares documents with testdata/<name>.json.
func golden(t *testing.T, name string, docs []document.Change) {
	t.Helper()
	var got bytes.Buffer
	for i := range docs {
		if err := json.Indent(&got, docs[i].Body, "", " "); err != nil {
			t.Fatalf("document %d is no JSON: %v\n%s", i, err, docs[i].Body)
		}
		got.WriteByte('\n')
	}
	path := filepath.Join("testdata", name+".json")
	if *rewrite {
		if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with: go test ./transform -rewrite", err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("documents differ from %s (-want +got); when they are right: go test ./transform -rewrite\n%s", path, diff)
	}
}

// contact is the table that most tests change.
func contact(identity change.Identity) *change.Relation {
	return relation("public.contacts", identity, "id int8 key", "name text", "phone text", "email text", "deleted_at timestamptz", "updated_by text")
}

func entities(name string, e Entity) Config {
	return Config{Entities: map[string]*Entity{name: &e}}
}
