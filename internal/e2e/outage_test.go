package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/waltrail/waltrail/internal/devstack"
	"github.com/waltrail/waltrail/internal/testenv"
)

// outage is how long a server stays away. It is longer than the walsender's
// patience, which the tests set to a few seconds.
const outage = 30 * time.Second

// TestOutages stops Elasticsearch, then NATS, under load. The daemon must stay
// up, keep PostgreSQL's walsender alive, catch up by itself and lose nothing.
func TestOutages(t *testing.T) {
	server := testenv.PostgresServer(t, devstack.PostgresOptions{Settings: map[string]string{"wal_sender_timeout": "8s"}})
	es := testenv.ElasticsearchServer(t, devstack.ElasticsearchOptions{HeapMB: 512})
	r := newRig(t, testenv.PostgresAt(t, server.DSN("postgres")), testenv.ElasticsearchAt(t, es.URL), testenv.NATS(t))
	d := r.start(t).ready()
	w := r.watch(t)
	r.fill(t, 200)
	l := r.write(t, 2, 200, 0, 10*time.Millisecond)
	walsender := r.walsender(t)

	if err := es.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.survive(t, d, walsender, "Elasticsearch")
	before := w.count()
	if err := es.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	testenv.Eventually(t, "triggers flow again after Elasticsearch came back", 3*time.Minute, func() bool { return w.count() > before+100 })

	if err := r.bus.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.survive(t, d, walsender, "NATS")
	if err := r.bus.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	testenv.Eventually(t, "the daemon is ready again", 3*time.Minute, func() bool {
		code, _ := d.get("/readyz")
		return code == http.StatusOK
	})

	l.end(t)
	testenv.Eventually(t, "the slot has caught up", 4*time.Minute, r.caughtUp(t))
	docs := r.documents(t)
	r.exactlyOnce(t, docs)
	w.everyDocument(t, docs)
	r.receiptsContiguous(t, len(docs))
	t.Logf("%d changes through both outages", len(docs))
	d.terminate()
}

// walsender is the process that serves the rig's slot.
func (r *rig) walsender(t *testing.T) string {
	t.Helper()
	return r.pg.Value(t, "select active_pid from pg_replication_slots where slot_name = $1", r.pg.Name)
}

// survive watches the daemon through an outage: it runs, says that it is not
// ready, and the walsender is the same one all the time.
func (r *rig) survive(t *testing.T, d *daemon, walsender, what string) {
	t.Helper()
	end := time.Now().Add(outage)
	testenv.Eventually(t, "the daemon says that it is not ready without "+what, outage, func() bool {
		code, _ := d.get("/readyz")
		return code == http.StatusServiceUnavailable
	})
	testenv.Eventually(t, "the outage is over", 10*outage, func() bool {
		d.running()
		if now := r.walsender(t); now != walsender {
			t.Fatalf("without %s the walsender %s was replaced by %s", what, walsender, now)
		}
		return time.Now().After(end)
	})
}

// TestPostgresRestarts shuts PostgreSQL down while the daemon is connected and
// idle. The server waits until its walsender has had everything confirmed, so that must
// come at once; and the daemon must go on by itself when the server is back.
func TestPostgresRestarts(t *testing.T) {
	server := testenv.PostgresServer(t, devstack.PostgresOptions{})
	r := newRig(t, testenv.PostgresAt(t, server.DSN("postgres")), testenv.Elasticsearch(t), testenv.NATS(t))
	d := r.start(t).ready()
	w := r.watch(t)
	r.fill(t, 10)
	testenv.Eventually(t, "the triggers have come", time.Minute, func() bool { return w.count() == 10 })

	began := time.Now()
	if err := server.Stop(t.Context(), devstack.StopFast); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("PostgreSQL needed %v to shut down", took)
	} else {
		t.Logf("PostgreSQL shut down in %v", took)
	}
	testenv.Eventually(t, "the daemon says that it is not ready without PostgreSQL", time.Minute, func() bool {
		d.running()
		code, _ := d.get("/readyz")
		return code == http.StatusServiceUnavailable
	})
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.ready()
	r.pg.Exec(t, "update items set step = step + 1")
	testenv.Eventually(t, "the slot has caught up", 3*time.Minute, r.caughtUp(t))
	docs := r.documents(t)
	if len(docs) != 20 {
		t.Errorf("%d documents, want 20", len(docs))
	}
	r.exactlyOnce(t, docs)
	w.everyDocument(t, docs)
	r.receiptsContiguous(t, len(docs))
	d.terminate()
}
