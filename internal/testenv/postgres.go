package testenv

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/waltrail/waltrail/internal/devstack"
)

// PG is a fresh database for one test, dropped with its replication slots when
// the test ends. Its methods fail the test on error, so they must be called on
// the test's goroutine; other goroutines use connections of their own.
type PG struct {
	Name string // of the database
	DSN  string // URL, superuser, this database

	admin string // URL of the server's maintenance database
	mu    sync.Mutex
	conn  *pgx.Conn // of Exec and Rows; opened on demand
}

// Postgres returns a fresh database on the server that the tests share. Do not
// stop or reconfigure that server: take PostgresServer for it.
func Postgres(t testing.TB) *PG {
	t.Helper()
	dsn, err := servers.postgresDSN()
	if err != nil {
		t.Fatalf("start the shared PostgreSQL: %v", err)
	}
	return PostgresAt(t, dsn)
}

// PostgresServer starts a server for this test alone; it may be stopped, killed
// and started again, and is closed when the test ends.
func PostgresServer(t testing.TB, o devstack.PostgresOptions) *devstack.Postgres {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startLimit)
	defer cancel()
	if o.Major == "" {
		o.Major = os.Getenv(EnvPostgresMajor)
	}
	server, err := devstack.StartPostgres(ctx, o)
	if err != nil {
		t.Fatalf("start a private PostgreSQL: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("close the private PostgreSQL: %v", err)
		}
	})
	return server
}

// PostgresAt returns a fresh database on the server behind dsn, a superuser's
// URL such as (*devstack.Postgres).DSN("postgres").
func PostgresAt(t testing.TB, dsn string) *PG {
	t.Helper()
	name := System(t) + "_" + strings.ToLower(rand.Text()[:6])
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatalf("PostgreSQL DSN is not a URL: %v", err)
	}
	u.Path = "/" + name
	pg := &PG{Name: name, DSN: u.String(), admin: dsn}
	err = pg.onAdmin(t.Context(), func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "CREATE DATABASE "+name)
		return err
	})
	if err != nil {
		t.Fatalf("create database %s: %v", name, err)
	}
	t.Cleanup(func() { pg.drop(t) })
	return pg
}

// ReplicationDSN is the URL of a logical replication connection.
func (p *PG) ReplicationDSN() string { return p.DSN + "&replication=database" }

// Conn opens a connection that is closed when the test ends.
func (p *PG) Conn(t testing.TB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), p.DSN)
	if err != nil {
		t.Fatalf("connect to %s: %v", p.Name, err)
	}
	t.Cleanup(func() { closeConn(conn) })
	return conn
}

// Exec runs sql. Without arguments it may hold several statements.
func (p *PG) Exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	err := p.use(t.Context(), func(ctx context.Context, conn *pgx.Conn) error {
		if len(args) == 0 {
			_, err := conn.PgConn().Exec(ctx, sql).ReadAll()
			return err
		}
		_, err := conn.Exec(ctx, sql, args...)
		return err
	})
	if err != nil {
		t.Fatalf("exec %s: %v", sql, err)
	}
}

// Null stands for SQL NULL in the results of Rows and Value.
const Null = "<null>"

// Rows runs a query and returns its values as PostgreSQL prints them.
func (p *PG) Rows(t testing.TB, sql string, args ...any) [][]string {
	t.Helper()
	var out [][]string
	err := p.use(t.Context(), func(ctx context.Context, conn *pgx.Conn) error {
		args = append([]any{pgx.QueryExecModeDescribeExec, pgx.QueryResultFormats{pgx.TextFormatCode}}, args...)
		rows, err := conn.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			out = append(out, texts(rows.RawValues()))
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatalf("query %s: %v", sql, err)
	}
	return out
}

// Value runs a query that returns one row of one column.
func (p *PG) Value(t testing.TB, sql string, args ...any) string {
	t.Helper()
	rows := p.Rows(t, sql, args...)
	if len(rows) != 1 || len(rows[0]) != 1 {
		t.Fatalf("query %s: want one row of one column, got %v", sql, rows)
	}
	return rows[0][0]
}

// texts copies one row: raw values are overwritten by the next one.
func texts(raw [][]byte) []string {
	row := make([]string, len(raw))
	for i, v := range raw {
		if row[i] = string(v); v == nil {
			row[i] = Null
		}
	}
	return row
}

// use lends the helper connection, opening it again after the server broke it.
func (p *PG) use(ctx context.Context, do func(context.Context, *pgx.Conn) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn != nil && (p.conn.IsClosed() || p.conn.Ping(ctx) != nil) {
		closeConn(p.conn)
		p.conn = nil
	}
	if p.conn == nil {
		conn, err := pgx.Connect(ctx, p.DSN)
		if err != nil {
			return err
		}
		p.conn = conn
	}
	return do(ctx, p.conn)
}

// onAdmin runs do outside the test's database, which can be neither created nor
// dropped from within.
func (p *PG) onAdmin(ctx context.Context, do func(context.Context, *pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, p.admin)
	if err != nil {
		return err
	}
	defer closeConn(conn)
	return do(ctx, conn)
}

// drop removes slots and database. A server that the test has stopped takes
// both with it, so failing to connect is no error.
func (p *PG) drop(t testing.TB) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if p.conn != nil {
		closeConn(p.conn)
	}
	conn, err := pgx.Connect(ctx, p.admin)
	if err != nil {
		t.Logf("database %s is not dropped, its server is gone: %v", p.Name, err)
		return
	}
	defer closeConn(conn)
	if err := dropSlots(ctx, conn, p.Name); err != nil {
		t.Errorf("drop slots of %s: %v", p.Name, err)
	}
	if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+p.Name+" WITH (FORCE)"); err != nil {
		t.Errorf("drop database %s: %v", p.Name, err)
	}
}

// dropSlots ends the walsenders of the database's slots and drops the slots; a
// slot stays active for a moment after its walsender was told to end.
func dropSlots(ctx context.Context, conn *pgx.Conn, database string) error {
	for {
		_, err := conn.Exec(ctx, `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = $1 AND active`, database)
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = $1 AND NOT active`, database)
		if err != nil && !strings.Contains(err.Error(), "is active") {
			return err
		}
		var left int
		if err := conn.QueryRow(ctx, `SELECT count(*) FROM pg_replication_slots WHERE database = $1`, database).Scan(&left); err != nil || left == 0 {
			return err
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%d slots stay active: %w", left, err)
		}
		time.Sleep(10 * time.Millisecond) // the poll's own interval
	}
}

func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // broken ones too: nothing is lost
}
