package app

import (
	"sync"
	"time"
)

// phase is what the daemon's replication session is doing.
type phase string

const (
	phaseStarting  phase = "starting"
	phaseStandby   phase = "standby" // another daemon holds the slot
	phaseStreaming phase = "streaming"
	phaseWaiting   phase = "waiting" // for the next attempt after an error
)

// status is what /readyz tells. Its zero value is not ready.
type status struct {
	mu    sync.Mutex
	phase phase     // guarded by mu
	since time.Time // when phase began; guarded by mu
	err   string    // why the last session ended, empty while streaming; guarded by mu
}

func (s *status) set(p phase, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != p {
		s.phase, s.since = p, time.Now()
	}
	s.err = ""
	if err != nil {
		s.err = err.Error()
	}
}

func (s *status) get() (phase, time.Time, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.phase, s.since, s.err
}
