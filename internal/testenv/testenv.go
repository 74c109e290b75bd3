package testenv

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/waltrail/waltrail/internal/devstack"
)

// Names of the environment variables by which a parent process (see
// cmd/withservers) lends its servers to test binaries.
const (
	EnvPostgresDSN      = "WALTRAIL_TEST_PG_DSN"
	EnvElasticsearchURL = "WALTRAIL_TEST_ES_URL"
	// EnvPostgresMajor chooses the PostgreSQL version, "14" to "18".
	EnvPostgresMajor = "WALTRAIL_PG_MAJOR"
)

// startLimit bounds the start of a server, first download included.
const startLimit = 10 * time.Minute

// shared holds the servers of this test binary. They are expensive, so they
// are started on first use and live until the binary ends: their guardians end
// them then, whether or not Run was used.
type shared struct {
	mu       sync.Mutex
	postgres *devstack.Postgres
	elastic  *devstack.Elasticsearch
	errPG    error // kept, so that every test fails at once and with the cause
	errES    error
}

// servers is the one package variable: tests of a binary have no other common
// owner. It is guarded by its mutex.
var servers = &shared{} //nolint:gochecknoglobals // see above

// postgresDSN prefers a lent server. A failed start is not repeated: it would
// cost every further test the same minutes.
func (s *shared) postgresDSN() (string, error) {
	if dsn := os.Getenv(EnvPostgresDSN); dsn != "" {
		return dsn, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.postgres == nil && s.errPG == nil {
		ctx, cancel := context.WithTimeout(context.Background(), startLimit)
		defer cancel()
		s.postgres, s.errPG = devstack.StartPostgres(ctx, devstack.PostgresOptions{Major: os.Getenv(EnvPostgresMajor)})
	}
	if s.errPG != nil {
		return "", s.errPG
	}
	return s.postgres.DSN("postgres"), nil
}

// elasticsearchURL is the same for Elasticsearch.
func (s *shared) elasticsearchURL() (string, error) {
	if url := os.Getenv(EnvElasticsearchURL); url != "" {
		return url, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.elastic == nil && s.errES == nil {
		ctx, cancel := context.WithTimeout(context.Background(), startLimit)
		defer cancel()
		s.elastic, s.errES = devstack.StartElasticsearch(ctx, devstack.ElasticsearchOptions{Quick: true})
	}
	if s.errES != nil {
		return "", s.errES
	}
	return s.elastic.URL, nil
}

// close ends what this binary started; lent servers are not ours to stop.
func (s *shared) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.postgres != nil {
		err = errors.Join(err, s.postgres.Close())
	}
	if s.elastic != nil {
		err = errors.Join(err, s.elastic.Close())
	}
	s.postgres, s.elastic = nil, nil
	return err
}

// Runner wraps m so that the servers of this binary are stopped when the tests
// are over. Only a TestMain that looks for leaked goroutines needs it:
//
//	func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.Runner{M: m}) }
type Runner struct{ M *testing.M }

// Run runs the tests, stops the servers and returns the exit code.
func (r Runner) Run() int {
	code := r.M.Run()
	if err := servers.close(); err != nil && code == 0 {
		_, _ = io.WriteString(os.Stderr, "testenv: "+err.Error()+"\n")
		return 1
	}
	return code
}

// System returns a name for the audited system of this test: a valid part of
// index, stream, subject, slot and database names ([a-z0-9_], 11 characters).
// It is the same on every call within one test and unique across processes.
func System(t testing.TB) string {
	t.Helper()
	sum := sha256.Sum256([]byte(binaryID() + t.Name()))
	return "t" + hex.EncodeToString(sum[:5])
}

// binaryID tells the processes of one `go test ./...` apart.
var binaryID = sync.OnceValue(func() string { return rand.Text() })

// Eventually waits until ok returns true and fails the test after the limit;
// what names the condition in the failure. It must run on the test's goroutine.
func Eventually(t testing.TB, what string, limit time.Duration, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	pause := time.Millisecond
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s in vain: %s", limit, what)
		}
		time.Sleep(pause) // the poll's own interval, not an assumption about timing
		pause = min(2*pause, 50*time.Millisecond)
	}
}
