package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// connect returns the open connection of a session, or makes it.
func (w *workload) connect(ctx context.Context, s session) (*pgx.Conn, error) {
	if conn := w.conns[s]; conn != nil {
		return conn, nil
	}
	cfg, err := pgx.ParseConfig(w.dsn)
	if err != nil {
		return nil, fmt.Errorf("sample shop: %w", err)
	}
	cfg.User = s.role
	cfg.RuntimeParams["application_name"] = s.application
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("sample shop: connect as %s: %w", s.role, err)
	}
	w.conns[s] = conn
	return conn, nil
}

// close ends all sessions, within a second each.
func (w *workload) close() {
	for s, conn := range w.conns {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		if err := conn.Close(ctx); err != nil {
			w.log.Debug("sample shop: close a session", "application", s.application, "error", err)
		}
		cancel()
		delete(w.conns, s)
	}
}

// prepare checks that Waltrail is set up, and asks it to attribute what people
// do with psql.
func prepare(ctx context.Context, dsn string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("sample shop: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to lose
	var helpers bool
	err = conn.QueryRow(ctx, "SELECT to_regprocedure('trail.set_context(jsonb)') IS NOT NULL").Scan(&helpers)
	if err != nil {
		return fmt.Errorf("sample shop: look for trail.set_context: %w", err)
	}
	if !helpers {
		return ErrNoHelpers
	}
	// A table that already has a trigger of ours is left alone: it may be in use.
	_, err = conn.Exec(ctx, `SELECT trail.attribute(c.oid::regclass) FROM pg_class c
		WHERE c.oid IN ('public.contacts'::regclass, 'public.articles'::regclass, 'public.tickets'::regclass, 'public.orders'::regclass)
		AND NOT EXISTS (SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
			WHERE t.tgrelid = c.oid AND p.pronamespace = 'trail'::regnamespace)`)
	if err != nil {
		return fmt.Errorf("sample shop: attribute plain SQL: %w", err)
	}
	return nil
}

// newConns is the state before the first connection.
func newConns() map[session]*pgx.Conn { return map[session]*pgx.Conn{} }
