package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/waltrail/waltrail/internal/testenv"
)

// rig is what one test runs on.
type rig struct {
	pg     *testenv.PG
	es     *testenv.ES // nil in triggers-only mode
	bus    *testenv.Bus
	system string
	config string
	listen string
}

// itemsTable is what the load writes: seven columns, three of which change with
// each update. Column step counts the updates of a row: it is the truth that verdicts are judged by.
const itemsTable = `
create table items (
	id int primary key, sku text not null, title text not null, price numeric(12,2) not null,
	state text not null, step int not null, updated_at timestamptz not null default now());
alter table items replica identity full;`

const itemsConfig = `
system: %s
postgres: {dsn: '%s', slot: %s, publication: %s, snapshot: never}
elasticsearch: %s
nats: {url: '%s', stream: TRAIL}
http: {listen: '%s'}
entities:
  item: {table: public.items, label: Item, identifier: sku, title: title}
`

// newRig makes a database with the table of items and the configuration for it.
func newRig(t *testing.T, pg *testenv.PG, es *testenv.ES, bus *testenv.Bus) *rig {
	t.Helper()
	r := &rig{pg: pg, es: es, bus: bus, system: testenv.System(t), listen: freeAddress(t)}
	pg.Exec(t, itemsTable)
	index := "{mode: triggers_only}"
	if es != nil {
		index = fmt.Sprintf("{addresses: ['%s'], replicas: 0}", es.URL)
	}
	text := fmt.Sprintf(itemsConfig, r.system, pg.DSN, pg.Name, pg.Name, index, bus.URL, r.listen)
	r.config = filepath.Join(t.TempDir(), "waltrail.yaml")
	if err := os.WriteFile(r.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return r
}

// start runs the daemon on the rig.
func (r *rig) start(t *testing.T) *daemon {
	t.Helper()
	return start(t, r.config, r.listen)
}

// setup runs `waltrail setup` on the rig.
func (r *rig) setup(t *testing.T) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(path, "setup", "--config", r.config).CombinedOutput(); err != nil {
		t.Fatalf("waltrail setup: %v\n%s", err, out)
	}
}

// fill inserts rows 1 to n with step 0, before or while the daemon runs.
func (r *rig) fill(t *testing.T, n int) {
	t.Helper()
	r.pg.Exec(t, `insert into items (id, sku, title, price, state, step)
		select i, 'SKU-' || i, 'Item number ' || i, i * 0.25, 'new', 0 from generate_series(1, $1) i`, n)
}

// load is writers that update rows, each its own, until they made their share or are stopped.
type load struct {
	group   *errgroup.Group
	stop    context.CancelFunc
	pace    time.Duration
	changes atomic.Int64
}

// write starts writers that make total changes of rows rows; 0 means until
// stopped. Each waits for pace between its changes; 0 is as fast as it goes.
func (r *rig) write(t *testing.T, writers, rows, total int, pace time.Duration) *load {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	l := &load{stop: stop, pace: pace}
	l.group, ctx = errgroup.WithContext(ctx)
	for w := range writers {
		conn := r.pg.Conn(t)
		l.group.Go(func() error { return l.writer(ctx, conn, w, writers, rows, total/writers) })
	}
	return l
}

// writer updates rows w+1, w+1+writers, … in turn, one transaction each, and now and then
// one that is rolled back in part.
func (l *load) writer(ctx context.Context, conn *pgx.Conn, w, writers, rows, share int) error {
	const update = `update items set step = step + 1, price = price + 0.01,
		state = case when state = 'new' then 'open' else 'new' end, updated_at = clock_timestamp() where id = $1`
	for n := 0; share == 0 || n < share; n++ {
		id := w + 1 + (n*writers)%rows
		var err error
		if n%50 == 49 {
			err = savepoint(ctx, conn, update, id)
		} else {
			_, err = conn.Exec(ctx, update, id)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		l.changes.Add(1)
		time.Sleep(l.pace)
	}
	return nil
}

// savepoint makes one change that stays and some that do not.
func savepoint(ctx context.Context, conn *pgx.Conn, update string, id int) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "savepoint s"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "update items set price = price + 1000, step = step + 1000 where id = $1", id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "rollback to savepoint s"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, update, id)
		return err
	})
}

// wait waits until the writers made their share.
func (l *load) wait(t *testing.T) {
	t.Helper()
	if err := l.group.Wait(); err != nil {
		t.Fatal(err)
	}
}

// end stops the writers.
func (l *load) end(t *testing.T) {
	t.Helper()
	l.stop()
	l.wait(t)
}

// caughtUp reports whether the slot has confirmed all that was written so far.
// It writes a little itself, so that there is something to confirm beyond the last change.
func (r *rig) caughtUp(t *testing.T) func() bool {
	t.Helper()
	target := r.pg.Value(t, "select pg_current_wal_lsn()")
	return func() bool {
		got := r.pg.Value(t, "select coalesce(bool_or(confirmed_flush_lsn >= $1::pg_lsn), false) from pg_replication_slots where slot_name = $2", target, r.pg.Name)
		return strings.HasPrefix(got, "t")
	}
}
