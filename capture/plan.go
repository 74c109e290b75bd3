package capture

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is what Open, Setup and Check want to know of a server, as it is now.
type server struct {
	Version       int // server_version_num
	Database      string
	WALLevel      string
	NextXID       uint64
	SenderTimeout time.Duration // zero for none
	helpers       int           // version of the SQL helpers, zero when not installed
	publication   publication
	slot          slot
	tables        []table
	unmatched     []string // configured, but there is no such table
}

// statement is a change of the server that is needed.
type statement struct {
	SQL string
	// Who can run it, for the case that we cannot.
	Needs string
}

// look reads everything; it changes nothing.
func look(ctx context.Context, conn *pgx.Conn, cfg *Config) (*server, error) {
	s, err := lookServer(ctx, conn)
	if err != nil {
		return nil, clean("read the server's settings", err)
	}
	if s.tables, s.unmatched, err = lookTables(ctx, conn, cfg.Tables); err != nil {
		return nil, clean("look for the audited tables", err)
	}
	if s.publication, err = lookPublication(ctx, conn, cfg.Publication); err != nil {
		return nil, clean("look for the publication", err)
	}
	if s.slot, err = lookSlot(ctx, conn, cfg.Slot); err != nil {
		return nil, clean("look for the slot", err)
	}
	return s, nil
}

const serverQuery = `
SELECT current_setting('server_version_num')::int, current_database()::text, current_setting('wal_level'),
       pg_snapshot_xmax(pg_current_snapshot())::text,
       (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_sender_timeout')`

func lookServer(ctx context.Context, conn *pgx.Conn) (*server, error) {
	s := &server{}
	var xid string
	var timeout int64
	err := conn.QueryRow(ctx, serverQuery).Scan(&s.Version, &s.Database, &s.WALLevel, &xid, &timeout)
	if err != nil {
		return nil, err
	}
	if s.NextXID, err = parseXID(xid); err != nil {
		return nil, err
	}
	s.SenderTimeout = time.Duration(timeout) * time.Millisecond
	s.helpers, err = lookHelpers(ctx, conn)
	return s, err
}

func lookHelpers(ctx context.Context, conn *pgx.Conn) (version int, err error) {
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT to_regprocedure('trail.version()') IS NOT NULL`).Scan(&exists); err != nil || !exists {
		return 0, err
	}
	err = conn.QueryRow(ctx, `SELECT trail.version()`).Scan(&version)
	return version, err
}

// obstacle is what no statement of ours can remove.
func (s *server) obstacle(cfg *Config) error {
	if s.WALLevel != "logical" {
		return fmt.Errorf("postgres: wal_level is %s: set wal_level = logical in postgresql.conf and restart the server", s.WALLevel)
	}
	for _, name := range s.unmatched {
		return fmt.Errorf("entities: table %s: no such table in database %s", name, s.Database)
	}
	return s.slot.obstacle(cfg, s.Database)
}

// statements are what publication and slot lack, in the order in which they must run: a slot
// that is older than its publication cannot be read.
func (s *server) statements(cfg *Config) []statement {
	list := s.publication.statements(cfg, s.tables)
	if !s.slot.exists {
		list = append(list, statement{
			SQL:   fmt.Sprintf("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", quoteLiteral(cfg.Slot)),
			Needs: "a role with REPLICATION",
		})
	}
	return list
}

// apply runs one statement.
func (st statement) apply(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.PgConn().Exec(ctx, st.SQL).ReadAll()
	err = clean("set up", err)
	if hasState(err, stateNotPrivileged) {
		return fmt.Errorf("%w: let %s run: %s", err, st.Needs, st.SQL)
	}
	return err
}

// prepare makes sure that replication can begin.
func prepare(ctx context.Context, conn *pgx.Conn, cfg *Config, log *slog.Logger) (*server, error) {
	s, err := look(ctx, conn, cfg)
	if err != nil {
		return nil, err
	}
	if err := s.obstacle(cfg); err != nil {
		return nil, err
	}
	statements := s.statements(cfg)
	if len(statements) == 0 {
		return s, nil
	}
	if s.slot.exists && !s.publication.exists {
		log.Warn("the slot is older than the publication: changes between them cannot be read", "slot", cfg.Slot)
	}
	for _, st := range statements {
		log.Info("setting up PostgreSQL; creating a slot waits for open transactions", "sql", st.SQL)
		if err := st.apply(ctx, conn); err != nil {
			return nil, err
		}
	}
	if s, err = look(ctx, conn, cfg); err == nil && !s.slot.exists {
		err = errors.New("postgres: the slot vanished right after it was made: is something dropping slots?")
	}
	return s, err
}
