package devstack

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// sql runs one statement and returns its single value as text, "" for none.
func sql(t *testing.T, s *Postgres, statement string) string {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.DSN("postgres"))
	must(t, err)
	defer conn.Close(ctx)
	results, err := conn.PgConn().Exec(ctx, statement).ReadAll()
	must(t, err)
	last := results[len(results)-1]
	if len(last.Rows) == 0 {
		return ""
	}
	return string(last.Rows[0][0])
}

func TestPostgresLife(t *testing.T) {
	ctx := t.Context()
	s, err := StartPostgres(ctx, PostgresOptions{Settings: map[string]string{"work_mem": "3MB", "application_name": "it's"}})
	must(t, err)
	defer s.Close()
	port, first := s.Port, s.PID()

	for setting, want := range map[string]string{
		"wal_level": "logical", "max_replication_slots": "32", "max_wal_senders": "32", "fsync": "off",
		"listen_addresses": "127.0.0.1", "TimeZone": "UTC", "server_encoding": "UTF8", "work_mem": "3MB", "application_name": "it's",
	} {
		if got := sql(t, s, "SHOW "+setting); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	sql(t, s, "CREATE TABLE kept (v text); INSERT INTO kept VALUES ('before the kill')")

	must(t, s.Kill())
	if s.PID() != 0 || anyRuns([]int{first}) {
		t.Error("the postmaster survived Kill")
	}
	must(t, s.Start(ctx))
	if got := sql(t, s, "SELECT v FROM kept"); got != "before the kill" {
		t.Errorf("after Kill and Start the table holds %q", got)
	}
	if s.Port != port || s.PID() == first {
		t.Errorf("port %d, was %d; pid %d, was %d: want the same port and a new process", s.Port, port, s.PID(), first)
	}
	if err := s.Start(ctx); err == nil {
		t.Error("a second Start of a running server was accepted")
	}

	for name, mode := range map[string]StopMode{"fast": StopFast, "immediate": StopImmediate} {
		must(t, s.Stop(ctx, mode))
		if err := s.ping(ctx); err == nil {
			t.Errorf("the server answers after Stop(%s)", name)
		}
		must(t, s.Stop(ctx, mode)) // twice is fine
		must(t, s.Start(ctx))
	}
	must(t, s.Close())
	if exists(s.DataDir) {
		t.Errorf("temporary folder %s is left", s.DataDir)
	}
}

// Settings are defaults, not command line arguments: ALTER SYSTEM must win.
func TestPostgresAlterSystemWins(t *testing.T) {
	s, err := StartPostgres(t.Context(), PostgresOptions{Durable: true})
	must(t, err)
	defer s.Close()
	if got := sql(t, s, "SHOW fsync"); got != "on" {
		t.Errorf("fsync is %s in a durable server", got)
	}
	sql(t, s, "ALTER SYSTEM SET wal_level = 'replica'")
	must(t, s.Stop(t.Context(), StopFast))
	must(t, s.Start(t.Context()))
	if got := sql(t, s, "SHOW wal_level"); got != "replica" {
		t.Errorf("wal_level is %s after ALTER SYSTEM, want replica", got)
	}
}

func TestPostgresKeepsGivenFolder(t *testing.T) {
	dir := openDir(t)
	s, err := StartPostgres(t.Context(), PostgresOptions{DataDir: dir})
	must(t, err)
	sql(t, s, "CREATE TABLE kept (v int)")
	must(t, s.Close())
	s, err = StartPostgres(t.Context(), PostgresOptions{DataDir: dir})
	must(t, err)
	defer s.Close()
	if got := sql(t, s, "SELECT count(*) FROM kept"); got != "0" {
		t.Errorf("count of the kept table: %q", got)
	}
}

func TestPostgresStartErrors(t *testing.T) {
	t.Run("setting", func(t *testing.T) {
		_, err := StartPostgres(t.Context(), PostgresOptions{Settings: map[string]string{"no_such_setting": "1"}})
		wantError(t, err, "ended while starting", "no_such_setting") // the server's own words
	})
	t.Run("port", func(t *testing.T) {
		busy := listen(t)
		_, err := StartPostgres(t.Context(), PostgresOptions{Port: busy})
		wantError(t, err, "is not available", "choose another port")
	})
	t.Run("version", func(t *testing.T) {
		_, err := StartPostgres(t.Context(), PostgresOptions{Major: "9"})
		wantError(t, err, `PostgreSQL "9" is not known`, "14, 15, 16, 17, 18")
	})
	t.Run("other cluster", func(t *testing.T) {
		dir := openDir(t)
		must(t, os.Mkdir(filepath.Join(dir, "pgdata"), 0o755))
		must(t, os.WriteFile(filepath.Join(dir, "pgdata", "PG_VERSION"), []byte("12\n"), 0o644))
		_, err := StartPostgres(t.Context(), PostgresOptions{DataDir: dir})
		wantError(t, err, "was made by PostgreSQL 12", "choose that version or another folder")
	})
}

// A long path leaves no room for a socket's name; the server must start anyway.
func TestPostgresLongPath(t *testing.T) {
	dir := filepath.Join(openDir(t), strings.Repeat("long", 25))
	s, err := StartPostgres(t.Context(), PostgresOptions{DataDir: dir})
	must(t, err)
	defer s.Close()
	if got := sql(t, s, "SHOW unix_socket_directories"); got != "" {
		t.Errorf("socket folder %q", got)
	}
}

// A strict umask of root must not lock the servers' account out.
func TestStrictUmask(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	s, err := StartPostgres(t.Context(), PostgresOptions{})
	must(t, err)
	must(t, s.Close())
}

func TestPostgresDownloaded(t *testing.T) { testMajor(t, "17") }

// TestSoakPostgresMajors downloads the other versions; SOAK=1 asks for it.
func TestSoakPostgresMajors(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("downloads 60 MB: set SOAK=1")
	}
	for _, pin := range postgresPins() {
		t.Run(pin.major, func(t *testing.T) { testMajor(t, pin.major) })
	}
}

func testMajor(t *testing.T, major string) {
	s, err := StartPostgres(t.Context(), PostgresOptions{Major: major, Progress: func(line string) { t.Log(line) }})
	must(t, err)
	defer s.Close()
	if got := sql(t, s, "SHOW server_version"); !strings.HasPrefix(got, major+".") {
		t.Errorf("server version %s, want %s", got, major)
	}
	sql(t, s, "SELECT pg_create_logical_replication_slot('s', 'pgoutput')")
	must(t, s.Kill())
	must(t, s.Start(t.Context()))
	if got := sql(t, s, "SELECT slot_name FROM pg_replication_slots"); got != "s" {
		t.Errorf("slot after a kill: %q", got)
	}
}

// openDir is a test folder that the servers' account can enter: those of the
// testing package are private to us.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "devstack-test-")
	must(t, err)
	must(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() {
		if out, err := exec.Command("rm", "-rf", dir).CombinedOutput(); err != nil {
			t.Errorf("remove %s: %v: %s", dir, err, out)
		}
	})
	return dir
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q\ndoes not say %q", err, part)
		}
	}
}
