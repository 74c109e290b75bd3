package capture

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/waltrail/waltrail/capture/internal/pgoutput"
	"github.com/waltrail/waltrail/change"
)

// catalogLimit bounds one question to the catalog.
const catalogLimit = 30 * time.Second

// catalog answers questions about tables on a connection beside the stream. It
// shows the present, while the log may be of the past: what does not fit is not used.
// It is used by one goroutine, except for close.
type catalog struct {
	cfg  *Config
	ctx  context.Context // of the session
	conn *pgx.Conn
}

func (c *catalog) close() {
	if c.conn != nil {
		closeConn(c.conn)
	}
}

// describe completes a relation: key ordinals, names of types that are not built in.
// A connection that broke since it was last needed is opened anew, once.
func (c *catalog) describe(rel *change.Relation) error {
	ctx, cancel := context.WithTimeout(c.ctx, catalogLimit)
	defer cancel()
	err := c.ask(ctx, rel)
	if err == nil || !c.conn.IsClosed() || ctx.Err() != nil {
		return err
	}
	conn, err := c.cfg.connect(ctx)
	if err != nil {
		return err
	}
	c.conn = conn
	return c.ask(ctx, rel)
}

func (c *catalog) ask(ctx context.Context, rel *change.Relation) error {
	columns, err := c.columns(ctx, rel.OID)
	if err != nil {
		return clean("read the primary key", err)
	}
	setKey(rel, columns)
	return clean("read type names", c.nameTypes(ctx, rel))
}

// catalogColumn is a column as the catalog has it now.
type catalogColumn struct {
	Name string
	Key  int // 1-based ordinal in the key
}

// columnsQuery lists the columns in order with their ordinal in the primary key, or in the
// index that is the replica identity where there is no primary key.
const columnsQuery = `
SELECT a.attname::text AS name, coalesce(k.ordinal, 0)::int AS key
FROM pg_attribute a
LEFT JOIN LATERAL (
	SELECT u.ordinal
	FROM (SELECT indkey, indnkeyatts FROM pg_index
	      WHERE indrelid = a.attrelid AND (indisprimary OR indisreplident)
	      ORDER BY indisprimary DESC LIMIT 1) i,
	     unnest(i.indkey::int2[]) WITH ORDINALITY u(attnum, ordinal)
	WHERE u.attnum = a.attnum AND u.ordinal <= i.indnkeyatts
) k ON true
WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum`

func (c *catalog) columns(ctx context.Context, oid uint32) ([]catalogColumn, error) {
	rows, err := c.conn.Query(ctx, columnsQuery, oid)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[catalogColumn])
}

// nameTypes asks for the types that have no fixed OID. format_type answers ???
// for a type that was dropped since; then the name in the log stays.
func (c *catalog) nameTypes(ctx context.Context, rel *change.Relation) error {
	var at []int
	var oids []uint32
	var mods []int32
	for i, col := range rel.Columns {
		if _, ok := pgoutput.TypeName(col.TypeOID, col.TypeMod); !ok {
			at, oids, mods = append(at, i), append(oids, col.TypeOID), append(mods, col.TypeMod)
		}
	}
	if len(at) == 0 {
		return nil
	}
	rows, err := c.conn.Query(ctx,
		`SELECT format_type(oid, mod) FROM unnest($1::oid[], $2::int4[]) WITH ORDINALITY t(oid, mod, place) ORDER BY place`, oids, mods)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for i, name := range names {
		if name != "???" && name != "???[]" {
			rel.Columns[at[i]].Type = name
		}
	}
	return err
}

// setKey copies the ordinals by column name. After a rename the log of before has
// names that the catalog does not: then by place, if the number of columns is the same.
// Failing both, the replica identity is the key, unless it is the whole row.
func setKey(rel *change.Relation, columns []catalogColumn) {
	keys, found := 0, 0
	for _, c := range columns {
		if c.Key == 0 {
			continue
		}
		keys++
		if i := columnIndex(rel, c.Name); i >= 0 {
			rel.Columns[i].KeyOrdinal = c.Key
			found++
		}
	}
	if keys > 0 && found == keys {
		return
	}
	for i := range rel.Columns {
		rel.Columns[i].KeyOrdinal = 0
	}
	switch {
	case keys > 0 && len(columns) == len(rel.Columns):
		for i := range columns {
			rel.Columns[i].KeyOrdinal = columns[i].Key
		}
	case rel.Identity != change.IdentityFull:
		setKeyFromIdentity(rel)
	}
}

func setKeyFromIdentity(rel *change.Relation) {
	ordinal := 0
	for i := range rel.Columns {
		if rel.Columns[i].InIdentity {
			ordinal++
			rel.Columns[i].KeyOrdinal = ordinal
		}
	}
}

func columnIndex(rel *change.Relation, name string) int {
	for i := range rel.Columns {
		if rel.Columns[i].Name == name {
			return i
		}
	}
	return -1
}
