package main

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// stream is the default name of Waltrail's stream.
	stream = "TRAIL"
	// poll is how often progress is looked at: rarely enough to cost nothing.
	// The time of the last trigger comes from the stream itself.
	poll = 20 * time.Millisecond
	// patience is how long one step may take on a slow machine.
	patience = 3 * time.Minute
)

// wait polls until done says so; it fails with the daemon or after patience.
func (d *daemon) wait(ctx context.Context, what string, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		ok, err := done()
		if err == nil && !ok {
			err = d.alive()
		}
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w\n%s", what, ctx.Err(), d.tail())
		case <-time.After(poll):
		}
	}
}

// backlog measures the daemon on a backlog that ends at end: from the moment it
// is at the slot until all triggers are in the stream, then until everything is confirmed.
func (b *bench) backlog(ctx context.Context, p product, name string, changes int, end string) (r result, err error) {
	if err := b.freshStream(ctx, p); err != nil {
		return r, err
	}
	if err := b.servers.pids().quiet(ctx); err != nil {
		return r, err
	}
	d, err := p.start()
	if err != nil {
		return r, err
	}
	defer func() {
		if stopped := d.stop(); err == nil {
			err = stopped
		}
	}()
	begin, err := b.begin(ctx, d)
	if err != nil {
		return r, err
	}
	if r, err = b.follow(ctx, begin, name, changes); err != nil {
		return r, err
	}
	return r, b.confirmed(ctx, d, end, &r)
}

// freshStream empties the stream, and with it what it knows of message ids.
func (b *bench) freshStream(ctx context.Context, p product) error {
	if err := dropStream(ctx, b.servers.js, stream); err != nil {
		return err
	}
	return p.setup(ctx)
}

// beginning is the daemon at the slot, with nothing done yet. What it needed to
// start up is no part of the figures; FirstTrigger tells it.
type beginning struct {
	daemon *daemon
	at     time.Time
	meter  pids
	spent  spent
	allocs float64
}

// begin waits until the daemon is at the slot and reads all meters.
func (b *bench) begin(ctx context.Context, d *daemon) (beginning, error) {
	x := beginning{daemon: d, meter: b.servers.pids()}
	x.meter.client = d.pid()
	err := d.wait(ctx, "the daemon at the slot", func() (_ bool, err error) {
		look := time.Now()
		x.meter.walsender, err = b.servers.walsender(ctx, d.slot())
		if x.meter.walsender == 0 {
			x.at = look // it was not there yet
		}
		return x.meter.walsender != 0, err
	})
	if err != nil {
		return x, err
	}
	if x.spent, err = x.meter.read(); err != nil {
		return x, err
	}
	x.spent.walsender = 0 // all of it was for this phase
	x.allocs, err = d.metric(ctx, mallocsMetric)
	return x, err
}

// follow waits for all triggers and reads the meters right after the last one.
func (b *bench) follow(ctx context.Context, from beginning, name string, changes int) (r result, err error) {
	var now jetstream.StreamState
	err = from.daemon.wait(ctx, "triggers in the stream", func() (_ bool, err error) {
		now, err = state(ctx, b.servers.js, stream)
		return now.Msgs >= uint64(changes), err //nolint:gosec // a count
	})
	if err != nil {
		return r, err
	}
	if now.Msgs != uint64(changes) { //nolint:gosec // a count
		return r, fmt.Errorf("%s: %d triggers for %d changes", name, now.Msgs, changes)
	}
	after, err := from.meter.read()
	if err != nil {
		return r, err
	}
	r = newResult(name, changes, now.LastTime.Sub(from.at), after.minus(from.spent))
	r.FirstTrigger = now.FirstTime.Sub(from.daemon.started).Seconds()
	allocs, err := from.daemon.metric(ctx, mallocsMetric)
	r.Allocs = (allocs - from.allocs) / float64(changes)
	return r, err
}

const mallocsMetric = "go_memstats_mallocs_total"

// confirmed waits for the receipt and the slot.
func (b *bench) confirmed(ctx context.Context, d *daemon, end string, r *result) error {
	began := time.Now()
	err := d.wait(ctx, "confirmation", func() (ok bool, err error) {
		err = b.servers.value(ctx, &ok, "SELECT confirmed_flush_lsn >= $1::pg_lsn FROM pg_replication_slots WHERE slot_name = $2", end, d.slot())
		return ok, err
	})
	if err != nil {
		return err
	}
	r.Confirmed = time.Since(began).Seconds()
	r.PeakRSS, err = peakMemory(d.pid())
	return err
}
