package testenv_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/waltrail/waltrail/internal/devstack"
	"github.com/waltrail/waltrail/internal/testenv"
)

func TestPostgresHelpers(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, `CREATE TABLE a (id int PRIMARY KEY, v text, n numeric, at timestamptz);
		INSERT INTO a VALUES (1, NULL, 1.50, '2026-03-04 10:15:22.481516+01'), (2, '', 'NaN', 'infinity')`)
	pg.Exec(t, "UPDATE a SET v = $2 WHERE id = $1", 2, "x")
	got := pg.Rows(t, "SELECT * FROM a WHERE id > $1 ORDER BY id", 0)
	want := [][]string{
		{"1", testenv.Null, "1.50", "2026-03-04 09:15:22.481516+00"},
		{"2", "x", "NaN", "infinity"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if db := pg.Value(t, "SELECT current_database()"); db != pg.Name || !strings.HasPrefix(db, testenv.System(t)) {
		t.Errorf("database %q, name %q", db, pg.Name)
	}
	if one, two := pg.Conn(t), pg.Conn(t); one == two {
		t.Error("Conn gave the same connection twice")
	}
	failure(t, func(tb testing.TB) { pg.Exec(tb, "no sql") })
	failure(t, func(tb testing.TB) { pg.Rows(tb, "SELECT 1/0") })
	failure(t, func(tb testing.TB) { pg.Value(tb, "SELECT 1, 2") })
}

// What a test leaves behind (slots in use, open sessions) must not stop the
// removal of its database, and other tests' slots must stay.
func TestPostgresCleansUp(t *testing.T) {
	outer := testenv.Postgres(t)
	outer.Exec(t, "SELECT pg_create_logical_replication_slot($1, 'pgoutput')", outer.Name)
	var name string
	t.Run("leaves a mess", func(t *testing.T) {
		pg := testenv.Postgres(t)
		name = pg.Name
		pg.Exec(t, "SELECT pg_create_logical_replication_slot($1, 'test_decoding')", name)
		pg.Exec(t, "SELECT pg_create_logical_replication_slot($1, 'test_decoding')", name+"_idle")
		conn, err := pgconn.Connect(context.Background(), pg.ReplicationDSN())
		if err != nil {
			t.Fatal(err)
		}
		// The walsender stays active: nobody closes this connection.
		if _, err := conn.ReceiveMessage(startReplication(t, conn, name)); err != nil {
			t.Fatal(err)
		}
		testenv.Eventually(t, "the slot is active", time.Minute, func() bool {
			return pg.Value(t, "SELECT count(*) FROM pg_replication_slots WHERE active AND slot_name = $1", name) == "1"
		})
	})
	if n := outer.Value(t, "SELECT count(*) FROM pg_database WHERE datname = $1", name); n != "0" {
		t.Errorf("database %s is still there", name)
	}
	if n := outer.Value(t, "SELECT count(*) FROM pg_replication_slots WHERE database = $1", name); n != "0" {
		t.Errorf("%s slots of database %s are still there", n, name)
	}
	if n := outer.Value(t, "SELECT count(*) FROM pg_replication_slots WHERE database = $1", outer.Name); n != "1" {
		t.Errorf("%s slots of another test are left, want 1", n)
	}
}

// startReplication begins streaming and returns a context for the first answer.
func startReplication(t *testing.T, conn *pgconn.PgConn, slot string) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	conn.Frontend().SendQuery(&pgproto3.Query{String: "START_REPLICATION SLOT " + slot + " LOGICAL 0/0"})
	if err := conn.Frontend().Flush(); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// A private server may go and come back under the helpers, or stay away.
func TestPrivatePostgres(t *testing.T) {
	server := testenv.PostgresServer(t, devstack.PostgresOptions{Settings: map[string]string{"max_replication_slots": "1"}})
	pg := testenv.PostgresAt(t, server.DSN("postgres"))
	pg.Exec(t, "CREATE TABLE a (id int)")
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	failure(t, func(tb testing.TB) { pg.Exec(tb, "SELECT 1") })
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := pg.Value(t, "SHOW max_replication_slots"); got != "1" {
		t.Errorf("max_replication_slots is %s", got)
	}
	if err := server.Stop(t.Context(), devstack.StopFast); err != nil {
		t.Fatal(err)
	}
}
