package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/waltrail/waltrail/internal/demo"
)

// options are the flags.
type options struct {
	changes int           // size of the backlog
	warmup  int           // changes before anything is measured; with 30,000 the JVM still compiles in the phase after
	rows    int           // of the table
	rate    float64       // changes per second of the latency phase
	latency time.Duration // how long it lasts
	binary  string        // of waltrail; empty: built from the module
}

// bench is one run. It owns dir until it ends, and the servers.
type bench struct {
	options options
	say     func(string)
	dir     string
	servers *servers

	full, triggers product // the same binary with and without an index
	end            string  // the log's end after the backlog, as PostgreSQL prints it
}

const (
	bareSlot   = "bench_bare"
	bareStream = "BARE"
	bareIndex  = "bare-documents"
)

// run does the phases. Each one says what it is; together they take some two minutes.
func (b *bench) run(ctx context.Context) (*report, error) {
	r := &report{Cores: runtime.NumCPU()}
	if err := b.prepare(ctx); err != nil {
		return nil, err
	}
	for _, phase := range []struct {
		what string
		do   func(context.Context, *report) error
	}{
		{"warm up", b.warmUp},
		{"make a backlog", b.makeBacklog},
		{nameReader, b.runReader},
		{nameFull, b.runFull},
		{"bare loader and publisher with the same documents", b.runSinks},
		{nameTriggers, b.runTriggers},
		{"latency", b.runLatency},
	} {
		b.say(phase.what)
		if err := phase.do(ctx, r); err != nil {
			return nil, fmt.Errorf("%s: %w", phase.what, err)
		}
	}
	r.computeBounds()
	return r, nil
}

// prepare creates the table and sets Waltrail up on it.
func (b *bench) prepare(ctx context.Context) (err error) {
	load := demo.Load{Rows: b.options.rows}
	if err := load.Install(ctx, b.servers.dsn()); err != nil {
		return err
	}
	if b.options.binary == "" {
		b.say("build waltrail")
		if b.options.binary, err = build(ctx, b.dir); err != nil {
			return err
		}
	}
	if b.full, err = newProduct(b.options.binary, b.dir, "bench", b.servers, true); err != nil {
		return err
	}
	if b.triggers, err = newProduct(b.options.binary, b.dir, "bench_triggers", b.servers, false); err != nil {
		return err
	}
	return b.full.setup(ctx)
}

// load changes the table and returns where the log ends then.
func (b *bench) load(ctx context.Context, changes int) (end string, err error) {
	load := demo.Load{Rows: b.options.rows, Writers: 2, Changes: changes}
	if err := load.Run(ctx, b.servers.dsn()); err != nil {
		return "", err
	}
	// A checkpoint now, not in the middle of a phase.
	if _, err := b.servers.admin.Exec(ctx, "CHECKPOINT"); err != nil {
		return "", err
	}
	err = b.servers.value(ctx, &end, "SELECT pg_current_wal_insert_lsn()::text")
	return end, err
}

// warmUp lets Elasticsearch compile what it needs.
func (b *bench) warmUp(ctx context.Context, _ *report) error {
	end, err := b.load(ctx, b.options.warmup)
	if err != nil {
		return err
	}
	_, err = b.backlog(ctx, b.full, "warm up", b.options.warmup, end)
	return err
}

// makeBacklog creates the slots first: each phase then reads the same log from its own.
func (b *bench) makeBacklog(ctx context.Context, _ *report) (err error) {
	if err := b.triggers.setup(ctx); err != nil {
		return err
	}
	if _, err := b.servers.admin.Exec(ctx, "SELECT pg_create_logical_replication_slot($1, 'pgoutput')", bareSlot); err != nil {
		return err
	}
	b.end, err = b.load(ctx, b.options.changes)
	return err
}

// runReader measures the floor of reading the log.
func (b *bench) runReader(ctx context.Context, r *report) error {
	reader, err := openReader(ctx, b.servers.dsn(), bareSlot, "waltrail_"+b.full.system)
	if err != nil {
		return err
	}
	defer reader.close(ctx)
	walsender, err := b.servers.walsender(ctx, bareSlot)
	if err != nil {
		return err
	}
	result, err := pids{walsender: walsender}.bare(nameReader, b.options.changes, func() error {
		return reader.read(ctx, b.options.changes)
	})
	r.Results = append(r.Results, result)
	return err
}

// runFull measures the whole way, and counts what arrived in the index.
func (b *bench) runFull(ctx context.Context, r *report) error {
	result, err := b.backlog(ctx, b.full, nameFull, b.options.changes, b.end)
	if err != nil {
		return err
	}
	n, err := newElastic(b.servers.es.URL).count(ctx, "trail-bench-default-*")
	if want := b.options.warmup + b.options.changes; err == nil && n != want {
		err = fmt.Errorf("%d documents are in the index, want %d", n, want)
	}
	r.Results = append(r.Results, result)
	return err
}

// runSinks gives the documents that Waltrail has just made to the bare tools.
func (b *bench) runSinks(ctx context.Context, r *report) error {
	messages, err := harvest(ctx, b.servers.js, stream, b.options.changes)
	if err != nil {
		return err
	}
	var bytes int
	for _, m := range messages {
		bytes += len(m.body)
	}
	r.DocumentBytes = float64(bytes) / float64(len(messages))
	if err := b.runLoader(ctx, r, messages); err != nil {
		return err
	}
	return b.runPublisher(ctx, r, messages)
}

// runLoader measures the ceiling of the index.
func (b *bench) runLoader(ctx context.Context, r *report, messages []message) error {
	index := newElastic(b.servers.es.URL)
	if err := index.copyMapping(ctx, "trail-bench-default-*", bareIndex); err != nil {
		return err
	}
	bodies, meter := chunks(messages), pids{index: b.servers.es.PID()}
	if err := b.servers.pids().quiet(ctx); err != nil {
		return err
	}
	result, err := meter.bare(nameLoader, len(messages), func() error { return index.load(ctx, bareIndex, bodies) })
	r.Results = append(r.Results, result)
	return err
}

// runPublisher measures the ceiling of JetStream.
func (b *bench) runPublisher(ctx context.Context, r *report, messages []message) error {
	if err := newStream(ctx, b.servers.js, bareStream, "bare.>"); err != nil {
		return err
	}
	meter := pids{nats: b.servers.nats.PID()}
	if err := b.servers.pids().quiet(ctx); err != nil {
		return err
	}
	result, err := meter.bare(namePublisher, len(messages), func() error {
		return publish(ctx, b.servers.client, "bare.item", messages)
	})
	r.Results = append(r.Results, result)
	if err != nil {
		return err
	}
	return dropStream(ctx, b.servers.js, bareStream)
}

// runTriggers measures developer mode on the same backlog, from a slot of its own.
func (b *bench) runTriggers(ctx context.Context, r *report) error {
	result, err := b.backlog(ctx, b.triggers, nameTriggers, b.options.changes, b.end)
	r.Results = append(r.Results, result)
	return err
}

// runLatency goes on with the first system, which has nothing left to do.
func (b *bench) runLatency(ctx context.Context, r *report) (err error) {
	r.Latency, err = b.latency(ctx, b.full)
	return err
}
