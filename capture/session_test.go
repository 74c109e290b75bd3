package capture

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/internal/devstack"
	"github.com/waltrail/waltrail/internal/testenv"
)

const oneTable = `CREATE TABLE c (id int PRIMARY KEY, name text)`

// TestCleanStop: five single-row commits around a clean stop all arrive, and the
// slot is never past the end of the log.
func TestCleanStop(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, oneTable)
	cfg := config(pg, "public.c")
	r := open(t, cfg)
	for i := range 5 {
		pg.Exec(t, `INSERT INTO c VALUES ($1)`, i)
	}
	got, end := events(t, r, 5)
	finish(t, pg, r, end)
	if past := pg.Value(t, `SELECT confirmed_flush_lsn > pg_current_wal_lsn() FROM pg_replication_slots WHERE slot_name = $1`, cfg.Slot); past != "f" {
		t.Error("the slot stands past the end of the log")
	}
	for i := range 5 {
		pg.Exec(t, `INSERT INTO c VALUES ($1)`, 5+i)
	}
	again, _ := events(t, open(t, cfg), 5)
	for i, e := range append(got, again...) {
		if want := fmt.Sprint(i); e.New[0].Text != want {
			t.Errorf("event %d is row %s", i, e.New[0].Text)
		}
	}
}

// TestUnconfirmedComesAgain: what was read but not confirmed comes again with equal
// positions, whatever else was read and confirmed before it.
func TestUnconfirmedComesAgain(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, oneTable+`; CREATE TABLE unmapped (id int PRIMARY KEY)`)
	cfg := config(pg, "public.c", "public.unmapped")
	r := open(t, cfg)
	pg.Exec(t, `INSERT INTO c VALUES (1)`)
	_, confirmed := events(t, r, 1)
	pg.Exec(t, `INSERT INTO c VALUES (2)`)
	pg.Exec(t, `INSERT INTO unmapped VALUES (1)`)
	pg.Exec(t, `SELECT pg_logical_emit_message(true, 'waltrail.heartbeat', '')`)
	first, _ := events(t, r, 3)
	r.Confirm(confirmed)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r = open(t, cfg)
	second, _ := events(t, r, 3)
	for i := range first {
		if first[i].Pos != second[i].Pos || first[i].Tx.XID != second[i].Tx.XID || !first[i].Tx.Time.Equal(second[i].Tx.Time) {
			t.Errorf("event %d came as %+v, then as %+v", i, first[i].Pos, second[i].Pos)
		}
	}
	if r.Confirmed() < confirmed {
		t.Errorf("session began at %s, %s was confirmed", r.Confirmed(), confirmed)
	}
}

// TestConfirmNeverGoesBack keeps invariant 4 even when asked not to.
func TestConfirmNeverGoesBack(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, oneTable)
	r := open(t, config(pg, "public.c"))
	pg.Exec(t, `INSERT INTO c VALUES (1)`)
	_, end := events(t, r, 1)
	r.Confirm(end)
	r.Confirm(end - 100)
	if got := change.LSN(r.confirmed.Load()); got != end {
		t.Errorf("confirmed %s after %s", got, end)
	}
}

// TestOpenTransactionAcrossRestart: a transaction that is open while we restart, and
// another commits, arrives whole.
func TestOpenTransactionAcrossRestart(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, oneTable)
	cfg := config(pg, "public.c")
	r := open(t, cfg)
	tx, err := pg.Conn(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	insert := func(from, to int) {
		if _, err := tx.Exec(t.Context(), `INSERT INTO c SELECT generate_series($1::int, $2::int)`, from, to); err != nil {
			t.Fatal(err)
		}
	}
	insert(1, 6)
	pg.Exec(t, `INSERT INTO c VALUES (100)`)
	_, end := events(t, r, 1)
	finish(t, pg, r, end)
	r = open(t, cfg)
	insert(7, 10)
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, _ := events(t, r, 10)
	if first := got[0].New[0].Text; first != "1" {
		t.Errorf("the transaction begins with row %s", first)
	}
}

// follow confirms all that comes, as an idle pipeline does, until the session ends.
func follow(ctx context.Context, r *Reader) error {
	for {
		b, err := r.Next(ctx)
		if err != nil {
			return err
		}
		if b.End != 0 {
			r.Confirm(b.End)
		}
	}
}

// TestShutdown: connected and idle, PostgreSQL shuts down at once.
func TestShutdown(t *testing.T) {
	server := testenv.PostgresServer(t, devstack.PostgresOptions{})
	pg := testenv.PostgresAt(t, server.DSN("postgres"))
	pg.Exec(t, oneTable)
	cfg := config(pg, "public.c")
	r := open(t, cfg)
	done := make(chan error, 1)
	go func() { done <- follow(context.Background(), r) }()
	pg.Exec(t, `INSERT INTO c VALUES (1); CREATE TABLE other AS SELECT generate_series(1, 1000)`)
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := server.Stop(ctx, devstack.StopFast); err != nil {
		t.Fatalf("fast shutdown: %v", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("shutdown took %v", took)
	} else {
		t.Logf("shutdown took %v", took)
	}
	if err := <-done; err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("Next after the shutdown: %v, want an error of the session", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("Close of a broken session: %v", err)
	}
	if err := server.Start(ctx); err != nil {
		t.Fatal(err)
	}
	pg.Exec(t, `INSERT INTO c VALUES (2)`)
	r = open(t, cfg)
	for row := ""; row != "2"; { // before 17 the server forgets the last confirmations in a restart
		for _, e := range next(t, r).Events {
			row = e.New[0].Text
		}
	}
}

// TestHungConsumer: a consumer that takes nothing for many times wal_sender_timeout, with far
// more waiting than a batch holds, loses neither the connection nor a row.
func TestHungConsumer(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, oneTable+`; ALTER DATABASE `+pg.Name+` SET wal_sender_timeout = '1s'`)
	r := open(t, config(pg, "public.c"))
	pid := pg.Value(t, `SELECT active_pid FROM pg_replication_slots WHERE database = current_database()`)
	const rows = 100_000
	pg.Exec(t, `INSERT INTO c SELECT i, repeat('x', 100) FROM generate_series(1, $1::int) i`, rows)
	hang := time.After(6 * time.Second) // the fault itself: there is nothing to wait for
	<-hang
	if now := pg.Value(t, `SELECT active_pid FROM pg_replication_slots WHERE database = current_database()`); now != pid {
		t.Fatalf("walsender %s became %s", pid, now)
	}
	drain(t, r, rows)
}

// TestIdlePublication: while others write, the slot moves although no audited
// table changes, and the batches stay few.
func TestIdlePublication(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, oneTable+`; CREATE TABLE busy (id int)`)
	r := open(t, config(pg, "public.c"))
	pg.Exec(t, `INSERT INTO busy SELECT generate_series(1, 10000)`)
	target, err := change.ParseLSN(pg.Value(t, `SELECT pg_current_wal_lsn()::text`))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	batches := 0
	for change.LSN(r.confirmed.Load()) < target {
		b, err := r.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		batches++
		r.Confirm(b.End)
	}
	testenv.Eventually(t, "the slot to move", patience, func() bool { return slotAt(t, pg) >= target })
	if batches > 20 {
		t.Errorf("%d batches for nothing", batches)
	}
}

// TestHugeTransaction: memory is bounded by batches, not by transactions.
func TestHugeTransaction(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, oneTable)
	r := open(t, config(pg, "public.c"))
	const rows = 200_000
	pg.Exec(t, `INSERT INTO c SELECT i, repeat('x', 500) FROM generate_series(1, $1::int) i`, rows)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var peak uint64
	for n, batches := 0, 0; n < rows; batches++ {
		b, err := r.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if n += len(b.Events); n < rows && b.End > 0 && n > len(b.Events) {
			t.Fatalf("batch %d inside the transaction may be confirmed at %s", batches, b.End)
		}
		if len(b.Events) > fullEvents || b.Bytes > fullBytes+1000 {
			t.Fatalf("batch of %d events, %d bytes", len(b.Events), b.Bytes)
		}
		if batches%20 == 0 {
			peak = max(peak, heap())
		}
	}
	if peak > 32<<20 {
		t.Errorf("%d MiB of live memory in a transaction of 100 MB", peak>>20)
	}
}

// heap is the memory in use after a collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestNextAndCloseEnd(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, oneTable)
	r := open(t, config(pg, "public.c"))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var err error
	for err == nil { // keepalives may come first
		_, err = r.Next(ctx)
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Next: %v, want the error of its context", err)
	}
	done := make(chan error, 1)
	go func() { done <- follow(context.Background(), r) }()
	if err := r.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := <-done; !errors.Is(err, ErrClosed) {
		t.Errorf("Next while closing: %v, want ErrClosed", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

// TestCloseWhileFull: a stream that waits for room ends too.
func TestCloseWhileFull(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, oneTable)
	r := open(t, config(pg, "public.c"))
	pg.Exec(t, `INSERT INTO c SELECT generate_series(1, 50000)`)
	testenv.Eventually(t, "a full batch", patience, func() bool {
		r.handoff.mu.Lock()
		defer r.handoff.mu.Unlock()
		return r.handoff.batch != nil && len(r.handoff.batch.Events) >= fullEvents
	})
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// TestBrokenConnection: the walsender is killed; Next reports it, without values of rows.
func TestBrokenConnection(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, oneTable)
	cfg := config(pg, "public.c")
	r := open(t, cfg)
	pg.Exec(t, `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = current_database()`)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := follow(ctx, r); err == nil || ctx.Err() != nil {
		t.Fatalf("Next: %v, want the end of the session", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	pg.Exec(t, `INSERT INTO c VALUES (1)`)
	events(t, open(t, cfg), 1)
}

// TestCatalogConnectionLost: the connection beside the stream may break; it is opened anew.
func TestCatalogConnectionLost(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, oneTable)
	r := open(t, config(pg, "public.c"))
	pg.Exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name LIKE 'waltrail/%' AND backend_type = 'client backend'`)
	pg.Exec(t, `INSERT INTO c VALUES (1)`)
	if got, _ := events(t, r, 1); got[0].Rel.Columns[0].KeyOrdinal != 1 {
		t.Error("the key is not known")
	}
}
