package capture

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waltrail/waltrail/internal/check"
	"github.com/waltrail/waltrail/internal/devstack"
	"github.com/waltrail/waltrail/internal/testenv"
)

func tryOpen(t *testing.T, cfg Config) error {
	t.Helper()
	r, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler), nil)
	if err == nil {
		_ = r.Close()
	}
	return err
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q lacks %q", err, part)
		}
	}
}

func TestSetup(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, `CREATE TABLE a (id int PRIMARY KEY); CREATE SCHEMA "S x"; CREATE TABLE "S x"."b""c" (id int PRIMARY KEY)`)
	cfg := config(pg, "public.a", `S x.b"c`)
	plan, err := Setup(t.Context(), cfg, SetupOptions{DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`CREATE PUBLICATION "` + cfg.Publication + `" FOR TABLE "S x"."b""c", public.a WITH (publish_via_partition_root = true)`,
		`SELECT pg_create_logical_replication_slot('` + cfg.Slot + `', 'pgoutput')`,
	}
	if d := cmp.Diff(want, plan[:2]); d != "" {
		t.Error(d)
	}
	if n := pg.Value(t, `SELECT count(*) FROM pg_publication`); n != "0" {
		t.Error("a dry run made a publication")
	}
	done, err := Setup(t.Context(), cfg, SetupOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(plan, done); d != "" {
		t.Errorf("what was done is not what was planned: %s", d)
	}
	if again, err := Setup(t.Context(), cfg, SetupOptions{}); err != nil || len(again) != 0 {
		t.Errorf("the second time: %v, %v, want nothing to do", again, err)
	}
	pg.Exec(t, `INSERT INTO a VALUES (1); INSERT INTO "S x"."b""c" VALUES (1)`)
	events(t, open(t, cfg), 2)
}

// TestAddedTable: a table that the configuration gains is added to a publication that
// exists; the ones that are there besides stay.
func TestAddedTable(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, `CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE x (id int PRIMARY KEY)`)
	cfg := config(pg, "public.a")
	if err := open(t, cfg).Close(); err != nil {
		t.Fatal(err)
	}
	pg.Exec(t, `ALTER PUBLICATION `+cfg.Publication+` ADD TABLE x`)
	cfg.Tables = append(cfg.Tables, "public.b")
	r := open(t, cfg)
	pg.Exec(t, `INSERT INTO a VALUES (1); INSERT INTO b VALUES (1); INSERT INTO x VALUES (1)`)
	events(t, r, 3)
}

func TestPublicationForAllTables(t *testing.T) {
	pg := testenv.Postgres(t)
	cfg := config(pg, "public.a")
	pg.Exec(t, `CREATE TABLE a (id int PRIMARY KEY); CREATE PUBLICATION `+cfg.Publication+` FOR ALL TABLES`)
	r := open(t, cfg)
	pg.Exec(t, `INSERT INTO a VALUES (1)`)
	events(t, r, 1)
}

func TestOpenErrors(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, oneTable+`; CREATE ROLE r_`+pg.Name+` LOGIN`)
	defer pg.Exec(t, `DROP OWNED BY r_`+pg.Name+`; DROP ROLE r_`+pg.Name)
	base := config(pg, "public.c")
	open(t, base)

	t.Run("slot in use", func(t *testing.T) {
		if err := tryOpen(t, base); !errors.Is(err, ErrSlotActive) {
			t.Errorf("got %v, want ErrSlotActive", err)
		}
	})
	t.Run("no such table", func(t *testing.T) {
		cfg := base
		cfg.Tables = []string{"public.c", "public.missing"}
		wantError(t, tryOpen(t, cfg), "entities", "public.missing", pg.Name)
	})
	t.Run("slot of another plugin", func(t *testing.T) {
		cfg := base
		cfg.Slot = "other_" + pg.Name
		pg.Exec(t, `SELECT pg_create_logical_replication_slot($1, 'test_decoding')`, cfg.Slot)
		wantError(t, tryOpen(t, cfg), "postgres.slot", "test_decoding")
	})
	t.Run("slot of another database", func(t *testing.T) {
		cfg := config(testenv.Postgres(t))
		cfg.Slot = base.Slot
		wantError(t, tryOpen(t, cfg), "postgres.slot", pg.Name)
	})
	t.Run("not the owner", func(t *testing.T) {
		cfg := base
		cfg.Publication = "another"
		cfg.DSN = strings.Replace(pg.DSN, "postgres://postgres@", "postgres://r_"+pg.Name+"@", 1)
		wantError(t, tryOpen(t, cfg), "CREATE PUBLICATION", "the owner")
	})
	t.Run("no server", func(t *testing.T) {
		cfg := base
		cfg.DSN = "postgres://nobody:hunter2@127.0.0.1:1/x?sslmode=disable"
		err := tryOpen(t, cfg)
		wantError(t, err, "connect")
		if strings.Contains(err.Error(), "hunter2") {
			t.Error("the error discloses the password")
		}
	})
}

func TestWALLevel(t *testing.T) {
	server := testenv.PostgresServer(t, devstack.PostgresOptions{Settings: map[string]string{"wal_level": "replica"}})
	pg := testenv.PostgresAt(t, server.DSN("postgres"))
	pg.Exec(t, oneTable)
	cfg := config(pg, "public.c")
	wantError(t, tryOpen(t, cfg), "wal_level is replica", "wal_level = logical")
	if got := find(Check(t.Context(), cfg), "postgres: wal_level"); got.Status != check.Failure || got.Cure == "" {
		t.Errorf("Check says %+v", got)
	}
}

// TestLostSlot: the server removed log that the slot needed.
func TestLostSlot(t *testing.T) {
	server := testenv.PostgresServer(t, devstack.PostgresOptions{Settings: map[string]string{
		"max_slot_wal_keep_size": "1MB", "max_wal_size": "32MB", "min_wal_size": "32MB", "wal_keep_size": "0",
	}})
	pg := testenv.PostgresAt(t, server.DSN("postgres"))
	pg.Exec(t, oneTable)
	cfg := config(pg, "public.c")
	if err := open(t, cfg).Close(); err != nil {
		t.Fatal(err)
	}
	testenv.Eventually(t, "the slot to be lost", patience, func() bool {
		pg.Exec(t, `INSERT INTO c SELECT 1, 'x' WHERE false; SELECT pg_switch_wal()`)
		pg.Exec(t, `CREATE TABLE IF NOT EXISTS filler (x int); INSERT INTO filler VALUES (1)`)
		pg.Exec(t, `CHECKPOINT`)
		return pg.Value(t, `SELECT wal_status FROM pg_replication_slots`) == "lost"
	})
	err := tryOpen(t, cfg)
	if !errors.Is(err, ErrSlotLost) {
		t.Errorf("got %v, want ErrSlotLost", err)
	}
	wantError(t, err, cfg.Slot, "pg_drop_replication_slot")
	if got := find(Check(t.Context(), cfg), "postgres: slot"); got.Status != check.Failure {
		t.Errorf("Check says %+v", got)
	}
}

// TestSlotOlderThanPublication: what cannot be read is said with its cure.
func TestSlotOlderThanPublication(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, oneTable)
	cfg := config(pg, "public.c")
	pg.Exec(t, `SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, cfg.Slot)
	pg.Exec(t, `INSERT INTO c VALUES (1)`)
	r := open(t, cfg)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := follow(ctx, r)
	if major := pg.Value(t, `SHOW server_version_num`); major >= "180000" && errors.Is(err, context.DeadlineExceeded) {
		t.Skip("18 only warns")
	}
	wantError(t, err, "before the publication", "pg_drop_replication_slot")
}

func find(results []check.Result, name string) check.Result {
	for _, r := range results {
		if r.Name == name {
			return r
		}
	}
	return check.Result{}
}

func TestCheck(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, `CREATE TABLE good (id int PRIMARY KEY); ALTER TABLE good REPLICA IDENTITY FULL;
		CREATE TABLE bad (id int); ALTER TABLE bad ENABLE ROW LEVEL SECURITY`)
	cfg := config(pg, "public.good", "public.bad", "public.nowhere")
	statuses := func() map[string]check.Status {
		got := map[string]check.Status{}
		for _, r := range Check(t.Context(), cfg) {
			got[strings.TrimPrefix(r.Name, "postgres: ")] = r.Status
			if (r.Status == check.OK) != (r.Cure == "") || r.Detail == "" || r.Doc == "" {
				t.Errorf("incomplete result %+v", r)
			}
		}
		return got
	}
	want := map[string]check.Status{
		"version": check.OK, "wal_level": check.OK, "free slots": check.OK, "free senders": check.OK, "replication right": check.OK,
		"max_slot_wal_keep_size": check.Warning, "publication": check.Warning, "slot": check.Warning, "SQL helpers": check.Warning,
		"tables":                          check.Failure,
		"replica identity of public.good": check.OK, "primary key of public.good": check.OK, "right to read public.good": check.OK,
		"replica identity of public.bad": check.Warning, "primary key of public.bad": check.Warning, "right to read public.bad": check.OK,
		"row security of public.bad": check.Warning,
	}
	if d := cmp.Diff(want, statuses()); d != "" {
		t.Error(d)
	}
	cfg.Tables = cfg.Tables[:2]
	if _, err := Setup(t.Context(), cfg, SetupOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"publication", "slot", "SQL helpers", "tables", "publication actions", "publication of partitions"} {
		want[name] = check.OK
	}
	if d := cmp.Diff(want, statuses()); d != "" {
		t.Errorf("after Setup: %s", d)
	}
	cfg.DSN = "postgres://x@127.0.0.1:1/x?sslmode=disable"
	if got := Check(t.Context(), cfg); len(got) != 1 || got[0].Status != check.Failure {
		t.Errorf("without a server: %+v", got)
	}
}
