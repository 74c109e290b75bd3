package devstack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ElasticsearchOptions describes a single-node Elasticsearch. The zero value is
// a throw-away server on a free port.
type ElasticsearchOptions struct {
	DataDir  string            // kept when given; empty: temporary, removed by Close
	Port     int               // HTTP; 0: a free one
	HeapMB   int               // 0: 512
	Quick    bool              // half the CPU to start, slower when warm: for tests, not for measuring
	Settings map[string]string // more lines for elasticsearch.yml, winning over ours
	Progress func(string)      // told about downloads and the slow start; may be nil
}

// Elasticsearch is a single-node server on the loopback interface, without
// security. It never creates an index named trail-* by itself: only an explicit
// request, or a template with allow_auto_create, does. Methods may be called
// from one goroutine at a time, PID from any.
type Elasticsearch struct {
	URL     string // http://127.0.0.1:PORT; stays the same across Start
	Port    int
	DataDir string

	dist, java string
	heapMB     int
	quick      bool
	settings   map[string]string
	home       *home
	mu         sync.Mutex
	proc       *process // nil when stopped
}

// StartElasticsearch starts a server and waits until its cluster is usable
// (20 s on two busy cores is normal); ctx bounds the start only. The caller
// owns the server and must Close it.
func StartElasticsearch(ctx context.Context, o ElasticsearchOptions) (*Elasticsearch, error) {
	java, err := javaHome(ctx)
	if err != nil {
		return nil, err
	}
	dist, err := fetch(ctx, elasticsearchArtifact(), o.Progress)
	if err != nil {
		return nil, err
	}
	h, err := openHome(o.DataDir, "waltrail-es-")
	if err != nil {
		return nil, err
	}
	s := &Elasticsearch{DataDir: h.dir, dist: dist, java: java, heapMB: o.HeapMB, quick: o.Quick, settings: o.Settings, home: h}
	if s.heapMB == 0 {
		s.heapMB = 512
	}
	say(o.Progress, "starting Elasticsearch %s", ElasticsearchVersion)
	err = withPort(o.Port, func(port int) error {
		s.Port, s.URL = port, fmt.Sprintf("http://%s:%d", loopback, port)
		return s.Start(ctx)
	})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Start starts a stopped server again: same data, same port.
func (s *Elasticsearch) Start(ctx context.Context) error {
	if s.PID() != 0 {
		return errors.New("Elasticsearch is already running")
	}
	if err := s.configure(); err != nil {
		return err
	}
	p, err := startProcess(command{
		argv:    []string{filepath.Join(s.dist, "bin", "elasticsearch"), "-p", s.pidFile()},
		dir:     filepath.Join(s.DataDir, "logs"),
		env:     s.environment(),
		log:     filepath.Join(s.DataDir, "elasticsearch.log"),
		orphan:  syscall.SIGKILL, // the translog makes a kill safe, and a polite end takes seconds
		account: s.home.account,
	}, s.home.guard)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if err := p.await(ctx, "Elasticsearch "+ElasticsearchVersion, s.ping); err != nil {
		return errors.Join(err, p.kill())
	}
	s.set(p)
	return nil
}

// environment keeps everything the launcher writes inside the server's folder.
func (s *Elasticsearch) environment() []string {
	tmp := filepath.Join(s.DataDir, "tmp")
	return s.home.serverEnv(
		"ES_JAVA_HOME="+s.java,
		"ES_PATH_CONF="+filepath.Join(s.DataDir, "config"),
		"ES_TMPDIR="+tmp,
		// The launcher is a second JVM that only waits: keep it small and quick.
		"CLI_JAVA_OPTS=-Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Djava.io.tmpdir="+tmp,
	)
}

// ping succeeds when the node has a master and every index its primary shard.
// GET / does not exist in this distribution.
func (s *Elasticsearch) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/_cluster/health?wait_for_status=yellow&timeout=1s", nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // leaves no goroutine behind
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("cluster health answered %s", resp.Status)
	}
	return nil
}

// PID is the process id of the server's JVM (not of its launcher), 0 when
// stopped: its CPU time is what Elasticsearch costs.
func (s *Elasticsearch) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil || !s.proc.running() {
		return 0
	}
	return s.serverPID()
}

// pidFile is written by the server's JVM, early in its start.
func (s *Elasticsearch) pidFile() string { return filepath.Join(s.DataDir, "tmp", "pid") }

// serverPID reads the pid file; 0 when the server has not written it yet.
func (s *Elasticsearch) serverPID() int {
	text, err := os.ReadFile(s.pidFile())
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}

// Pause freezes the server (SIGSTOP): connections stay open, nothing answers.
func (s *Elasticsearch) Pause() error { return s.signal(syscall.SIGSTOP) }

// Resume undoes Pause.
func (s *Elasticsearch) Resume() error { return s.signal(syscall.SIGCONT) }

func (s *Elasticsearch) signal(sig syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil {
		return errors.New("Elasticsearch is not running")
	}
	return s.proc.signal(sig)
}

// Stop shuts the server down politely and keeps its data; stopping twice is no
// error.
func (s *Elasticsearch) Stop(ctx context.Context) error {
	target := s.PID()
	p := s.set(nil)
	if p == nil {
		return nil
	}
	if target == 0 {
		target = p.pid
	}
	return p.stop(ctx, target, syscall.SIGTERM)
}

// Kill ends the server with SIGKILL at once; its data stays as it is.
func (s *Elasticsearch) Kill() error {
	if p := s.set(nil); p != nil {
		return p.kill()
	}
	return nil
}

// Close kills the server and removes its folder when it is temporary.
func (s *Elasticsearch) Close() error {
	if !s.home.temp {
		return errors.Join(s.Stop(context.Background()), s.home.close())
	}
	return errors.Join(s.Kill(), s.home.close())
}

// set replaces the current process and returns the one before.
func (s *Elasticsearch) set(p *process) *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.proc
	s.proc = p
	return old
}
