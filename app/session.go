package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waltrail/waltrail/capture"
	"github.com/waltrail/waltrail/internal/retry"
	"github.com/waltrail/waltrail/pipeline"
	"github.com/waltrail/waltrail/transform"
)

// sessions runs one replication session after the other until ctx ends. A
// session ends with any error of PostgreSQL; the next one begins where the slot says (invariant 3). Only a
// configuration that can never work returns an error.
func (d *daemon) sessions(ctx context.Context) error {
	pause := retry.Backoff{Min: 200 * time.Millisecond, Max: 10 * time.Second}
	for ctx.Err() == nil {
		began := time.Now()
		err := d.session(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if time.Since(began) > time.Minute {
			pause.Reset()
		}
		if errors.Is(err, capture.ErrSlotActive) {
			d.status.set(phaseStandby, nil)
			d.log.Info("standing by: another daemon holds the slot", "slot", d.cfg.Postgres.Slot)
		} else {
			d.status.set(phaseWaiting, err)
			d.log.Error("the replication session ended; trying again", "error", err)
		}
		if pause.Wait(ctx) != nil {
			return nil
		}
	}
	return nil
}

// session streams from the slot until ctx ends or something fails.
func (d *daemon) session(ctx context.Context) (err error) {
	reader, err := capture.Open(ctx, d.cfg.Postgres, d.log, d.metrics.capture)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()

	transformer, err := transform.New(d.transform, reader.Source())
	if err != nil {
		return fmt.Errorf("preparing documents: %w", err)
	}
	d.status.set(phaseStreaming, nil)
	return pipeline.Run(ctx, pipeline.Options{
		Source: reader, Transformer: transformer, Index: d.index, Publisher: d.publisher, Ledger: d.ledger,
		Start: reader.Confirmed(), Timeline: reader.Timeline(),
		Log: d.log, Metrics: d.metrics.pipeline,
	})
}
