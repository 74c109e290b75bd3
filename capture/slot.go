package capture

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/waltrail/waltrail/change"
)

// slot is the state of our replication slot.
type slot struct {
	exists    bool
	Plugin    string
	Database  string
	Active    bool
	WALStatus string // reserved, extended, unreserved, lost, or empty
	// Confirmed is where the server goes on: all before it may be gone.
	Confirmed change.LSN
	Retained  int64 // bytes of log that the server keeps for it
}

const slotQuery = `
SELECT coalesce(plugin::text, ''), coalesce(database::text, ''), active, coalesce(wal_status, ''),
       coalesce(confirmed_flush_lsn, '0/0')::text,
       coalesce(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
                                restart_lsn), 0)::bigint
FROM pg_replication_slots WHERE slot_name = $1`

func lookSlot(ctx context.Context, conn *pgx.Conn, name string) (slot, error) {
	s := slot{exists: true}
	var confirmed string
	err := conn.QueryRow(ctx, slotQuery, name).Scan(&s.Plugin, &s.Database, &s.Active, &s.WALStatus, &confirmed, &s.Retained)
	if errors.Is(err, pgx.ErrNoRows) {
		return slot{}, nil
	}
	if err != nil {
		return s, err
	}
	s.Confirmed, err = change.ParseLSN(confirmed)
	return s, err
}

const slotLost = "lost"

// obstacle says why the slot cannot be read, or nil. That it is active is left to
// START_REPLICATION, which cannot be outrun.
func (s *slot) obstacle(cfg *Config, database string) error {
	switch {
	case !s.exists:
		return nil
	case s.Plugin != "pgoutput":
		return fmt.Errorf("postgres.slot: %s exists with plugin %q, want pgoutput: choose another name", cfg.Slot, s.Plugin)
	case s.Database != database:
		return fmt.Errorf("postgres.slot: %s belongs to database %s, the dsn names %s", cfg.Slot, s.Database, database)
	case s.WALStatus == slotLost:
		return fmt.Errorf("%w: slot %s; drop it with SELECT pg_drop_replication_slot(%s) to begin anew with a gap, "+
			"and raise max_slot_wal_keep_size", ErrSlotLost, cfg.Slot, quoteLiteral(cfg.Slot))
	}
	return nil
}
