package capture

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/internal/testenv"
)

// shopTable is the table of the published figures: seven columns, of which an update changes three.
const shopTable = `
CREATE TABLE article (id int PRIMARY KEY, sku text, name text, price numeric(12,2), state text, stock int, updated_at timestamptz);
ALTER TABLE article REPLICA IDENTITY FULL;
INSERT INTO article SELECT i, 'SKU-' || i, 'A shirt of cotton, number ' || i, 19.99, 'new', 100, now() FROM generate_series(1, 1000) i`

// BenchmarkBacklog reads a backlog of b.N updates and reports our own CPU per
// change; the server's walsender runs beside it and limits the rate.
func BenchmarkBacklog(b *testing.B) {
	for name, perTransaction := range map[string]int{"single": 1, "hundred": 100} {
		b.Run(name, func(b *testing.B) { backlog(b, perTransaction) })
	}
}

func backlog(b *testing.B, perTransaction int) {
	pg := testenv.Postgres(b)
	pg.Exec(b, shopTable)
	cfg := config(pg, "public.article")
	if err := open(b, cfg).Close(); err != nil {
		b.Fatal(err)
	}
	pg.Exec(b, `CREATE PROCEDURE load(n int, per int) LANGUAGE plpgsql AS $$ BEGIN
		FOR i IN 1..n LOOP
			UPDATE article SET price = price + 1, stock = stock - 1, updated_at = clock_timestamp() WHERE id = 1 + i % 1000;
			IF i % per = 0 THEN COMMIT; END IF;
		END LOOP; END $$`)
	pg.Exec(b, "SET synchronous_commit = off")
	pg.Exec(b, "CALL load($1, $2)", b.N, perTransaction)
	b.ReportAllocs()
	b.ResetTimer()
	before, start := cpu(), time.Now()
	r := open(b, cfg)
	drain(b, r, b.N)
	used, took := cpu()-before, time.Since(start)
	b.StopTimer()
	n := float64(b.N)
	b.ReportMetric(float64(used.Nanoseconds())/1000/n, "cpu-µs/row")
	b.ReportMetric(n/took.Seconds(), "rows/s")
	b.ReportMetric(n/float64(r.wire.systemCalls), "rows/read")
}

// drain reads n events, confirming as it goes.
func drain(tb testing.TB, r *Reader, n int) {
	ctx, cancel := context.WithTimeout(tb.Context(), 10*time.Minute)
	defer cancel()
	var end change.LSN
	for n > 0 {
		batch, err := r.Next(ctx)
		if err != nil {
			tb.Fatal(err)
		}
		n -= len(batch.Events)
		if end = max(end, batch.End); end != 0 {
			r.Confirm(end)
		}
	}
}

// cpu is the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
