package demo

import (
	"context"
	_ "embed" // load.sql, load.yaml
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

//go:embed load.sql
var loadSQL string

//go:embed load.yaml
var loadYAML string

// LoadTable is the table that Load changes: seven columns, of which an update changes three.
const LoadTable = "public.bench_items"

// Load describes a bounded number of single-row updates of LoadTable. The stock
// of an item counts its updates, so that the truth can be asked for afterwards.
type Load struct {
	// Rows is the size of the table; Writers must not be more.
	Rows int
	// Writers work at the same time, each on rows of its own. 0 means 1.
	Writers int
	// Changes is the number of updates of all writers together.
	Changes int
	// PerTransaction is the number of updates in one transaction. 0 means 1.
	PerTransaction int
	// Rate bounds the changes per second of all writers together; 0 is as fast as it goes.
	Rate float64
}

// LoadConfig returns the waltrail.yaml that audits LoadTable as the given system.
func LoadConfig(system string, e Endpoints) []byte {
	return e.fill(strings.Replace(loadYAML, "@SYSTEM@", system, 1))
}

// Install creates LoadTable, or brings it back to its first state.
func (l Load) Install(ctx context.Context, dsn string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to lose
	if _, err := conn.Exec(ctx, loadSQL+"TRUNCATE public.bench_items;"); err != nil {
		return fmt.Errorf("load: create %s: %w", LoadTable, err)
	}
	_, err = conn.Exec(ctx, `INSERT INTO public.bench_items
		SELECT i, 'SKU-' || lpad(i::text, 6, '0'), 'Blue shirt, size ' || i % 60, 10 + i % 90, 'approved', 0, now()
		FROM generate_series(1, $1::bigint) i`, l.Rows)
	if err != nil {
		return fmt.Errorf("load: fill %s: %w", LoadTable, err)
	}
	return nil
}

// Run makes the changes and returns when all are committed. It stops at the
// first error; how many changes were made is then the sum of stock.
func (l Load) Run(ctx context.Context, dsn string) error {
	l.Writers, l.PerTransaction = max(l.Writers, 1), max(l.PerTransaction, 1)
	if l.Rows < l.Writers {
		return fmt.Errorf("load: %d rows for %d writers: want a row for each", l.Rows, l.Writers)
	}
	l.Rows -= l.Rows % l.Writers // so that wrapping around leads every writer back to its own rows
	group, ctx := errgroup.WithContext(ctx)
	for w := range l.Writers {
		share := l.Changes / l.Writers
		if w < l.Changes%l.Writers {
			share++
		}
		group.Go(func() error { return l.write(ctx, dsn, w, share) })
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	return nil
}

// write makes the share of one writer, in calls of some ten milliseconds, so
// that it ends soon after ctx and keeps to the rate.
func (l Load) write(ctx context.Context, dsn string, writer, share int) (err error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	chunk, began := l.chunk(), time.Now()
	for done := 0; done < share; {
		n := min(chunk, share-done)
		_, err := conn.Exec(ctx, "CALL public.bench_update($1, $2, $3, $4, $5)",
			writer+done*l.Writers, l.Writers, l.Rows, n, l.PerTransaction)
		if err != nil {
			return err
		}
		done += n
		if l.Rate > 0 && !sleep(ctx, time.Until(began.Add(l.due(done)))) {
			return ctx.Err()
		}
	}
	return nil
}

// due is the time that a writer's first n changes have to take.
func (l Load) due(n int) time.Duration {
	return time.Duration(float64(n*l.Writers) / l.Rate * float64(time.Second))
}

// chunk is the number of changes in one call: whole transactions, and at a given
// rate the smallest number there is, so that the changes are spread evenly.
func (l Load) chunk() int {
	if l.Rate > 0 {
		return l.PerTransaction
	}
	return (500/l.PerTransaction + 1) * l.PerTransaction
}
