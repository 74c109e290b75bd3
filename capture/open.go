package capture

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/waltrail/waltrail/capture/internal/pgoutput"
	"github.com/waltrail/waltrail/change"
)

// Open begins a session where the slot stands (invariant 3), creating publication and slot
// when they are missing. ctx bounds the opening only. ErrSlotActive and
// ErrSlotLost are told apart with errors.Is. metrics may be nil.
func Open(ctx context.Context, cfg Config, log *slog.Logger, metrics *Metrics) (*Reader, error) {
	sql, err := cfg.connect(ctx)
	if err != nil {
		return nil, err
	}
	facts, err := prepare(ctx, sql, &cfg, log)
	if err != nil {
		closeConn(sql)
		return nil, err
	}
	r := newReader(&cfg, facts, log, metrics)
	r.catalog.conn = sql
	if err := r.connect(ctx, facts); err != nil {
		r.catalog.close()
		return nil, err
	}
	r.running.Add(2)
	go r.read()
	go r.answer(facts.statusEvery())
	metrics.began()
	metrics.confirm(r.resumed)
	log.Info("reading the write-ahead log", "slot", cfg.Slot, "from", r.resumed.String(), "source", r.source)
	return r, nil
}

func newReader(cfg *Config, facts *server, log *slog.Logger, metrics *Metrics) *Reader {
	r := &Reader{
		log:     log,
		metrics: metrics,
		resumed: facts.slot.Confirmed,
		handoff: newHandoff(),
		kick:    make(chan struct{}, 1),
	}
	r.confirmed.Store(uint64(r.resumed))
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.catalog = &catalog{cfg: cfg, ctx: r.ctx}
	return r
}

// connect opens the replication connection and starts the stream.
func (r *Reader) connect(ctx context.Context, facts *server) (err error) {
	cfg := r.catalog.cfg
	if r.conn, r.wire, err = cfg.connectReplication(ctx); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			abandon(r.conn)
		}
	}()
	system, err := pglogrepl.IdentifySystem(ctx, r.conn)
	if err != nil {
		return clean("identify the system", err)
	}
	r.source = sourceID(system.SystemID, system.DBName)
	r.timeline = uint32(system.Timeline) //nolint:gosec // never negative
	r.decoder = pgoutput.New(r.timeline, facts.NextXID, r.describe)
	r.wire.beforeRead = r.stall
	return startReplication(ctx, r.conn, cfg)
}

// describe asks the catalog, after offering what was read before: it may take a while.
func (r *Reader) describe(rel *change.Relation) error {
	r.stall()
	return r.catalog.describe(rel)
}

// startReplication gives no position: the server goes on where the slot stands
// (invariant 3). Version 1 tells the commit position at Begin (invariant 8).
func startReplication(ctx context.Context, conn *pgconn.PgConn, cfg *Config) error {
	err := pglogrepl.StartReplication(ctx, conn, quoteIdentifier(cfg.Slot), 0, pglogrepl.StartReplicationOptions{
		Mode: pglogrepl.LogicalReplication,
		PluginArgs: []string{
			"proto_version '1'",
			"publication_names " + quoteLiteral(quoteIdentifier(cfg.Publication)),
			"messages 'true'",
		},
	})
	err = clean("start replication from slot "+cfg.Slot, err)
	if hasState(err, stateNotInState) {
		return fmt.Errorf("%w: %w", ErrSlotLost, err)
	}
	return err
}

func abandon(conn *pgconn.PgConn) {
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	_ = conn.Close(ctx) // the opening failed already
}

// sourceID names a database for ever: the same after a restart or failover,
// another in another cluster.
func sourceID(systemID, database string) string {
	sum := sha256.Sum256([]byte(systemID + "/" + database))
	return hex.EncodeToString(sum[:4])
}

// statusEvery is statusEvery, or less where the server would lose patience sooner.
func (s *server) statusEvery() time.Duration {
	if s.SenderTimeout <= 0 {
		return statusEvery
	}
	return min(statusEvery, s.SenderTimeout/4)
}

func quoteIdentifier(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// quoteLiteral relies on standard_conforming_strings, which the replication
// protocol uses always and connections by default.
func quoteLiteral(s string) string {
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

func parseXID(s string) (uint64, error) { return strconv.ParseUint(s, 10, 64) }
