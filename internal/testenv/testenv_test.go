package testenv_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/waltrail/waltrail/internal/devstack"
	"github.com/waltrail/waltrail/internal/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.Runner{M: m}) }

// spy is a test that records its failure instead of failing: testenv's own
// failures are what some tests look for.
type spy struct {
	testing.TB
	failed string
}

func (s *spy) Fatalf(format string, _ ...any) {
	s.failed = format
	panic(s)
}

// failure runs f, which must fail its test, and returns the message's format.
func failure(t *testing.T, f func(testing.TB)) string {
	t.Helper()
	s := &spy{TB: t}
	func() {
		defer func() {
			if r := recover(); r != nil && r != any(s) {
				panic(r)
			}
		}()
		f(s)
	}()
	if s.failed == "" {
		t.Error("the helper did not fail its test")
	}
	return s.failed
}

func TestSystemNames(t *testing.T) {
	valid := regexp.MustCompile(`^[a-z][a-z0-9_]{1,31}$`)
	here := testenv.System(t)
	if !valid.MatchString(here) || testenv.System(t) != here {
		t.Errorf("name %q, then %q", here, testenv.System(t))
	}
	t.Run("another test", func(t *testing.T) {
		if testenv.System(t) == here {
			t.Errorf("two tests share the name %q", here)
		}
	})
}

func TestEventually(t *testing.T) {
	calls := 0
	testenv.Eventually(t, "third call", time.Minute, func() bool { calls++; return calls == 3 })
	if calls != 3 {
		t.Errorf("%d calls, want 3", calls)
	}
	got := failure(t, func(tb testing.TB) {
		testenv.Eventually(tb, "never", 5*time.Millisecond, func() bool { return false })
	})
	if !strings.Contains(got, "in vain") {
		t.Errorf("failure %q", got)
	}
}

// A server that is not there fails the test that needs it, at once.
func TestMissingServerFailsTheTest(t *testing.T) {
	t.Setenv(testenv.EnvPostgresDSN, "postgres://postgres@127.0.0.1:1/postgres")
	failure(t, func(tb testing.TB) { testenv.Postgres(tb) })
	t.Setenv(testenv.EnvElasticsearchURL, "http://127.0.0.1:1")
	failure(t, func(tb testing.TB) { testenv.Elasticsearch(tb).Get(tb, "/_cluster/health") })
	failure(t, func(tb testing.TB) { testenv.PostgresServer(tb, devstack.PostgresOptions{Major: "9"}) })
	failure(t, func(tb testing.TB) { testenv.NATSServer(tb, devstack.NATSOptions{Config: "no_such_key: 1"}) })
}
