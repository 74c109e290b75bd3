package transform_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/waltrail/waltrail/capture"
	"github.com/waltrail/waltrail/document"
	"github.com/waltrail/waltrail/internal/testenv"
	"github.com/waltrail/waltrail/transform"
)

func TestMain(m *testing.M) { os.Exit(testenv.Runner{M: m}.Run()) }

// values are types with a value that is easily changed on its way.
var values = []struct{ typ, literal string }{
	{"bigint", "9007199254740993"}, {"numeric", "'NaN'"}, {"numeric(30,10)", "12345678901234567890.0123456789"}, {"real", "'Infinity'"},
	{"double precision", "0.1"}, {"money", "1234.5"}, {"boolean", "true"}, {"text", `E'a\tb\n"c"\\ é 🎉'`}, {"char(5)", "'ab'"}, {"bytea", `'\x00ff'`},
	{"date", "'0044-03-15 BC'"}, {"date", "'infinity'"}, {"timestamp", "'294276-12-31 23:59:59.999999'"}, {"timestamptz", "'2026-03-04 10:15:22.5+05:30'"},
	{"timetz", "'10:15+02'"}, {"interval", "'1 year -2 days 03:00'"}, {"uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"}, {"inet", "'10.0.0.1/8'"},
	{"jsonb", `'{"b": 9007199254740993, "a": [null, "é"]}'`}, {"json", `'{"a": 1, "a": 2}'`}, {"int[]", "'[0:1]={1,NULL}'"}, {"text[]", `'{"a,b",NULL,""}'`},
	{"int4range", "'[1,5)'"}, {"point", "'(1,2)'"}, {"bit(3)", "'101'"}, {"xml", "'<a>b</a>'"}, {"tsvector", "'a:1 b:2'"},
	{"mood", "'so so'"}, {"positive", "5"}, {"pair", `'(1,"a b")'`}, {"text", "''"}, {"text", "NULL"},
}

// TestEveryTypeFromPostgreSQL inserts a value of each type on a real server and
// compares what the document says with what the server prints.
func TestEveryTypeFromPostgreSQL(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, "CREATE TYPE mood AS ENUM ('so so')")
	pg.Exec(t, "CREATE DOMAIN positive AS int CHECK (VALUE > 0)")
	pg.Exec(t, "CREATE TYPE pair AS (n int, t text)")
	var columns, literals, names, prints []string
	for i, v := range values {
		name := "c" + string(rune('a'+i/26)) + string(rune('a'+i%26))
		columns, literals, names = append(columns, name+" "+v.typ), append(literals, v.literal), append(names, name)
		// As the server prints it to clients; a cast to text would not always be the same.
		prints = append(prints, "CASE WHEN "+name+" IS NOT NULL THEN format('%s', "+name+") END")
	}
	pg.Exec(t, "CREATE TABLE types (id int PRIMARY KEY, "+strings.Join(columns, ", ")+")")
	cfg := capture.Config{DSN: pg.DSN, Tables: []string{"public.types"}}
	cfg.SetDefaults(pg.Name)
	reader, err := capture.Open(t.Context(), cfg, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = reader.Close() })
	pg.Exec(t, "INSERT INTO types VALUES (1, "+strings.Join(literals, ", ")+")")

	const session = "SET TimeZone = 'UTC'; SET lc_monetary = 'C'; SET extra_float_digits = 3; SET IntervalStyle = postgres; SET DateStyle = ISO; "
	conn := pg.Conn(t)
	if _, err := conn.Exec(t.Context(), session); err != nil {
		t.Fatal(err)
	}
	var printed []*string
	if err := conn.QueryRow(t.Context(), "SELECT ARRAY["+strings.Join(prints, ", ")+"] FROM types").Scan(&printed); err != nil {
		t.Fatal(err)
	}
	doc := firstDocument(t, reader)
	fields := map[string]document.Field{}
	for _, f := range doc.Trail.Fields {
		fields[f.Field] = f
	}
	for i, v := range values {
		t.Run(v.typ+" "+v.literal, func(t *testing.T) {
			f, recorded := fields[names[i]]
			if printed[i] == nil {
				if recorded {
					t.Errorf("null is recorded as %+v", f)
				}
				return
			}
			if f.New.Value != *printed[i] {
				t.Errorf("recorded %q, the server prints %q", f.New.Value, *printed[i])
			}
			if asJSON := f.New.Kind == document.JSON; asJSON != (v.typ == "jsonb") {
				t.Errorf("recorded as JSON: %v", asJSON)
			}
		})
	}
}

// firstDocument reads up to the first document and gives it as a reader of the index would see it.
func firstDocument(t *testing.T, reader *capture.Reader) *document.Change {
	t.Helper()
	transformer, err := transform.New(transform.Config{
		System: "shop", Entities: map[string]*transform.Entity{"types": {Table: "types"}},
	}, reader.Source())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		src, err := reader.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var b document.Batch
		transformer.Transform(&b, src)
		if len(b.Changes) == 0 {
			continue
		}
		var c document.Change
		if err := json.Unmarshal(b.Changes[0].Body, &c); err != nil {
			t.Fatal(err)
		}
		return &c
	}
}
