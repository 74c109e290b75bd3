package main

import (
	"context"
	"fmt"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// bareReader reads a slot with pglogrepl and parses every message, nothing else:
// the floor of what reading the log costs with that library.
type bareReader struct {
	conn    *pgconn.PgConn
	updates int
	end     pglogrepl.LSN // TransactionEndLSN of the last commit
}

// openReader starts replication from where the slot is.
func openReader(ctx context.Context, dsn, slot, publication string) (*bareReader, error) {
	cfg, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	cfg.RuntimeParams["replication"] = "database"
	conn, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	err = pglogrepl.StartReplication(ctx, conn, slot, 0, pglogrepl.StartReplicationOptions{
		PluginArgs: []string{"proto_version '1'", fmt.Sprintf("publication_names '%s'", publication)},
	})
	if err != nil {
		return nil, fmt.Errorf("bare reader: %w", err)
	}
	return &bareReader{conn: conn}, nil
}

// close needs no answer: the slot keeps what was confirmed.
func (r *bareReader) close(ctx context.Context) { _ = r.conn.Close(context.WithoutCancel(ctx)) }

// read returns after the commit that completes so many updates, and confirms it.
func (r *bareReader) read(ctx context.Context, updates int) error {
	for r.updates < updates {
		if err := r.next(ctx); err != nil {
			return fmt.Errorf("bare reader, after %d updates: %w", r.updates, err)
		}
	}
	return r.confirm(ctx)
}

// next takes one message from the connection.
func (r *bareReader) next(ctx context.Context) error {
	raw, err := r.conn.ReceiveMessage(ctx)
	if err != nil {
		return err
	}
	switch msg := raw.(type) {
	case *pgproto3.ErrorResponse:
		return fmt.Errorf("PostgreSQL says: %s (SQLSTATE %s)", msg.Message, msg.Code)
	case *pgproto3.CopyData:
		if msg.Data[0] == pglogrepl.XLogDataByteID {
			return r.parse(msg.Data[1:])
		}
		return r.keepalive(ctx, msg.Data[1:])
	}
	return nil
}

// parse decodes one message of pgoutput and counts it.
func (r *bareReader) parse(data []byte) error {
	x, err := pglogrepl.ParseXLogData(data)
	if err != nil {
		return err
	}
	msg, err := pglogrepl.Parse(x.WALData)
	if err != nil {
		return err
	}
	switch msg := msg.(type) {
	case *pglogrepl.UpdateMessage:
		r.updates++
	case *pglogrepl.CommitMessage:
		r.end = msg.TransactionEndLSN
	}
	return nil
}

// keepalive answers when PostgreSQL asks for it, or it would end the connection.
func (r *bareReader) keepalive(ctx context.Context, data []byte) error {
	k, err := pglogrepl.ParsePrimaryKeepaliveMessage(data)
	if err != nil || !k.ReplyRequested {
		return err
	}
	return r.confirm(ctx)
}

// confirm sets all three positions: pglogrepl takes the written one for a flush
// position of zero.
func (r *bareReader) confirm(ctx context.Context) error {
	return pglogrepl.SendStandbyStatusUpdate(ctx, r.conn, pglogrepl.StandbyStatusUpdate{
		WALWritePosition: r.end, WALFlushPosition: r.end, WALApplyPosition: r.end,
	})
}
