package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/waltrail/waltrail/capture"
	"github.com/waltrail/waltrail/config"
	"github.com/waltrail/waltrail/indexer"
	"github.com/waltrail/waltrail/internal/retry"
	"github.com/waltrail/waltrail/pipeline"
	"github.com/waltrail/waltrail/transform"
	"github.com/waltrail/waltrail/triggers"
)

// daemon is everything that lives longer than a session.
type daemon struct {
	cfg     *config.Config
	log     *slog.Logger
	status  *status
	metrics metrics
	// transform is what each session's transformer works by.
	transform transform.Config

	index     pipeline.Index
	publisher *triggers.Publisher
	// ledger is nil in triggers-only mode, where the slot is the only state.
	ledger pipeline.Ledger
	// prepare are the idempotent preparations of Elasticsearch and NATS.
	prepare []step
	probes  []probe
}

type step struct {
	what string
	do   func(context.Context) error
}

type metrics struct {
	capture  *capture.Metrics
	pipeline *pipeline.Metrics
}

// Run is the daemon: it streams changes until ctx ends, then finishes what is
// under way and returns nil. Outages of PostgreSQL, Elasticsearch and NATS do not end it. It returns an error
// only for what no waiting cures: a configuration that cannot work, an address in use.
func Run(ctx context.Context, cfg *config.Config, log *slog.Logger) error {
	boundGarbage()
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	d := &daemon{cfg: cfg, log: log, status: &status{}}
	d.status.set(phaseStarting, nil)
	d.metrics = metrics{capture: capture.NewMetrics(reg), pipeline: pipeline.NewMetrics(reg)}

	var err error
	if d.transform, err = cfg.Transform(); err != nil {
		return err
	}
	if err := d.openIndex(reg); err != nil {
		return err
	}
	publisher, err := triggers.Connect(ctx, cfg.NATS, cfg.TriggerRules(), cfg.System, log, triggers.NewMetrics(reg))
	if err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	defer publisher.Close()
	d.publisher = publisher
	d.prepare = append(d.prepare, step{"JetStream stream", publisher.Setup})
	d.probes = append(d.probes, publisher.Healthy)

	addr, stop, err := serve(ctx, cfg.HTTP.Listen, handler(reg, func() readiness { return ready(d.status, d.probes...) }), log)
	if err != nil {
		return err
	}
	defer stop()
	log.Info("serving health and metrics", "address", "http://"+addr)

	for _, s := range d.prepare {
		if err := d.untilDone(ctx, s); err != nil {
			return nil //nolint:nilerr // ctx ended: there is nothing under way to finish
		}
	}
	return d.sessions(ctx)
}

// boundGarbage keeps the heap at one and a half times what lives. What lives on
// a busy line is some 30 MB and short-lived, so that costs a few percent of the CPU
// and saves a third of the memory. GOGC in the environment goes before.
func boundGarbage() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
}

// openIndex connects to Elasticsearch, or to nothing in triggers-only mode.
func (d *daemon) openIndex(reg prometheus.Registerer) error {
	if d.cfg.Elasticsearch.Mode == indexer.ModeTriggersOnly {
		d.index = indexer.Discard{}
		d.log.Warn("triggers-only mode: no history is kept", "cure", "set elasticsearch.mode to index")
		return nil
	}
	idx, err := indexer.New(d.cfg.Elasticsearch, d.cfg.System, d.log, indexer.NewMetrics(reg))
	if err != nil {
		return fmt.Errorf("elasticsearch: %w", err)
	}
	d.index, d.ledger = idx, idx
	d.prepare = append(d.prepare, step{"Elasticsearch templates", idx.Setup})
	d.probes = append(d.probes, idx.Healthy)
	return nil
}

// untilDone repeats a preparation until it succeeds or ctx ends.
func (d *daemon) untilDone(ctx context.Context, s step) error {
	pause := retry.Backoff{Min: 200 * time.Millisecond, Max: 10 * time.Second}
	for {
		err := s.do(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		d.status.set(phaseWaiting, fmt.Errorf("preparing %s: %w", s.what, err))
		d.log.Error("preparing failed; trying again", "what", s.what, "error", err)
		if err := pause.Wait(ctx); err != nil {
			return err
		}
	}
}
