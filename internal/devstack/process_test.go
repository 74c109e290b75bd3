package devstack

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// listen occupies a port until the test ends.
func listen(t *testing.T) int {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	t.Cleanup(func() { l.Close() })
	return int(netip.MustParseAddrPort(l.Addr().String()).Port())
}

func TestRunExitCode(t *testing.T) {
	for _, test := range []struct {
		name, script string
		want         int
	}{
		{"success", "exit 0", 0},
		{"failure", "exit 7", 7},
		{"signal", "kill -TERM $$", 128 + 15},
		{"environment", `[ "$ONLY" = this ] && [ -z "$GOPATH" ]`, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, err := Run([]string{"sh", "-c", test.script}, []string{"ONLY=this", "PATH=/usr/bin:/bin"}, nil)
			must(t, err)
			if code != test.want {
				t.Errorf("exit code %d, want %d", code, test.want)
			}
		})
	}
	if _, err := Run(nil, nil, nil); err == nil {
		t.Error("an empty command was accepted")
	}
	if _, err := Run([]string{"no-such-program"}, nil, nil); err == nil {
		t.Error("a missing program was accepted")
	}
}

// The first signal is passed on, a second one kills what ignores it, and no
// grandchild is left.
func TestRunForwardsSignals(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pids")
	signals := make(chan os.Signal)
	go func() { // ends when both signals have been taken
		waitGone(10*time.Second, func() bool { return !exists(file) })
		signals <- syscall.SIGTERM
		waitGone(10*time.Second, func() bool { return !exists(file + ".term") })
		signals <- syscall.SIGTERM
	}()
	script := `trap 'touch "$F.term"' TERM; sleep 1000 & echo $! >"$F.tmp"; mv "$F.tmp" "$F"; while :; do wait || :; sleep 0.1; done`
	code, err := Run([]string{"sh", "-c", script}, []string{"F=" + file, "PATH=/usr/bin:/bin"}, signals)
	must(t, err)
	if code != 128+9 {
		t.Errorf("exit code %d, want that of a kill", code)
	}
	if !exists(file + ".term") {
		t.Error("the first signal did not reach the command")
	}
	text, err := os.ReadFile(file)
	must(t, err)
	var pid int
	if _, err := fmt.Sscan(string(text), &pid); err != nil || anyRuns([]int{pid}) {
		t.Errorf("grandchild %d is left (%v)", pid, err)
	}
}

func TestWithPort(t *testing.T) {
	collision := &startError{what: "x", said: "java.net.BindException: Address already in use"}
	for _, test := range []struct {
		name   string
		fails  []error
		starts int
		ok     bool
	}{
		{"at once", nil, 1, true},
		{"lost race", []error{collision, errors.Join(errPortTaken, errors.New("x"))}, 3, true},
		{"other failure", []error{errors.New("no memory")}, 1, false},
		{"always lost", []error{collision, collision, collision, collision, collision}, portTries, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var ports []int
			err := withPort(0, func(port int) error {
				ports = append(ports, port)
				if len(ports) <= len(test.fails) {
					return test.fails[len(ports)-1]
				}
				return nil
			})
			if (err == nil) != test.ok || len(ports) != test.starts {
				t.Errorf("error %v after ports %v, want %d starts", err, ports, test.starts)
			}
		})
	}
	if err := withPort(listen(t), func(int) error { return nil }); err == nil {
		t.Error("a taken port was accepted")
	}
}

func TestParseStat(t *testing.T) {
	for _, test := range []struct {
		line string
		want procStat
		ok   bool
	}{
		{"12 (sh) S 1 12 12 0", procStat{pid: 12, parent: 1, group: 12}, true},
		{"13 (odd ) name (x)) Z 2 7 12", procStat{pid: 13, parent: 2, group: 7, zombie: true}, true},
		{"14 (sh)", procStat{}, false},
		{"14 (sh) S x 1 1", procStat{}, false},
		{"", procStat{}, false},
	} {
		if got, ok := parseStat(test.line); got != test.want || ok != test.ok {
			t.Errorf("parseStat(%q) = %+v, %v, want %+v, %v", test.line, got, ok, test.want, test.ok)
		}
	}
}

func TestLogTail(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	must(t, os.WriteFile(file, []byte("run one\nfailed\nrun two\nbind\ndown\n"), 0o644))
	if got := logTail(file, int64(len("run one\nfailed\n"))); got != "run two\nbind\ndown" {
		t.Errorf("tail %q must not reach into the run before", got)
	}
	trace := "start\nCaused by: disk full\n\tat org.x.Y.z(Y.java:1)\n\t... 6 more\nERROR: died"
	if got := lastLines(trace, 2); got != "Caused by: disk full\nERROR: died" {
		t.Errorf("last lines %q", got)
	}
	if got := lastLines("a", 2); got != "a" {
		t.Errorf("last lines of a short text %q", got)
	}
	if got := logTail(file+".missing", 0); got != "" {
		t.Errorf("tail of a missing log: %q", got)
	}
}

func TestStartErrorSaysWhatTheServerSaid(t *testing.T) {
	cause := errors.New("exit status 1")
	err := fmt.Errorf("outer: %w", &startError{what: "PostgreSQL ended", log: "pg.log", said: "FATAL: no", cause: cause})
	wantError(t, err, "PostgreSQL ended", "exit status 1", "pg.log", "FATAL: no")
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	wantError(t, &startError{what: "x", log: "pg.log"}, "wrote nothing to pg.log")
}
