package main

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/waltrail/waltrail/internal/testenv"
)

// envRole makes this test binary play the command itself.
const envRole = "WITHSERVERS_TEST_ROLE"

func TestMain(m *testing.M) {
	if os.Getenv(envRole) != "" {
		main()
	}
	os.Exit(m.Run())
}

// command prepares `withservers -- sh -c script`. Elasticsearch is taken as
// offered by the environment: its start is slow and no other than PostgreSQL's.
func command(t *testing.T, script string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "--", "sh", "-c", script)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, testenv.EnvPostgresDSN+"=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, envRole+"=1", testenv.EnvElasticsearchURL+"=http://127.0.0.1:1")
	cmd.Stderr = os.Stderr
	return cmd
}

// exitCode is that of a command that failed, 0 otherwise.
func exitCode(err error) int {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0
	}
	return exit.ExitCode()
}

func answers(dsn string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return false
	}
	return conn.Close(ctx) == nil
}

func TestPassesServersAndExitCode(t *testing.T) {
	out, err := command(t, `echo "$WALTRAIL_TEST_PG_DSN $WALTRAIL_TEST_ES_URL"; exit 7`).Output()
	dsn, url, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if code := exitCode(err); code != 7 {
		t.Errorf("ended with %v, want exit code 7", err)
	}
	if !strings.HasPrefix(dsn, "postgres://") || url != "http://127.0.0.1:1" {
		t.Errorf("the command saw %q and %q", dsn, url)
	}
	if answers(dsn) {
		t.Error("PostgreSQL still runs")
	}
}

func TestUsage(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "--")
	cmd.Env = append(os.Environ(), envRole+"=1")
	out, err := cmd.CombinedOutput()
	if exitCode(err) != 2 || !strings.Contains(string(out), "usage:") {
		t.Errorf("ended with %v: %s", err, out)
	}
}

// However it is ended, neither its servers nor the command stay.
func TestLeavesNothing(t *testing.T) {
	for name, sig := range map[string]syscall.Signal{"interrupt": syscall.SIGINT, "kill": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			cmd := command(t, `sleep 1000 & echo "$WALTRAIL_TEST_PG_DSN"; wait`)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			read := bufio.NewReader(out)
			dsn, err := read.ReadString('\n')
			if err != nil || !answers(strings.TrimSpace(dsn)) {
				t.Errorf("PostgreSQL at %q does not answer: %v", dsn, err)
			}
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			// The pipe ends when the last holder does: withservers, the shell and its sleep.
			if rest, err := read.ReadString('\n'); err == nil {
				t.Errorf("unexpected output %q", rest)
			}
			if err := cmd.Wait(); err == nil {
				t.Error("withservers reported success")
			}
			testenv.Eventually(t, "PostgreSQL is gone", 30*time.Second, func() bool { return !answers(strings.TrimSpace(dsn)) })
		})
	}
}
