package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/waltrail/waltrail/internal/testenv"
)

// binary is the product, built once per test binary.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "waltrail-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "waltrail")
	out, err := exec.Command("go", "build", "-o", path, "../../cmd/waltrail").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the binary: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := testenv.Runner{M: m}.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// daemon is `waltrail run` as a child process.
type daemon struct {
	t      *testing.T
	cmd    *exec.Cmd
	config string
	listen string
	log    lockedBuffer
	ended  chan error
}

// lockedBuffer gathers a child's output while the test may read it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// freeAddress returns a loopback address that nobody listens on right now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start runs the daemon with a configuration file and returns at once.
func start(t *testing.T, config, listen string) *daemon {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	d := &daemon{t: t, config: config, listen: listen, ended: make(chan error, 1)}
	d.cmd = exec.Command(path, "run", "--config", config)
	d.cmd.Stdout, d.cmd.Stderr = &d.log, &d.log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { d.ended <- d.cmd.Wait() }()
	t.Cleanup(func() {
		_ = d.cmd.Process.Kill()
		if t.Failed() {
			t.Logf("log of daemon %d:\n%s", d.cmd.Process.Pid, tail(d.log.String(), 6000))
		}
	})
	return d
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

// kill ends the daemon as a crash would.
func (d *daemon) kill() {
	d.t.Helper()
	if err := d.cmd.Process.Kill(); err != nil {
		d.t.Fatalf("the daemon had ended before it was killed: %v", err)
	}
	if err := <-d.ended; err == nil {
		d.t.Fatal("the daemon ended well although it was killed")
	}
}

// terminate asks the daemon to stop and waits until it has.
func (d *daemon) terminate() {
	d.t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.t.Fatal(err)
	}
	select {
	case err := <-d.ended:
		if err != nil {
			d.t.Fatalf("after SIGTERM the daemon ended with %v", err)
		}
	case <-time.After(30 * time.Second):
		d.t.Fatal("the daemon did not stop within 30 s of SIGTERM")
	}
}

// running fails the test when the daemon has ended by itself.
func (d *daemon) running() {
	d.t.Helper()
	select {
	case err := <-d.ended:
		d.t.Fatalf("the daemon ended by itself: %v", err)
	default:
	}
}

// get asks one of the daemon's HTTP paths.
func (d *daemon) get(path string) (int, string) {
	ctx, cancel := context.WithTimeout(d.t.Context(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.listen+path, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

// ready waits until /readyz says so.
func (d *daemon) ready() *daemon {
	d.t.Helper()
	testenv.Eventually(d.t, "the daemon is ready", 3*time.Minute, func() bool {
		d.running()
		code, _ := d.get("/readyz")
		return code == http.StatusOK
	})
	return d
}

// metric is the value of an unlabelled metric, or 0 when there is none.
func (d *daemon) metric(name string) float64 {
	_, body := d.get("/metrics")
	for line := range strings.Lines(body) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			f, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				d.t.Fatalf("%s: %v", name, err)
			}
			return f
		}
	}
	return 0
}

// peakMemory is the most memory the daemon ever held, in bytes.
func (d *daemon) peakMemory() int64 {
	d.t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		d.t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseInt(strings.Fields(kb)[0], 10, 64)
			if err != nil {
				d.t.Fatal(err)
			}
			return n << 10
		}
	}
	d.t.Fatal("no VmHWM in /proc")
	return 0
}
