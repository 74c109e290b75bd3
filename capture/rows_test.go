package capture

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/internal/testenv"
)

// TestRows shows what each kind of statement makes of the log, per replica identity.
// Each case has a table c, and SQL whose every statement is a transaction.
func TestRows(t *testing.T) {
	const table = `CREATE TABLE c (id int PRIMARY KEY, name text, n numeric(12,2));`
	for _, c := range []struct {
		name, ddl string
		sql       []string
		want      string
	}{
		{"insert", table, []string{`INSERT INTO c VALUES (1, 'a', 1.50), (2, '', NULL)`}, `
insert c new('1','a','1.50')
insert c new('2','',NULL)`},
		{"identity default", table, []string{`INSERT INTO c VALUES (1, 'a', 1)`, `UPDATE c SET name = 'b'`, `UPDATE c SET id = 2`, `DELETE FROM c`}, `
insert c new('1','a','1.00')
update c new('1','b','1.00')
update c old('1',?,?) new('2','b','1.00')
delete c old('2',?,?)`},
		{"identity full", table + `ALTER TABLE c REPLICA IDENTITY FULL`,
			[]string{`INSERT INTO c VALUES (1, NULL, 1)`, `UPDATE c SET name = ''`, `DELETE FROM c`}, `
insert c new('1',NULL,'1.00')
update c old('1',NULL,'1.00') new('1','','1.00')
delete c old('1','','1.00')`},
		{"identity index", `CREATE TABLE c (id int PRIMARY KEY, name text NOT NULL, n int); CREATE UNIQUE INDEX by_name ON c (name);
			ALTER TABLE c REPLICA IDENTITY USING INDEX by_name`,
			[]string{`INSERT INTO c VALUES (1, 'a', 1)`, `UPDATE c SET n = 2`, `UPDATE c SET name = 'b'`, `DELETE FROM c`}, `
insert c new('1','a','1')
update c new('1','a','2')
update c old(?,'a',?) new('1','b','2')
delete c old(?,'b',?)`},
		{"identity nothing", table + `ALTER TABLE c REPLICA IDENTITY NOTHING`, []string{`INSERT INTO c VALUES (1, 'a', 1)`, `TRUNCATE c`}, `
insert c new('1','a','1.00')
truncate c`},
		{"TOAST, identity default", `CREATE TABLE c (id int PRIMARY KEY, big text); ALTER TABLE c ALTER big SET STORAGE EXTERNAL`,
			[]string{`INSERT INTO c VALUES (1, repeat('x', 20000))`, `UPDATE c SET id = 2`, `DELETE FROM c`}, `
insert c new('1',<20000 bytes>)
update c old('1',?) new('2',=)
delete c old('2',?)`},
		{"TOAST, identity full", `CREATE TABLE c (id int PRIMARY KEY, big text); ALTER TABLE c ALTER big SET STORAGE EXTERNAL, REPLICA IDENTITY FULL`,
			[]string{`INSERT INTO c VALUES (1, repeat('x', 20000))`, `UPDATE c SET id = 2`, `DELETE FROM c`}, `
insert c new('1',<20000 bytes>)
update c old('1',<20000 bytes>) new('2',=)
delete c old('2',<20000 bytes>)`},
		{"rollback and savepoint", table, []string{
			`BEGIN; INSERT INTO c VALUES (1, 'lost', 1); ROLLBACK`,
			`BEGIN; INSERT INTO c VALUES (2, 'kept', 1); SAVEPOINT s; INSERT INTO c SELECT i, 'lost', 1 FROM generate_series(10, 2010) i;
			 ROLLBACK TO SAVEPOINT s; INSERT INTO c VALUES (3, 'kept', 1); COMMIT`}, `
insert c new('2','kept','1.00')
insert c new('3','kept','1.00')`},
		{"truncate of many", table + `CREATE TABLE d (id int PRIMARY KEY REFERENCES c)`, []string{`TRUNCATE c CASCADE`}, `
truncate c
truncate d`},
		{"messages in order", table, []string{
			`BEGIN; SELECT pg_logical_emit_message(true, 'waltrail', '{"reason": "x"}'); INSERT INTO c VALUES (1, 'a', 1);
			 SELECT pg_logical_emit_message(true, 'other', ''); COMMIT`,
			`SELECT pg_logical_emit_message(false, 'waltrail.heartbeat', 'now')`}, `
message waltrail {"reason": "x"}
insert c new('1','a','1.00')
message other 
message waltrail.heartbeat now`},
		{"weird names", `CREATE SCHEMA "s.1"; CREATE TABLE "s.1"."Tä ""b""" ("a 'b'" int PRIMARY KEY, "select" text)`,
			[]string{`INSERT INTO "s.1"."Tä ""b""" VALUES (1, '')`}, `
insert Tä "b" new('1','')`},
		{"partitions come under the root", `CREATE TABLE c (id int PRIMARY KEY) PARTITION BY RANGE (id);
			CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (10); CREATE TABLE c2 PARTITION OF c FOR VALUES FROM (10) TO (20)`,
			[]string{`INSERT INTO c VALUES (1)`, `UPDATE c SET id = 11`, `TRUNCATE c`}, `
insert c new('1')
delete c old('1')
insert c new('11')
truncate c`},
		{"columns change mid-stream", table + `ALTER TABLE c REPLICA IDENTITY FULL`, []string{`INSERT INTO c VALUES (1, 'a', 1)`,
			`ALTER TABLE c ADD extra text DEFAULT 'd'`, `UPDATE c SET n = 2`, `ALTER TABLE c DROP name`, `UPDATE c SET n = 3`}, `
insert c new('1','a','1.00')
update c old('1','a','1.00','d') new('1','a','2.00','d')
update c old('1','2.00','d') new('1','3.00','d')`},
		{"settings fix the text", `CREATE TABLE c (a timestamptz, b interval, c bytea, d double precision, e money, f date)`,
			[]string{`INSERT INTO c VALUES ('2026-03-04 10:15:22.5+05:30', '1 day 2 hours', '\x00ff', 0.1::float8 + 0.2, '1.5', 'infinity'),
			 (NULL, NULL, '', 'NaN', NULL, '0044-03-15 BC')`}, `
insert c new('2026-03-04 04:45:22.5+00','1 day 02:00:00','\x00ff','0.30000000000000004','$1.50','infinity')
insert c new(NULL,NULL,'\x','NaN',NULL,'0044-03-15 BC')`},
	} {
		t.Run(c.name, func(t *testing.T) {
			pg := testenv.Postgres(t)
			pg.Exec(t, c.ddl)
			r := open(t, config(pg, "*"))
			for _, sql := range c.sql {
				pg.Exec(t, sql)
			}
			want := strings.TrimPrefix(c.want, "\n")
			got, end := events(t, r, strings.Count(want, "\n")+1)
			if d := cmp.Diff(want, shown(got)); d != "" {
				t.Error(d)
			}
			checkOrder(t, got)
			finish(t, pg, r, end)
		})
	}
}

// checkOrder proves that positions are unique and increase, and that each is
// below the commit of its transaction.
func checkOrder(t *testing.T, events []change.Event) {
	t.Helper()
	seen := map[change.Position]bool{}
	for i, e := range events {
		if seen[e.Pos] {
			t.Errorf("position %s comes twice", e.Pos)
		}
		seen[e.Pos] = true
		if i > 0 && e.Kind != change.Truncate && e.Pos.Compare(events[i-1].Pos) <= 0 {
			t.Errorf("%s at %s comes after %s", show(&e), e.Pos, events[i-1].Pos)
		}
		if e.Tx != nil && (e.Pos.Change >= e.Tx.Commit || e.Pos.Commit != e.Tx.Commit) {
			t.Errorf("%s at %s with commit %s", show(&e), e.Pos, e.Tx.Commit)
		}
	}
}

// finish confirms end, closes, and proves that the slot stands there or later.
func finish(t *testing.T, pg *testenv.PG, r *Reader, end change.LSN) {
	t.Helper()
	r.Confirm(end)
	if err := r.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	testenv.Eventually(t, "the slot to stand at the confirmed position", patience, func() bool { return slotAt(t, pg) >= end })
}

// slotAt is where the server would go on.
func slotAt(t *testing.T, pg *testenv.PG) change.LSN {
	t.Helper()
	lsn, err := change.ParseLSN(pg.Value(t, `SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = $1`, "waltrail_"+pg.Name))
	if err != nil {
		t.Fatal(err)
	}
	return lsn
}

// TestCopyOrdinals proves that rows of one record get different ids, which another
// published table does not shift.
func TestCopyOrdinals(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, `CREATE TABLE c (id int PRIMARY KEY)`)
	r := open(t, config(pg, "public.c"))
	pg.Exec(t, `CREATE TABLE source AS SELECT generate_series(1, 1000) AS id`)
	conn := pg.Conn(t)
	if _, err := conn.PgConn().CopyFrom(t.Context(), strings.NewReader(numbers(1000)), "COPY c FROM STDIN"); err != nil {
		t.Fatal(err)
	}
	got, _ := events(t, r, 1000)
	checkOrder(t, got)
	shared := 0
	for _, e := range got {
		shared = max(shared, int(e.Pos.N))
	}
	if shared < 50 {
		t.Errorf("at most %d rows shared a record: the test does not test", shared)
	}
}

// TestRelation looks at what the log does not carry: names of types, the key.
func TestRelation(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, `CREATE TYPE mood AS ENUM ('ok'); CREATE DOMAIN email AS varchar(80); CREATE SCHEMA geo; CREATE TYPE geo.place AS (x int);
		CREATE TABLE c (a text, b numeric(12,2), m mood, e email, p geo.place, ms mood[], t timestamptz(3), PRIMARY KEY (b, a));
		ALTER TABLE c REPLICA IDENTITY FULL`)
	r := open(t, config(pg, "public.c"))
	pg.Exec(t, `INSERT INTO c VALUES ('a', 1)`)
	got, _ := events(t, r, 1)
	var lines []string
	for _, col := range got[0].Rel.Columns {
		lines = append(lines, strings.TrimSpace(col.Name+" "+col.Type+" "+strings.Repeat("*", col.KeyOrdinal)))
	}
	want := []string{"a text **", "b numeric(12,2) *", "m mood", "e email", "p geo.place", "ms mood[]", "t timestamp(3) with time zone"}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
	if rel := got[0].Rel; rel.Schema != "public" || rel.Name != "c" || rel.Identity != change.IdentityFull {
		t.Errorf("relation %+v", rel)
	}
	first := got[0].Rel
	pg.Exec(t, `ANALYZE c; INSERT INTO c VALUES ('b', 1)`)
	if got, _ = events(t, r, 1); got[0].Rel != first {
		t.Error("a repeated description gave another pointer")
	}
}

// TestRelationAfterDDL reads log that is older than what the catalog says.
func TestRelationAfterDDL(t *testing.T) {
	for _, c := range []struct{ name, table, ddl, want string }{
		{"key renamed, identity full", `CREATE TABLE c (x int, id int PRIMARY KEY); ALTER TABLE c REPLICA IDENTITY FULL`, `ALTER TABLE c RENAME id TO number`, "id"},
		{"dropped, identity default", `CREATE TABLE c (x int, id int PRIMARY KEY)`, `DROP TABLE c`, "id"},
		{"dropped, identity full", `CREATE TABLE c (x int, id int PRIMARY KEY); ALTER TABLE c REPLICA IDENTITY FULL`, `DROP TABLE c`, ""},
		{"type dropped", `CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE c (id int PRIMARY KEY, x mood)`, `ALTER TABLE c DROP x; DROP TYPE mood`, "id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			pg := testenv.Postgres(t)
			pg.Exec(t, c.table+`; CREATE TABLE other (id int PRIMARY KEY)`)
			cfg := config(pg, "*")
			if err := open(t, cfg).Close(); err != nil {
				t.Fatal(err)
			}
			pg.Exec(t, `INSERT INTO c (id) VALUES (1)`)
			pg.Exec(t, c.ddl)
			got, _ := events(t, open(t, cfg), 1)
			key := ""
			for _, col := range got[0].Rel.Columns {
				if col.KeyOrdinal == 1 {
					key = col.Name
				}
				if col.Type == "" || strings.Contains(col.Type, "?") {
					t.Errorf("column %s has type %q", col.Name, col.Type)
				}
			}
			if key != c.want {
				t.Errorf("key column %q, want %q", key, c.want)
			}
		})
	}
}
