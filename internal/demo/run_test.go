package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waltrail/waltrail/internal/devstack"
	"github.com/waltrail/waltrail/internal/testenv"
)

func TestRunNeedsTheHelpers(t *testing.T) {
	pg := newShop(t)
	err := Run(t.Context(), pg.DSN, 0, discard())
	if !errors.Is(err, ErrNoHelpers) || !strings.Contains(err.Error(), "waltrail setup") {
		t.Fatalf("got %v, want ErrNoHelpers with its cure", err)
	}
}

// start runs the workload until the test stops it or ends.
func start(t *testing.T, dsn string, rate float64) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, dsn, rate, discard()) }()
	stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		done <- nil
	}
	t.Cleanup(stop)
	return stop
}

func TestEveryScript(t *testing.T) {
	pg := newShop(t)
	helpers(t, pg)
	if err := prepare(t.Context(), pg.DSN); err != nil {
		t.Fatal(err)
	}
	read := record(t, pg)
	w := &workload{dsn: pg.DSN, rng: newRand(1), log: discard(), conns: newConns()}
	t.Cleanup(w.close)
	for _, s := range append(opening(), scripts()...) {
		t.Run(fmt.Sprintf("%s %s", s.via, s.place), func(t *testing.T) {
			before := len(read())
			changes := 0
			for range 30 { // some find nothing to do at once, or do one of several things
				n, err := w.perform(t.Context(), s)
				if err != nil {
					t.Fatal(plain(err), err)
				}
				changes += n
			}
			seen := 0
			for _, x := range read()[before:] {
				seen += len(x.rows)
				checkWho(t, s, x)
			}
			if changes == 0 || (changes != seen && s.place != "expired-carts" && s.place != "Article list") {
				t.Errorf("%d changes were counted, %d rows are in the log", changes, seen)
			}
		})
	}
}

// checkWho compares the context in the log with the one that the script has.
func checkWho(t *testing.T, s script, x transaction) {
	t.Helper()
	if len(x.rows) == 0 {
		return
	}
	if s.via == psql {
		if x.context.User != nil || !slices.Contains(x.roles, "shop_dba") {
			t.Errorf("plain SQL: context %+v, attributed to %q, want shop_dba", x.context, x.roles)
		}
		return
	}
	c := x.context
	if c.User == nil || c.User.ID == "" || c.User.Name == "" {
		t.Errorf("no user in the context: %+v", c)
	}
	if c.Origin.Interface != s.via || c.Origin.Name != s.place || c.Reason != s.reason {
		t.Errorf("context %+v, want interface %q, name %q, reason %q", c, s.via, s.place, s.reason)
	}
	if run := s.via == api || s.via == cron || s.via == imports; run != (c.Origin.Run != nil) {
		t.Errorf("run %+v for %s", c.Origin.Run, s.via)
	}
}

func TestSavepointRollbackLeavesNoTrace(t *testing.T) {
	pg := newShop(t)
	helpers(t, pg)
	read := record(t, pg)
	w := &workload{dsn: pg.DSN, rng: newRand(1), log: discard(), conns: newConns()}
	t.Cleanup(w.close)
	changes, err := w.perform(t.Context(), script{via: api, do: erpOrderWithMistake})
	if err != nil {
		t.Fatal(err)
	}
	all := read()
	want := []string{"orders.INSERT", "order_lines.INSERT", "orders.UPDATE"}
	if len(all) != 1 || !slices.Equal(all[0].rows, want) || changes != len(want) {
		t.Errorf("%d changes, log %+v, want %v", changes, all, want)
	}
}

func TestRebuildSearchTouchesDerivedColumnsOnly(t *testing.T) {
	pg := newShop(t)
	helpers(t, pg)
	recorded := "SELECT md5(string_agg(to_jsonb(c)::text, '' ORDER BY id)) FROM (SELECT id, name, phone, email, city, note, newsletter, deleted_at FROM contacts) c"
	before := pg.Value(t, recorded)
	w := &workload{dsn: pg.DSN, rng: newRand(1), log: discard(), conns: newConns()}
	t.Cleanup(w.close)
	if n, err := w.perform(t.Context(), script{via: cron, do: rebuildSearch}); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	if pg.Value(t, recorded) != before {
		t.Error("a recorded column changed")
	}
}

func TestRunOpensWithTheFamousContactAndGoesOn(t *testing.T) {
	pg := newShop(t)
	helpers(t, pg)
	read := record(t, pg)
	stop := start(t, pg.DSN, 1000)
	testenv.Eventually(t, "200 transactions of the workload", time.Minute, func() bool { return len(read()) > 200 })
	stop()
	all := changed(read())
	for i, want := range []channel{backOffice, clientUI, api, ""} {
		if got := all[i]; got.context.Origin.Interface != want || !strings.Contains(got.text, "id[bigint]:42") {
			t.Errorf("transaction %d: %q on %v, want %q on contact 42", i, got.context.Origin.Interface, got.rows, want)
		}
	}
	seen := map[channel]int{}
	for _, x := range all {
		seen[x.context.Origin.Interface]++
	}
	for _, c := range []channel{clientUI, backOffice, api, cron, ""} {
		if seen[c] == 0 {
			t.Errorf("nothing came through %q in %d transactions: %v", c, len(all), seen)
		}
	}
}

// changed are the transactions with rows of the shop in them.
func changed(all []transaction) []transaction {
	return slices.DeleteFunc(all, func(x transaction) bool { return len(x.rows) == 0 })
}

func TestRunKeepsTheRate(t *testing.T) {
	pg := newShop(t)
	helpers(t, pg)
	read := record(t, pg)
	began := time.Now()
	stop := start(t, pg.DSN, 50)
	testenv.Eventually(t, "100 changes", time.Minute, func() bool { return rows(read()) > 100 })
	stop()
	if spent := time.Since(began); spent < 400*time.Millisecond {
		t.Errorf("100 changes at 50 a second took %s only", spent)
	}
}

func rows(all []transaction) (n int) {
	for _, x := range all {
		n += len(x.rows)
	}
	return n
}

func TestRunOutlivesARestartOfTheDatabase(t *testing.T) {
	server := testenv.PostgresServer(t, devstack.PostgresOptions{})
	pg := testenv.PostgresAt(t, server.DSN("postgres"))
	if err := Install(t.Context(), pg.DSN); err != nil {
		t.Fatal(err)
	}
	helpers(t, pg)
	start(t, pg.DSN, 200)
	newest := "SELECT max(updated_at)::text || ' ' || sum(hashtext(contacts::text)) FROM contacts"
	begin := pg.Value(t, newest)
	moved := func(from string) func() bool { return func() bool { return pg.Value(t, newest) != from } }
	testenv.Eventually(t, "changes before the restart", time.Minute, moved(begin))
	if err := server.Stop(t.Context(), devstack.StopImmediate); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := pg.Value(t, newest)
	testenv.Eventually(t, "changes after the restart", time.Minute, moved(after))
}

func TestPlainErrorHasNoValues(t *testing.T) {
	pg := newShop(t)
	conn := pg.Conn(t)
	_, err := conn.Exec(t.Context(), "SELECT 'secret'::int")
	if !refused(err) {
		t.Fatalf("got %v, want a PostgreSQL error", err)
	}
	if text := plain(err); strings.Contains(text, "secret") || !strings.Contains(text, "22P02") {
		t.Errorf("plain(%v) = %q, want the SQLSTATE and no value", err, text)
	}
	if text := plain(context.Canceled); text != "context canceled" {
		t.Errorf("plain of another error is %q", text)
	}
}
