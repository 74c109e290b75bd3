package capture

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// table is an audited table as the catalog has it.
type table struct {
	Name     string // schema.table, unquoted
	Quoted   string // as SQL wants it
	Identity string // pg_class.relreplident
	HasKey   bool
	Security bool // row-level security is on
	Readable bool // by us
	Part     bool // a partition of another table
}

const tablesQuery = `
SELECT n.nspname || '.' || c.relname, format('%I.%I', n.nspname, c.relname), c.relreplident::text,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary),
       c.relrowsecurity, has_table_privilege(c.oid, 'SELECT'), c.relispartition
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
ORDER BY 1`

// lookTables finds the tables that the configured names and patterns mean, and
// returns those of the names that mean none.
func lookTables(ctx context.Context, conn *pgx.Conn, names []string) (tables []table, unmatched []string, err error) {
	rows, err := conn.Query(ctx, tablesQuery)
	if err != nil {
		return nil, nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[table])
	if err != nil {
		return nil, nil, err
	}
	wanted := map[string]bool{}
	for _, name := range names {
		matches := 0
		for i := range all {
			if all[i].matches(name) {
				wanted[all[i].Name] = true
				matches++
			}
		}
		if matches == 0 {
			unmatched = append(unmatched, name)
		}
	}
	tables = slices.DeleteFunc(all, func(t table) bool { return !wanted[t.Name] })
	return tables, unmatched, nil
}

// matches compares with a name, or with a pattern; a pattern means no
// partitions, whose rows come under the name of their root.
func (t *table) matches(name string) bool {
	if !strings.Contains(name, "*") {
		return t.Name == name
	}
	ok, _ := path.Match(name, t.Name) // a bad pattern matches nothing and is reported as such
	return ok && !t.Part
}

// publication is the state of ours.
type publication struct {
	exists  bool
	all     bool // FOR ALL TABLES
	viaRoot bool
	// everything says that inserts, updates, deletes and truncates are published.
	everything bool
	members    []string // schema.table
}

func lookPublication(ctx context.Context, conn *pgx.Conn, name string) (publication, error) {
	p := publication{exists: true}
	err := conn.QueryRow(ctx, `SELECT puballtables, pubviaroot, pubinsert AND pubupdate AND pubdelete AND pubtruncate
		FROM pg_publication WHERE pubname = $1`, name).Scan(&p.all, &p.viaRoot, &p.everything)
	if errors.Is(err, pgx.ErrNoRows) {
		return publication{}, nil
	}
	if err != nil {
		return p, err
	}
	rows, err := conn.Query(ctx, `
		SELECT schemaname || '.' || tablename FROM pg_publication_tables WHERE pubname = $1
		UNION SELECT n.nspname || '.' || c.relname
		FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
		JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE p.pubname = $1`, name)
	if err != nil {
		return p, err
	}
	p.members, err = pgx.CollectRows(rows, pgx.RowTo[string])
	return p, err
}

// statements make the publication hold the tables. Tables that it holds besides are
// left alone: somebody put them there.
func (p *publication) statements(cfg *Config, tables []table) []statement {
	name := quoteIdentifier(cfg.Publication)
	missing := p.missing(tables)
	quoted := make([]string, len(missing))
	for i, t := range missing {
		quoted[i] = t.Quoted
	}
	list := strings.Join(quoted, ", ")
	switch {
	case !p.exists && len(missing) == 0:
		return []statement{{"CREATE PUBLICATION " + name + " WITH (publish_via_partition_root = true)", "an owner of the database"}}
	case !p.exists:
		return []statement{{"CREATE PUBLICATION " + name + " FOR TABLE " + list + " WITH (publish_via_partition_root = true)", "the owner of the tables"}}
	case len(missing) > 0:
		return []statement{{"ALTER PUBLICATION " + name + " ADD TABLE " + list, "the owner of publication and tables"}}
	}
	return nil
}

func (p *publication) missing(tables []table) []table {
	if p.all {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(tables), func(t table) bool { return slices.Contains(p.members, t.Name) })
}
