package devstack

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// NATSOptions describes a NATS server with JetStream on file storage. The zero
// value is a throw-away server embedded in this process.
type NATSOptions struct {
	Separate bool         // a process of its own, for tests that kill it and for measuring its CPU
	DataDir  string       // kept when given; empty: temporary, removed by Close
	Port     int          // 0: a free one
	Config   string       // more lines of nats-server configuration, e.g. "max_payload: 1KB"
	Progress func(string) // told about the build of the separate server; may be nil
}

// NATS is a NATS server on the loopback interface without authentication.
// Methods may be called from one goroutine at a time, PID from any.
type NATS struct {
	URL     string // nats://127.0.0.1:PORT; stays the same across Start
	Port    int
	DataDir string

	config   string
	program  string // path of nats-server; empty when embedded
	home     *home
	mu       sync.Mutex
	proc     *process       // the separate server, nil when stopped
	embedded *server.Server // the embedded server, nil when stopped
}

// StartNATS starts a server and waits until it accepts clients; ctx bounds the
// start only. The caller owns the server and must Close it.
func StartNATS(ctx context.Context, o NATSOptions) (*NATS, error) {
	s := &NATS{config: o.Config}
	var err error
	if o.Separate {
		if s.program, err = natsProgram(ctx, o.Progress); err != nil {
			return nil, err
		}
	}
	if s.home, err = openHome(o.DataDir, "waltrail-nats-"); err != nil {
		return nil, err
	}
	s.DataDir = s.home.dir
	err = withPort(o.Port, func(port int) error {
		s.Port, s.URL = port, fmt.Sprintf("nats://%s:%d", loopback, port)
		return s.Start(ctx)
	})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Start starts a stopped server again: same data, same port.
func (s *NATS) Start(ctx context.Context) error {
	if s.running() {
		return errors.New("NATS is already running")
	}
	file := filepath.Join(s.DataDir, "nats.conf")
	store, err := s.home.folder("store", 0o755)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("listen: %q\njetstream { store_dir: %q }\n%s\n",
		fmt.Sprintf("%s:%d", loopback, s.Port), store, s.config)
	if err := writeReadable(file, text); err != nil {
		return err
	}
	if s.program == "" {
		return s.startEmbedded(ctx, file)
	}
	return s.startProcess(ctx, file)
}

// startEmbedded runs the server in this process. It reports a taken port only
// by not becoming ready, so that case is told apart afterwards.
func (s *NATS) startEmbedded(ctx context.Context, file string) error {
	opts, err := server.ProcessConfigFile(file)
	if err != nil {
		return fmt.Errorf("NATS configuration: %w", err)
	}
	opts.NoLog, opts.NoSigs = true, true
	srv, err := server.NewServer(opts)
	if err != nil {
		return fmt.Errorf("NATS server: %w", err)
	}
	srv.Start()
	wait := 10 * time.Second
	if deadline, ok := ctx.Deadline(); ok {
		wait = min(wait, time.Until(deadline))
	}
	if !srv.ReadyForConnections(wait) {
		srv.Shutdown()
		srv.WaitForShutdown()
		if err := checkPort(s.Port); err != nil {
			return errors.Join(errPortTaken, err)
		}
		return fmt.Errorf("embedded NATS did not become ready within %s: is %s writable?", wait, s.DataDir)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.embedded = srv
	return nil
}

// startProcess runs the separate server under the guardian.
func (s *NATS) startProcess(ctx context.Context, file string) error {
	p, err := startProcess(command{
		argv:    []string{s.program, "-c", file},
		dir:     s.DataDir,
		env:     s.home.serverEnv(),
		log:     filepath.Join(s.DataDir, "nats.log"),
		orphan:  syscall.SIGKILL,
		account: s.home.account,
	}, s.home.guard)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := p.await(ctx, "nats-server", s.ping); err != nil {
		return errors.Join(err, p.kill())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proc = p
	return nil
}

// PID is the separate server's process id; 0 when stopped or embedded.
func (s *NATS) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil || !s.proc.running() {
		return 0
	}
	return s.proc.pid
}

func (s *NATS) running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.embedded != nil || (s.proc != nil && s.proc.running())
}

// Stop shuts the server down politely and keeps its data; stopping twice is no
// error.
func (s *NATS) Stop(ctx context.Context) error {
	p, srv := s.take()
	if srv != nil {
		srv.Shutdown()
		srv.WaitForShutdown()
	}
	if p != nil {
		return p.stop(ctx, p.pid, syscall.SIGTERM)
	}
	return nil
}

// Kill ends a separate server with SIGKILL at once; its data stays as it is.
func (s *NATS) Kill() error {
	if s.program == "" {
		return errors.New("an embedded NATS server cannot be killed: start it with Separate")
	}
	if p, _ := s.take(); p != nil {
		return p.kill()
	}
	return nil
}

// Close stops the server and removes its folder when it is temporary.
func (s *NATS) Close() error {
	return errors.Join(s.Stop(context.Background()), s.home.close())
}

// take hands over what runs and leaves the server marked as stopped.
func (s *NATS) take() (*process, *server.Server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, srv := s.proc, s.embedded
	s.proc, s.embedded = nil, nil
	return p, srv
}
