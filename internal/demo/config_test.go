package demo

import (
	"strings"
	"testing"

	"github.com/waltrail/waltrail/config"
)

func TestConfigIsValid(t *testing.T) {
	full := Endpoints{Postgres: "postgres://postgres@127.0.0.1:5432/shop?sslmode=disable", Elasticsearch: "http://127.0.0.1:9200", NATS: "nats://127.0.0.1:4222"}
	triggersOnly := full
	triggersOnly.Elasticsearch, triggersOnly.Listen = "", "127.0.0.1:9090"
	for _, c := range []struct {
		name   string
		yaml   []byte
		system string
		mode   string
		listen string
		entity string
	}{
		{"shop", Config(full), "shop", "index", "127.0.0.1:8080", "contact"},
		{"shop, triggers only", Config(triggersOnly), "shop", "triggers_only", "127.0.0.1:9090", "order_line"},
		{"load", LoadConfig("bench", full), "bench", "index", "127.0.0.1:8080", "bench_item"},
		{"load, triggers only", LoadConfig("other", triggersOnly), "other", "triggers_only", "127.0.0.1:9090", "bench_item"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := config.Parse(c.name, c.yaml)
			if err != nil {
				t.Fatal(err)
			}
			if got.System != c.system || got.Elasticsearch.Mode != c.mode || got.HTTP.Listen != c.listen || got.Postgres.DSN != full.Postgres {
				t.Errorf("system %q, mode %q, listen %q, dsn %q", got.System, got.Elasticsearch.Mode, got.HTTP.Listen, got.Postgres.DSN)
			}
			if got.Entities[c.entity] == nil {
				t.Errorf("no entity %s", c.entity)
			}
		})
	}
}

func TestConfigAuditsEveryTable(t *testing.T) {
	pg := newShop(t)
	got, err := config.Parse("shop", Config(Endpoints{Postgres: pg.DSN, NATS: "nats://127.0.0.1:4222"}))
	if err != nil {
		t.Fatal(err)
	}
	tables := map[string]bool{}
	for _, e := range got.Entities {
		tables[e.Table] = true
	}
	for _, row := range pg.Rows(t, "SELECT 'public.' || tablename FROM pg_tables WHERE schemaname = 'public'") {
		if !tables[row[0]] {
			t.Errorf("table %s is in no entity", row[0])
		}
	}
	if len(tables) != 8 {
		t.Errorf("%d entities, want 8", len(tables))
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		`plain`:    `"plain"`,
		`a"b\c`:    `"a\"b\\c"`,
		`p${HOME}`: `"p$${HOME}"`,
	} {
		if got := quote(in); got != want {
			t.Errorf("quote(%s) = %s, want %s", in, got, want)
		}
	}
}

func TestNoPlaceholderIsLeft(t *testing.T) {
	for _, yaml := range [][]byte{Config(Endpoints{}), LoadConfig("x", Endpoints{})} {
		for line := range strings.Lines(string(yaml)) {
			if i := strings.Index(line, "@"); i >= 0 {
				t.Errorf("placeholder left: %s", line)
			}
		}
	}
}
