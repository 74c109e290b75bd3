package main

import (
	"context"
	"errors"
	"os"
	"runtime"
	"time"
)

// pids are the processes that a phase is charged with; 0 is "no part in it".
type pids struct{ client, walsender, index, nats int }

// spent is CPU time by part, and of the whole machine.
type spent struct{ client, walsender, index, nats, machine time.Duration }

// read asks /proc for all parts at once.
func (p pids) read() (s spent, err error) {
	var errs []error
	for _, part := range []struct {
		pid  int
		into *time.Duration
	}{{p.client, &s.client}, {p.walsender, &s.walsender}, {p.index, &s.index}, {p.nats, &s.nats}} {
		if part.pid == 0 {
			continue
		}
		used, err := cpuTime(part.pid)
		*part.into = used
		errs = append(errs, err)
	}
	busy, err := busyTime()
	s.machine = busy
	return s, errors.Join(append(errs, err)...)
}

// minus is what was spent since before.
func (s spent) minus(before spent) spent {
	return spent{
		client: s.client - before.client, walsender: s.walsender - before.walsender,
		index: s.index - before.index, nats: s.nats - before.nats, machine: s.machine - before.machine,
	}
}

// others is what processes used that have no part in the phase.
func (s spent) others() time.Duration {
	return max(0, s.machine-s.client-s.walsender-s.index-s.nats)
}

// bare measures work that is done in this process.
func (p pids) bare(name string, changes int, work func() error) (result, error) {
	p.client = os.Getpid()
	before, err := p.read()
	if err != nil {
		return result{}, err
	}
	allocs, began := mallocs(), time.Now()
	if err := work(); err != nil {
		return result{}, err
	}
	took := time.Since(began)
	after, err := p.read()
	if err != nil {
		return result{}, err
	}
	r := newResult(name, changes, took, after.minus(before))
	r.Allocs = float64(mallocs()-allocs) / float64(changes)
	return r, nil
}

// mallocs is the number of heap allocations of this process so far.
func mallocs() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

// quiet waits until the servers have done what earlier phases left to them
// (merges, checkpoints), so that it is not charged to the next one; 15 s at most.
func (p pids) quiet(ctx context.Context) error {
	const window = 500 * time.Millisecond
	before, err := p.read()
	for deadline := time.Now().Add(15 * time.Second); err == nil && time.Now().Before(deadline); {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(window):
		}
		var after spent
		after, err = p.read()
		used := after.minus(before)
		if used.index+used.nats < window/10 {
			return err
		}
		before = after
	}
	return err
}
