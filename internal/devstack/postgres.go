package devstack

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// PostgresOptions describes a PostgreSQL server. The zero value is a
// throw-away server of the default version on a free port.
type PostgresOptions struct {
	Major    string            // "14" … "18"; empty: DefaultPostgresMajor
	DataDir  string            // kept when given; empty: temporary, removed by Close
	Port     int               // 0: a free one
	Durable  bool              // fsync on; off is faster and loses data only with the machine
	Settings map[string]string // more lines for postgresql.conf, winning over ours
	Progress func(string)      // told about downloads; may be nil
}

// StopMode says how a PostgreSQL server shuts down.
type StopMode int

// Stop modes: fast ends the sessions and writes a checkpoint, immediate aborts
// and leaves crash recovery to the next start.
const (
	StopFast StopMode = iota
	StopImmediate
)

// Postgres is a PostgreSQL server on the loopback interface: superuser
// "postgres", no password, logical decoding enabled. Methods may be called
// from one goroutine at a time, PID and DSN from any.
type Postgres struct {
	Port    int    // stays the same across Start
	DataDir string // the cluster's own folder is pgdata below it
	Major   string

	bin      string
	settings map[string]string
	home     *home
	mu       sync.Mutex
	proc     *process // nil when stopped
}

// StartPostgres starts a server and waits until it answers queries; ctx bounds
// the start only. The caller owns the server and must Close it.
func StartPostgres(ctx context.Context, o PostgresOptions) (*Postgres, error) {
	if o.Major == "" {
		o.Major = DefaultPostgresMajor
	}
	if o.Port != 0 { // said before the work, not after it
		if err := checkPort(o.Port); err != nil {
			return nil, err
		}
	}
	bin, err := postgresBinaries(ctx, o.Major, o.Progress)
	if err != nil {
		return nil, err
	}
	h, err := openHome(o.DataDir, "waltrail-pg-")
	if err != nil {
		return nil, err
	}
	s := &Postgres{DataDir: h.dir, Major: o.Major, bin: bin, home: h, settings: postgresSettings(o)}
	if err := s.initialise(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	err = withPort(o.Port, func(port int) error {
		s.Port = port
		return s.Start(ctx)
	})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// DSN is the connection URL of one database, as superuser.
func (s *Postgres) DSN(database string) string {
	return fmt.Sprintf("postgres://postgres@%s:%d/%s?sslmode=disable", loopback, s.Port, database)
}

// PID is the postmaster's process id, 0 when stopped.
func (s *Postgres) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil || !s.proc.running() {
		return 0
	}
	return s.proc.pid
}

// Start starts a stopped server again: same data, same port.
func (s *Postgres) Start(ctx context.Context) error {
	if s.PID() != 0 {
		return errors.New("PostgreSQL is already running")
	}
	if err := s.writeSettings(); err != nil {
		return err
	}
	p, err := startProcess(command{
		argv:    []string{filepath.Join(s.bin, "postgres"), "-D", s.cluster()},
		dir:     s.DataDir,
		env:     s.home.serverEnv(),
		log:     filepath.Join(s.DataDir, "postgres.log"),
		orphan:  syscall.SIGQUIT, // immediate shutdown: the backends go with the postmaster
		account: s.home.account,
	}, s.home.guard)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := p.await(ctx, "PostgreSQL "+s.Major, s.ping); err != nil {
		return errors.Join(err, p.kill())
	}
	s.set(p)
	return nil
}

// Stop shuts the server down and keeps its data; stopping twice is no error.
func (s *Postgres) Stop(ctx context.Context, mode StopMode) error {
	sig := syscall.SIGINT
	if mode == StopImmediate {
		sig = syscall.SIGQUIT
	}
	return s.end(func(p *process) error { return p.stop(ctx, p.pid, sig) })
}

// Kill ends the postmaster and every backend with SIGKILL at once, as if the
// machine had stopped; the data stays as it is.
func (s *Postgres) Kill() error {
	return s.end(func(p *process) error {
		_ = syscall.Kill(p.pid, syscall.SIGSTOP) // no new backend between listing and killing
		for _, child := range childrenOf(p.pid) {
			_ = syscall.Kill(child, syscall.SIGKILL)
		}
		return p.kill()
	})
}

// end runs finish on the running process and then waits for the backends too:
// they lead sessions of their own, and the next start needs them gone.
func (s *Postgres) end(finish func(*process) error) error {
	s.mu.Lock()
	p := s.proc
	s.proc = nil
	s.mu.Unlock()
	if p == nil {
		return nil
	}
	backends := childrenOf(p.pid)
	err := finish(p)
	if !waitGone(10*time.Second, func() bool { return anyRuns(backends) }) {
		err = errors.Join(err, fmt.Errorf("backends of postmaster %d still run", p.pid))
	}
	return err
}

// Close stops the server; a temporary folder is removed, and then no time is
// spent on a checkpoint.
func (s *Postgres) Close() error {
	mode := StopFast
	if s.home.temp {
		mode = StopImmediate
	}
	return errors.Join(s.Stop(context.Background(), mode), s.home.close())
}

func (s *Postgres) set(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proc = p
}
