package indexer

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
)

// Indexer writes documents and receipts, and searches them. All methods are
// safe for concurrent use.
type Indexer struct {
	cfg     Config
	system  string
	log     *slog.Logger
	metrics *Metrics
	client  *client
	schema  *schema
	health  health
	indices indexSet
	// bulkBytes is the limit of one request, lowered when a server or a proxy
	// refuses a size.
	bulkBytes atomic.Int64
	// writers keeps the scratch memory of finished Writes.
	writers  sync.Pool
	onRewind func(id string)
}

// New prepares an Indexer for the audited system; cfg must have its defaults
// and be valid. Nothing is sent yet. The caller owns the Indexer and closes it.
func New(cfg Config, system string, log *slog.Logger, metrics *Metrics) (*Indexer, error) {
	schema, err := newSchema(system, settings{Shards: 1, Replicas: *cfg.Replicas, Codec: cfg.Codec})
	if err != nil {
		return nil, fmt.Errorf("index templates: %w", err)
	}
	client, err := newClient(&cfg)
	if err != nil {
		return nil, err
	}
	x := &Indexer{cfg: cfg, system: system, log: log, metrics: metrics, client: client, schema: schema}
	x.bulkBytes.Store(int64(cfg.BulkBytes))
	x.writers.New = func() any { return &writer{x: x} }
	return x, nil
}

// OnRewind sets a function that is called, on the goroutine of Write, with the
// new id of each document whose own id was taken by a different change: the
// database was restored to an earlier point. Set it before the first Write.
func (x *Indexer) OnRewind(f func(id string)) { x.onRewind = f }

// Healthy returns nil, or what calls are waiting for.
func (x *Indexer) Healthy() error { return x.health.err() }

// Close releases idle connections. Calls in progress end with their contexts.
func (x *Indexer) Close() { x.client.close() }
