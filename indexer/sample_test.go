package indexer

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

// commitTime is the time of every sample, so that all lie in one index.
func commitTime() time.Time { return time.Date(2026, 3, 4, 9, 15, 22, 481516000, time.UTC) }

const sampleMonth = "2026.03"

// sample makes n encoded documents like the example of the format: three
// fields, one of them a number, by a user of the back office. first makes ids unique.
func sample(system string, first, n int) *document.Batch {
	var b document.Batch
	for i := first; i < first+n; i++ {
		sampleChange(b.Add(), system, i)
	}
	var e document.Encoder
	b.Encode(&e)
	return &b
}

func sampleChange(c *document.Change, system string, i int) {
	commit, item := change.LSN(0x16b37480+i/10*64), fmt.Sprint(i%5000)                   //nolint:gosec // small
	c.Position = change.Position{Commit: commit, Change: commit - 64, N: uint16(i % 10)} //nolint:gosec // small
	c.Timestamp = commitTime()
	c.Index = "trail-" + system + "-default-" + sampleMonth
	c.Message = "Jane Doe changed Price (EUR) (1.50) → 2.00 and State (New) → Approved on Article SKU-" + item
	c.Event = document.Event{ID: "9f2c11ab-" + c.Position.String(), Action: "item-changed", Reason: "Season price list"}
	c.User = document.User{ID: fmt.Sprint(i % 300), Name: "Jane Doe"}
	t := &c.Trail
	t.V, t.Sequence = document.Version, c.Position.String()
	t.Origin = document.Origin{
		Interface: "backoffice", Name: "Article form", Source: "message",
		Run: document.Run{Type: "api_call", ID: fmt.Sprintf("req-%d", i/10)},
	}
	t.Entity = document.Entity{Name: "article", Table: "public.articles"}
	t.Item.UID, t.Item.ID, t.Item.Identifier, t.Item.Label = "article:"+item, item, "SKU-"+item, "Blue shirt "+item
	t.Item.Key = append(t.Item.Key, document.Cell{Name: "id", Kind: document.Text, Value: item})
	t.Root = document.Ref{UID: t.Item.UID}
	t.Container = document.Container{Type: "catalog", ID: "MASTER", Kind: "master", Label: "Master catalog"}
	t.Change.Type = document.Changed
	t.Change.Fields = append(t.Change.Fields, "price", "state", "stock")
	t.Change.Paths = append(t.Change.Paths, "price[currency=EUR]")
	t.Status = document.Status{Field: "state", From: "new", To: "approved"}
	sampleFields(t, i)
	t.Tx = document.Tx{ID: uint64(742 + i/10), CommitLSN: commit, ChangeLSN: commit - 64, N: uint16(i % 10), Timeline: 1} //nolint:gosec // small
}

func sampleFields(t *document.Trail, i int) {
	price, stock := fmt.Sprintf("%d.50", i%900), fmt.Sprint(i%77)
	text := func(v string) document.Side { return document.Side{Kind: document.Text, Value: v} }
	number := func(v string) document.Side { return document.Side{Kind: document.Text, Value: v, Number: v} }
	t.Fields = append(t.Fields,
		document.Field{Field: "price", Path: "price[currency=EUR]", Label: "Price (EUR)", Type: "numeric(12,2)", Old: number("1.50"), New: number(price)},
		document.Field{Field: "state", Label: "State", Type: "text", Old: text("new"), New: text("approved")},
		document.Field{Field: "stock", Label: "Stock", Type: "integer", Old: number("12"), New: number(stock)})
	for _, f := range t.Fields {
		for _, side := range []struct {
			letter document.TermSide
			side   document.Side
		}{{document.TermOld, f.Old}, {document.TermNew, f.New}} {
			t.Terms = append(t.Terms, string(document.AppendTextTerm(nil, side.letter, side.side.Value, f.Field)))
			if side.side.Number != "" {
				t.Terms = append(t.Terms, string(document.AppendNumberTerm(nil, side.letter, f.Field, float64(i))))
			}
		}
	}
}

// open returns an Indexer on a server, with its log discarded.
func open(t testing.TB, url, system string, change ...func(*Config)) *Indexer {
	t.Helper()
	none := 0
	cfg := Config{Addresses: []string{url}, Replicas: &none, Insecure: true}
	cfg.SetDefaults()
	for _, c := range change {
		c(&cfg)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	x, err := New(cfg, system, slog.New(slog.NewTextHandler(io.Discard, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	return x
}

// limited returns a context for one call: generous, so that only a hang ends it.
func limited(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
