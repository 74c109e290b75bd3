package main

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/waltrail/waltrail/internal/demo"
)

// arrivals gathers the times from commit to arrival of triggers.
type arrivals struct {
	mu  sync.Mutex
	all []time.Duration
	err error
}

// take is called by the NATS client for every message.
func (a *arrivals) take(m *nats.Msg) {
	now := time.Now()
	committed, err := commitTime(m.Data)
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		a.err = err
		return
	}
	a.all = append(a.all, now.Sub(committed))
}

// count is how many triggers have arrived.
func (a *arrivals) count() (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.all), a.err
}

// commitTime is the @timestamp of a document.
func commitTime(body []byte) (time.Time, error) {
	_, after, found := bytes.Cut(body, []byte(`"@timestamp":"`))
	text, _, closed := bytes.Cut(after, []byte{'"'})
	if !found || !closed {
		return time.Time{}, fmt.Errorf("trigger without @timestamp")
	}
	return time.Parse(time.RFC3339Nano, string(text))
}

// latency lets the daemon follow a steady load. The first second warms up and
// does not count.
func (b *bench) latency(ctx context.Context, p product) (l latency, err error) {
	if err := b.freshStream(ctx, p); err != nil {
		return l, err
	}
	d, err := p.start()
	if err != nil {
		return l, err
	}
	defer func() {
		if stopped := d.stop(); err == nil {
			err = stopped
		}
	}()
	if _, err := b.begin(ctx, d); err != nil {
		return l, err
	}
	return b.arrive(ctx, d)
}

// arrive subscribes without JetStream, changes rows at the rate, and waits for
// the last trigger.
func (b *bench) arrive(ctx context.Context, d *daemon) (latency, error) {
	var got arrivals
	sub, err := b.servers.client.Subscribe("trail."+d.system+".>", got.take)
	if err != nil {
		return latency{}, err
	}
	defer sub.Unsubscribe() //nolint:errcheck // the connection ends anyway
	if err := b.servers.client.Flush(); err != nil {
		return latency{}, err
	}
	rate := b.options.rate
	changes := int(rate * b.options.latency.Seconds())
	load := demo.Load{Rows: b.options.rows, Writers: 2, Changes: changes, Rate: rate}
	if err := load.Run(ctx, b.servers.dsn()); err != nil {
		return latency{}, err
	}
	err = d.wait(ctx, "the last trigger", func() (bool, error) {
		n, err := got.count()
		return n >= changes, err
	})
	if err != nil {
		return latency{}, err
	}
	got.mu.Lock()
	defer got.mu.Unlock()
	return newLatency(rate, got.all[min(int(rate), changes/2):]), nil
}
