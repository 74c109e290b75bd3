package capture

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/internal/testenv"
)

// TestMain checks that no session leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.Runner{M: m}) }

// patience is for what should take milliseconds, on a machine that may be busy.
const patience = 30 * time.Second

// config audits the tables of pg under names that no other test uses.
func config(pg *testenv.PG, tables ...string) Config {
	c := Config{DSN: pg.DSN, Tables: tables}
	c.SetDefaults(pg.Name)
	return c
}

// open begins a session, waiting for the walsender of the one before to go.
func open(t testing.TB, cfg Config) *Reader {
	t.Helper()
	var r *Reader
	testenv.Eventually(t, "a session", patience, func() bool {
		var err error
		r, err = Open(t.Context(), cfg, slog.New(slog.DiscardHandler), nil)
		if err != nil && !strings.Contains(err.Error(), "in use") {
			t.Fatalf("Open: %v", err)
		}
		return err == nil
	})
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// events reads n events up to the end of their last transaction, confirming
// nothing, and returns them with the highest End.
func events(t testing.TB, r *Reader, n int) ([]change.Event, change.LSN) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var got []change.Event
	var end change.LSN
	for len(got) < n || got[n-1].Tx != nil && end <= got[n-1].Tx.Commit {
		b, err := r.Next(ctx)
		if err != nil {
			t.Fatalf("Next after %d of %d events: %v", len(got), n, err)
		}
		got, end = append(got, b.Events...), max(end, b.End)
	}
	if len(got) > n {
		t.Fatalf("got %d events, want %d; the last: %s", len(got), n, show(&got[len(got)-1]))
	}
	return got, end
}

// show prints an event the way the tests write their expectations.
func show(e *change.Event) string {
	switch e.Kind {
	case change.Message:
		return fmt.Sprintf("message %s %s", e.Prefix, e.Content)
	case change.Truncate:
		return "truncate " + e.Rel.Name
	}
	name := map[change.Kind]string{change.Insert: "insert", change.Update: "update", change.Delete: "delete"}[e.Kind]
	return strings.TrimRight(fmt.Sprintf("%s %s%s%s", name, e.Rel.Name, row(" old", e.Old), row(" new", e.New)), " ")
}

func row(label string, values []change.Value) string {
	if values == nil {
		return ""
	}
	texts := make([]string, len(values))
	for i, v := range values {
		switch v.Kind {
		case change.Null:
			texts[i] = "NULL"
		case change.Unknown:
			texts[i] = "?"
		case change.Unchanged:
			texts[i] = "="
		case change.Text:
			texts[i] = "'" + v.Text + "'"
			if len(v.Text) > 40 {
				texts[i] = fmt.Sprintf("<%d bytes>", len(v.Text))
			}
		}
	}
	return label + "(" + strings.Join(texts, ",") + ")"
}

func shown(events []change.Event) string {
	lines := make([]string, len(events))
	for i := range events {
		lines[i] = show(&events[i])
	}
	return strings.Join(lines, "\n")
}

// numbers is the text of COPY for one integer column.
func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintln(&b, i+1)
	}
	return b.String()
}

// next is Next with patience.
func next(t testing.TB, r *Reader) *change.Batch {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	b, err := r.Next(ctx)
	if err != nil {
		t.Fatalf("Next: %v", err)
	}
	return b
}
