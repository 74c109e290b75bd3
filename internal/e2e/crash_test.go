package e2e

import (
	"testing"
	"time"

	"github.com/waltrail/waltrail/internal/testenv"
)

// TestKillThreeTimesUnderLoad kills the daemon three times while 4 writers make
// 20,000 changes, and wants exactly one document per change, each triggered after it was readable.
func TestKillThreeTimesUnderLoad(t *testing.T) {
	const rows, changes = 400, 20_000
	r := newRig(t, testenv.Postgres(t), testenv.Elasticsearch(t), testenv.NATS(t))
	d := r.start(t).ready()
	w := r.watch(t)
	r.fill(t, rows)
	l := r.write(t, 4, rows, changes, 0)
	for _, mark := range []int{3000, 9000, 15000} {
		testenv.Eventually(t, "enough triggers to make a kill hurt", 3*time.Minute, func() bool { return w.count() >= mark })
		d.kill()
		r.slotWithinLog(t)
		d = r.start(t)
	}
	l.wait(t)
	testenv.Eventually(t, "the slot has caught up", 4*time.Minute, r.caughtUp(t))
	r.slotWithinLog(t)

	docs := r.documents(t)
	if len(docs) != rows+changes {
		t.Errorf("%d documents, want %d", len(docs), rows+changes)
	}
	r.exactlyOnce(t, docs)
	repeated := w.everyDocument(t, docs)
	r.receiptsContiguous(t, len(docs))
	t.Logf("%d changes, 3 kills: %d documents, %d messages seen twice", changes, len(docs), repeated)
	d.terminate()
}

// TestCleanStops stops and starts the daemon around single changes, where others lost some
// or confirmed past the end of the log.
func TestCleanStops(t *testing.T) {
	r := newRig(t, testenv.Postgres(t), testenv.Elasticsearch(t), testenv.NATS(t))
	d := r.start(t).ready()
	w := r.watch(t)
	r.fill(t, 5)
	for range 3 {
		d.terminate()
		r.slotWithinLog(t)
		for range 5 {
			r.pg.Exec(t, "update items set step = step + 1 where id = 1")
		}
		d = r.start(t).ready()
	}
	testenv.Eventually(t, "the slot has caught up", 3*time.Minute, r.caughtUp(t))
	docs := r.documents(t)
	if len(docs) != 5+15 {
		t.Fatalf("%d documents, want 20", len(docs))
	}
	r.exactlyOnce(t, docs)
	w.everyDocument(t, docs)
}

// TestOpenTransactionAcrossRestart keeps a transaction open over a clean restart
// while others commit.
func TestOpenTransactionAcrossRestart(t *testing.T) {
	r := newRig(t, testenv.Postgres(t), testenv.Elasticsearch(t), testenv.NATS(t))
	d := r.start(t).ready()
	w := r.watch(t)
	r.fill(t, 10)
	open := r.pg.Conn(t)
	step := func(sql string) {
		t.Helper()
		if _, err := open.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	step("begin")
	step("update items set step = step + 1 where id <= 5")
	r.pg.Exec(t, "update items set step = step + 1 where id > 5")
	d.terminate()
	r.pg.Exec(t, "update items set step = step + 1 where id > 5")
	d = r.start(t).ready()
	step("update items set step = step + 1 where id <= 5")
	step("commit")
	testenv.Eventually(t, "the slot has caught up", 3*time.Minute, r.caughtUp(t))
	docs := r.documents(t)
	if len(docs) != 30 {
		t.Fatalf("%d documents, want 30", len(docs))
	}
	r.exactlyOnce(t, docs)
	w.everyDocument(t, docs)
	d.terminate()
}

// TestUnmappedTableBeforeAKill writes to a published table that no entity maps,
// and kills: the rows before it must not be confirmed by it.
func TestUnmappedTableBeforeAKill(t *testing.T) {
	r := newRig(t, testenv.Postgres(t), testenv.Elasticsearch(t), testenv.NATS(t))
	r.pg.Exec(t, "create table other (id int primary key)")
	d := r.start(t).ready()
	r.pg.Exec(t, `alter publication "`+r.pg.Name+`" add table other`)
	w := r.watch(t)
	r.fill(t, 100)
	r.pg.Exec(t, "insert into other select generate_series(1, 1000)")
	d.kill()
	d = r.start(t)
	testenv.Eventually(t, "the slot has caught up", 3*time.Minute, r.caughtUp(t))
	docs := r.documents(t)
	if len(docs) != 100 {
		t.Fatalf("%d documents, want 100", len(docs))
	}
	r.exactlyOnce(t, docs)
	w.everyDocument(t, docs)
	d.terminate()
}

// TestKillWhileTriggersAreHeld kills the daemon while NATS is away and documents wait
// for their triggers. Had it confirmed them to PostgreSQL, they would be lost.
func TestKillWhileTriggersAreHeld(t *testing.T) {
	r := newRig(t, testenv.Postgres(t), testenv.Elasticsearch(t), testenv.NATS(t))
	d := r.start(t).ready()
	w := r.watch(t)
	if err := r.bus.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.fill(t, 100)
	testenv.Eventually(t, "the documents are stored", time.Minute, func() bool {
		return r.es.Count(t, "trail-"+r.system+"-default-*") == 100
	})
	told := r.pg.Value(t, "select clock_timestamp()")
	testenv.Eventually(t, "PostgreSQL has heard from the daemon since", time.Minute, func() bool {
		return r.pg.Value(t, `select count(*) from pg_stat_replication join pg_replication_slots on pid = active_pid
			where slot_name = $1 and reply_time > $2::timestamptz + interval '1.5 seconds'`, r.pg.Name, told) == "1"
	})
	d.kill()
	if err := r.bus.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	d = r.start(t).ready()
	testenv.Eventually(t, "the slot has caught up", 3*time.Minute, r.caughtUp(t))
	docs := r.documents(t)
	r.exactlyOnce(t, docs)
	w.everyDocument(t, docs)
	r.receiptsContiguous(t, len(docs))
	d.terminate()
}
