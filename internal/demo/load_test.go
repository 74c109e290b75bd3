package demo

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/waltrail/waltrail/internal/testenv"
)

func TestLoad(t *testing.T) {
	for _, c := range []struct {
		name         string
		load         Load
		transactions int
	}{
		{"one writer", Load{Rows: 10, Changes: 100}, 100},
		{"four writers, uneven", Load{Rows: 101, Writers: 4, Changes: 1003}, 1003},
		{"more changes than a call holds", Load{Rows: 10, Writers: 1, Changes: 1201}, 1201},
		{"fifty in a transaction", Load{Rows: 100, Writers: 1, Changes: 1020, PerTransaction: 50}, 21},
		{"one large transaction", Load{Rows: 100, Writers: 1, Changes: 3000, PerTransaction: 3000}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			pg := testenv.Postgres(t)
			if err := c.load.Install(t.Context(), pg.DSN); err != nil {
				t.Fatal(err)
			}
			read := record(t, pg)
			if err := c.load.Run(t.Context(), pg.DSN); err != nil {
				t.Fatal(err)
			}
			if got := pg.Value(t, "SELECT sum(stock) FROM bench_items"); got != strconv.Itoa(c.load.Changes) {
				t.Errorf("sum of stock %s, want %d", got, c.load.Changes)
			}
			all := changed(read())
			if rows(all) != c.load.Changes || len(all) != c.transactions {
				t.Errorf("%d rows in %d transactions, want %d in %d", rows(all), len(all), c.load.Changes, c.transactions)
			}
		})
	}
}

func TestLoadChangesThreeColumns(t *testing.T) {
	pg := testenv.Postgres(t)
	load := Load{Rows: 1, Changes: 1}
	if err := load.Install(t.Context(), pg.DSN); err != nil {
		t.Fatal(err)
	}
	before := pg.Rows(t, "SELECT * FROM bench_items")[0]
	if err := load.Run(t.Context(), pg.DSN); err != nil {
		t.Fatal(err)
	}
	different := 0
	for i, v := range pg.Rows(t, "SELECT * FROM bench_items")[0] {
		if v != before[i] {
			different++
		}
	}
	if len(before) != 7 || different != 3 {
		t.Errorf("%d of %d columns changed, want 3 of 7", different, len(before))
	}
}

func TestLoadAtARate(t *testing.T) {
	pg := testenv.Postgres(t)
	load := Load{Rows: 10, Writers: 2, Changes: 100, Rate: 200}
	if err := load.Install(t.Context(), pg.DSN); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := load.Run(t.Context(), pg.DSN); err != nil {
		t.Fatal(err)
	}
	if spent := time.Since(began); spent < 450*time.Millisecond || spent > 10*time.Second {
		t.Errorf("100 changes at 200 a second took %s", spent)
	}
}

func TestLoadRefusesTooFewRows(t *testing.T) {
	err := Load{Rows: 3, Writers: 4, Changes: 1}.Run(t.Context(), "postgres://nowhere")
	if err == nil || !strings.Contains(err.Error(), "3 rows for 4 writers") {
		t.Errorf("got %v", err)
	}
}
