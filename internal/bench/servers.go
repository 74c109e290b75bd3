package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/waltrail/waltrail/internal/demo"
	"github.com/waltrail/waltrail/internal/devstack"
)

// servers are the three real servers, and connections to look at them.
type servers struct {
	pg     *devstack.Postgres
	es     *devstack.Elasticsearch
	nats   *devstack.NATS
	admin  *pgx.Conn
	client *nats.Conn
	js     jetstream.JetStream
	close  []func() error // in the order of acquisition
}

// startServers starts everything; close must be called even after an error.
func startServers(ctx context.Context, say func(string)) (*servers, error) {
	s := &servers{}
	for _, start := range []func(context.Context, func(string)) error{s.startPostgres, s.startElasticsearch, s.startNATS} {
		if err := start(ctx, say); err != nil {
			return s, err
		}
	}
	return s, nil
}

// startPostgres starts it without fsync: the bench measures CPU, not the disk.
func (s *servers) startPostgres(ctx context.Context, say func(string)) (err error) {
	s.pg, err = devstack.StartPostgres(ctx, devstack.PostgresOptions{Progress: say, Settings: map[string]string{
		// No background work in the middle of a phase.
		"autovacuum": "off", "max_wal_size": "8GB", "checkpoint_timeout": "30min",
	}})
	if err != nil {
		return err
	}
	s.close = append(s.close, s.pg.Close)
	if s.admin, err = pgx.Connect(ctx, s.dsn()); err != nil {
		return err
	}
	s.close = append(s.close, func() error { return s.admin.Close(context.WithoutCancel(ctx)) })
	return nil
}

// startElasticsearch starts it with the heap that `waltrail dev` gives it.
func (s *servers) startElasticsearch(ctx context.Context, say func(string)) (err error) {
	s.es, err = devstack.StartElasticsearch(ctx, devstack.ElasticsearchOptions{HeapMB: 1024, Progress: say})
	if err != nil {
		return err
	}
	s.close = append(s.close, s.es.Close)
	return nil
}

// startNATS starts it as a process of its own, so that its CPU time can be told apart.
func (s *servers) startNATS(ctx context.Context, say func(string)) (err error) {
	s.nats, err = devstack.StartNATS(ctx, devstack.NATSOptions{Separate: true, Progress: say})
	if err != nil {
		return err
	}
	s.close = append(s.close, s.nats.Close)
	if s.client, err = nats.Connect(s.nats.URL); err != nil {
		return fmt.Errorf("NATS: %w", err)
	}
	s.close = append(s.close, func() error { s.client.Close(); return nil })
	s.js, err = jetstream.New(s.client)
	return err
}

// stop ends everything, the last one first.
func (s *servers) stop() error {
	var errs []error
	for i := len(s.close) - 1; i >= 0; i-- {
		errs = append(errs, s.close[i]())
	}
	s.close = nil
	return errors.Join(errs...)
}

func (s *servers) dsn() string { return s.pg.DSN("postgres") }

// pids are the servers' processes; client and walsender differ by phase.
func (s *servers) pids() pids { return pids{index: s.es.PID(), nats: s.nats.PID()} }

// endpoints are what Waltrail connects to, with the index or without.
func (s *servers) endpoints(listen string, index bool) demo.Endpoints {
	e := demo.Endpoints{Postgres: s.dsn(), NATS: s.nats.URL, Listen: listen}
	if index {
		e.Elasticsearch = s.es.URL
	}
	return e
}

// value reads one value from PostgreSQL.
func (s *servers) value(ctx context.Context, into any, sql string, args ...any) error {
	return s.admin.QueryRow(ctx, sql, args...).Scan(into)
}

// walsender is the process that serves a slot.
func (s *servers) walsender(ctx context.Context, slot string) (pid int, err error) {
	err = s.value(ctx, &pid, "SELECT coalesce(active_pid, 0) FROM pg_replication_slots WHERE slot_name = $1", slot)
	return pid, err
}
