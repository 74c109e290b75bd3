package capture

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/waltrail/waltrail/deploy"
	"github.com/waltrail/waltrail/internal/check"
)

// oldestVersion is the first server version with all that we use, as server_version_num.
const oldestVersion = 140000

// report collects the doctor's lines.
type report []check.Result

func (r *report) add(status check.Status, name, detail, cure string) {
	if status == check.OK {
		cure = ""
	}
	*r = append(*r, check.Result{Name: "postgres: " + name, Status: status, Detail: detail, Cure: cure, Doc: "#postgresql"})
}

// judge adds a line that is fine or bad.
func (r *report) judge(ok bool, bad check.Status, name, detail, cure string) {
	if ok {
		bad = check.OK
	}
	r.add(bad, name, detail, cure)
}

// Check looks at every precondition of capture and changes nothing. Each result that is
// not OK has a cure.
func Check(ctx context.Context, cfg Config) []check.Result {
	var r report
	conn, err := cfg.connect(ctx)
	if err != nil {
		r.add(check.Failure, "connection", err.Error(), "check postgres.dsn, the password and pg_hba.conf")
		return r
	}
	defer closeConn(conn)
	s, err := look(ctx, conn, &cfg)
	if err != nil {
		r.add(check.Failure, "catalog", err.Error(), "let the role read the catalog of the database")
		return r
	}
	r.judge(s.Version >= oldestVersion, check.Failure, "version", fmt.Sprintf("server_version_num %d", s.Version), "use PostgreSQL 14 or newer")
	r.judge(s.WALLevel == "logical", check.Failure, "wal_level", s.WALLevel, "set wal_level = logical in postgresql.conf and restart the server")
	r.checkLimits(ctx, conn, s)
	r.checkPublication(&cfg, s)
	r.checkSlot(&cfg, s)
	r.checkTables(s)
	r.judge(s.helpers >= deploy.TrailVersion, check.Warning, "SQL helpers",
		fmt.Sprintf("version %d of %d", s.helpers, deploy.TrailVersion), "run waltrail setup, so that applications can tell who acts")
	return r
}

// limits are the settings and rights that bound what replication may do.
type limits struct {
	Slots, MaxSlots     int
	Senders, MaxSenders int
	KeepSize            string
	Replication         bool
}

const limitsQuery = `
SELECT (SELECT count(*) FROM pg_replication_slots)::int, current_setting('max_replication_slots')::int,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walsender')::int, current_setting('max_wal_senders')::int,
       current_setting('max_slot_wal_keep_size'),
       (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user)`

func (r *report) checkLimits(ctx context.Context, conn *pgx.Conn, s *server) {
	rows, err := conn.Query(ctx, limitsQuery)
	if err != nil {
		r.add(check.Failure, "limits", clean("read limits", err).Error(), "let the role read pg_settings")
		return
	}
	l, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[limits])
	if err != nil {
		r.add(check.Failure, "limits", clean("read limits", err).Error(), "let the role read pg_settings")
		return
	}
	r.judge(s.slot.exists || l.Slots < l.MaxSlots, check.Failure, "free slots",
		fmt.Sprintf("%d of %d in use", l.Slots, l.MaxSlots), "raise max_replication_slots, or drop slots that nobody reads")
	r.judge(s.slot.Active || l.Senders < l.MaxSenders, check.Failure, "free senders",
		fmt.Sprintf("%d of %d in use", l.Senders, l.MaxSenders), "raise max_wal_senders")
	r.judge(l.Replication, check.Failure, "replication right", fmt.Sprintf("role may replicate: %t", l.Replication),
		"ALTER ROLE <role of postgres.dsn> REPLICATION (on managed servers: the provider's replication role)")
	r.judge(l.KeepSize != "-1", check.Warning, "max_slot_wal_keep_size", l.KeepSize,
		"set max_slot_wal_keep_size to what the disk can spare: without it a stopped Waltrail fills the disk")
}

func (r *report) checkPublication(cfg *Config, s *server) {
	p := &s.publication
	if !p.exists {
		r.add(check.Warning, "publication", cfg.Publication+" does not exist", "run waltrail setup, or start the daemon, which creates it")
		return
	}
	missing := p.missing(s.tables)
	r.judge(len(missing) == 0, check.Warning, "publication", fmt.Sprintf("%s lacks %d of %d tables%s", cfg.Publication, len(missing), len(s.tables), list(missing)),
		"run waltrail setup as the owner of publication and tables")
	name := quoteIdentifier(cfg.Publication)
	r.judge(p.everything, check.Failure, "publication actions", fmt.Sprintf("all of insert, update, delete, truncate: %t", p.everything),
		"ALTER PUBLICATION "+name+" SET (publish = 'insert, update, delete, truncate')")
	r.judge(p.viaRoot, check.Warning, "publication of partitions", fmt.Sprintf("via the root: %t", p.viaRoot),
		"ALTER PUBLICATION "+name+" SET (publish_via_partition_root = true)")
}

func (r *report) checkSlot(cfg *Config, s *server) {
	if err := s.slot.obstacle(cfg, s.Database); err != nil {
		r.add(check.Failure, "slot", err.Error(), "SELECT pg_drop_replication_slot("+quoteLiteral(cfg.Slot)+"), which leaves a gap; or name another in postgres.slot")
		return
	}
	switch {
	case !s.slot.exists:
		r.add(check.Warning, "slot", cfg.Slot+" does not exist", "run waltrail setup, or start the daemon, which creates it")
	case s.slot.WALStatus == "unreserved":
		r.add(check.Failure, "slot", cfg.Slot+" is about to be lost: the server may remove its log any moment", "start Waltrail now, raise max_slot_wal_keep_size")
	default:
		r.add(check.OK, "slot", fmt.Sprintf("%s at %s, in use: %t, wal_status %s, %d MiB of log kept for it",
			cfg.Slot, s.slot.Confirmed, s.slot.Active, s.slot.WALStatus, s.slot.Retained>>20), "")
	}
}

func (r *report) checkTables(s *server) {
	r.judge(len(s.unmatched) == 0, check.Failure, "tables", fmt.Sprintf("%d configured names match no table: %s", len(s.unmatched), strings.Join(s.unmatched, ", ")),
		"correct entities.<name>.table: schema.table as the catalog spells it")
	for _, t := range s.tables {
		r.judge(t.Identity == "f", check.Warning, "replica identity of "+t.Name, identityDetail(t.Identity),
			"ALTER TABLE "+t.Quoted+" REPLICA IDENTITY FULL")
		r.judge(t.HasKey, check.Warning, "primary key of "+t.Name, fmt.Sprintf("has one: %t", t.HasKey),
			"add a primary key: without one the rows of an item cannot be told apart")
		r.judge(t.Readable, check.Warning, "right to read "+t.Name, fmt.Sprintf("SELECT granted: %t", t.Readable),
			"GRANT SELECT ON "+t.Quoted+" TO <role of postgres.dsn>: the first snapshot and the watchdog need it")
		if t.Security {
			r.add(check.Warning, "row security of "+t.Name, "is on: the log shows all rows, queries may not", "ALTER ROLE <role of postgres.dsn> BYPASSRLS")
		}
	}
}

func identityDetail(identity string) string {
	switch identity {
	case "f":
		return "FULL"
	case "n":
		return "NOTHING: PostgreSQL refuses updates and deletes of a published table"
	case "i":
		return "an index: old values are unknown except for its columns"
	}
	return "DEFAULT: old values are unknown except for the primary key"
}

func list(tables []table) string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.Name
	}
	if len(names) == 0 {
		return ""
	}
	return ": " + strings.Join(names, ", ")
}
