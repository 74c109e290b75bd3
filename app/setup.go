package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/waltrail/waltrail/capture"
	"github.com/waltrail/waltrail/config"
	"github.com/waltrail/waltrail/indexer"
	"github.com/waltrail/waltrail/triggers"
)

// Plan is what Setup does, or with a dry run would do, in the languages of the
// three servers.
type Plan struct {
	// SQL are statements, in their order; none when nothing is missing.
	SQL []string `json:"sql"`
	// Elasticsearch are requests; absent in triggers-only mode.
	Elasticsearch []indexer.Request `json:"elasticsearch,omitempty"`
	// Stream is the JetStream stream as it is created when missing.
	Stream json.RawMessage `json:"stream"`
}

// Setup makes what the daemon needs on the three servers, as far as it is
// missing: publication, slot and SQL helpers, templates, the stream. It may be repeated.
// Told hears of each part when it is done; with dryRun nothing is changed. What
// one server refuses does not keep the others from being set up.
func Setup(ctx context.Context, cfg *config.Config, dryRun bool, log *slog.Logger, told func(string)) (*Plan, error) {
	plan := &Plan{}
	return plan, errors.Join(
		plan.postgres(ctx, cfg, dryRun, told),
		plan.elasticsearch(ctx, cfg, dryRun, log, told),
		plan.nats(ctx, cfg, dryRun, log, told),
	)
}

func (p *Plan) postgres(ctx context.Context, cfg *config.Config, dryRun bool, told func(string)) error {
	var err error
	p.SQL, err = capture.Setup(ctx, cfg.Postgres, capture.SetupOptions{DryRun: dryRun})
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	switch {
	case dryRun:
	case len(p.SQL) == 0:
		told("postgres: nothing was missing")
	default:
		told(fmt.Sprintf("postgres: done, %d statements", len(p.SQL)))
	}
	return nil
}

func (p *Plan) elasticsearch(ctx context.Context, cfg *config.Config, dryRun bool, log *slog.Logger, told func(string)) error {
	if cfg.Elasticsearch.Mode == indexer.ModeTriggersOnly {
		return nil
	}
	idx, err := indexer.New(cfg.Elasticsearch, cfg.System, log, nil)
	if err != nil {
		return fmt.Errorf("elasticsearch: %w", err)
	}
	defer idx.Close()
	if p.Elasticsearch, err = idx.SetupPlan(); err != nil || dryRun {
		return err
	}
	if err := idx.Setup(ctx); err != nil {
		return fmt.Errorf("elasticsearch: %w", err)
	}
	told("elasticsearch: templates are in place")
	return nil
}

func (p *Plan) nats(ctx context.Context, cfg *config.Config, dryRun bool, log *slog.Logger, told func(string)) error {
	publisher, err := triggers.Connect(ctx, cfg.NATS, cfg.TriggerRules(), cfg.System, log, nil)
	if err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	defer publisher.Close()
	if p.Stream, err = publisher.SetupPlan(); err != nil || dryRun {
		return err
	}
	if err := publisher.Setup(ctx); err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	told("nats: stream " + cfg.NATS.Stream + " is in place")
	return nil
}
