package transform

import (
	"strings"
	"unicode/utf8"

	"github.com/waltrail/waltrail/change"
)

// class is how a column's text is understood beside being text.
type class uint8

const (
	classText class = iota
	classNumber
	classDate
	classTimestamp
	classJSON  // text as it was written: may repeat keys
	classJSONB // normalised by PostgreSQL
)

// classOf goes by the OIDs of pg_type, which never change. A domain has an OID
// of its own and so is text, as arrays and ranges are. Money is text because
// its form depends on the server's locale.
func classOf(oid uint32) class {
	switch oid {
	case 20, 21, 23, 1700, 700, 701: // int8, int2, int4, numeric, float4, float8
		return classNumber
	case 1082:
		return classDate
	case 1114, 1184: // timestamp, timestamptz
		return classTimestamp
	case 114:
		return classJSON
	case 3802:
		return classJSONB
	}
	return classText
}

// column is what is known of one column before any value of it is seen.
type column struct {
	name, label, sqlType string
	class                class
	mask                 mask
	// skip means that the value appears nowhere, except where it makes the item's id.
	skip bool
	// fixed means that an update without an old row did not change the column.
	fixed bool
	// plain means that no qualifier is put behind the name.
	plain bool
	// values is not nil for the column of the lifecycle status.
	values map[string]StatusValue
	derive derivation
}

// entityOf finds the entity of a table: an exact name first, then patterns in the
// order of the entities' names.
func (t *Transformer) entityOf(rel *change.Relation) string {
	table := rel.Schema + "." + rel.Name
	for _, name := range t.names {
		if t.cfg.Entities[name].table() == table {
			return name
		}
	}
	for _, name := range t.names {
		if like(t.cfg.Entities[name].table(), table) {
			return name
		}
	}
	return ""
}

// like reports whether a table fits a pattern, in which * stands for any run of
// characters. No other character is special, since names of tables may hold them all.
func like(pattern, table string) bool {
	first, rest, found := strings.Cut(pattern, "*")
	table, ok := strings.CutPrefix(table, first)
	if !ok || !found {
		return ok && table == ""
	}
	for i := range len(table) + 1 {
		if like(rest, table[i:]) {
			return true
		}
	}
	return false
}

// columnsOf derives the columns of a relation.
func (t *Transformer) columnsOf(rel *change.Relation, e *Entity) []column {
	columns := make([]column, len(rel.Columns))
	skip, plain := setOf(e.Fields.Skip), setOf(e.Qualifiers)
	if e.Parent != nil {
		plain[e.Parent.Key] = true
	}
	for i, rc := range rel.Columns {
		f := e.Fields.Columns[rc.Name]
		c := column{
			name: rc.Name, label: f.Label, sqlType: rc.Type, class: classOf(rc.TypeOID),
			skip: skip[rc.Name], plain: plain[rc.Name] || rc.KeyOrdinal > 0, fixed: rc.InIdentity && rel.Identity != change.IdentityFull,
		}
		if c.label == "" {
			c.label = humanize(rc.Name)
		}
		c.mask, _ = maskOf(f)
		if f.Transform != "" {
			c.derive, _ = t.cfg.derivation(f.Transform)
		}
		if e.Status != nil && e.Status.Field == rc.Name {
			c.values = e.Status.Values
			if c.values == nil {
				c.values = map[string]StatusValue{}
			}
		}
		columns[i] = c
	}
	return columns
}

func setOf(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return set
}

// humanize makes a label of a name: unit_price becomes Unit price.
func humanize(name string) string {
	words := strings.TrimSpace(strings.ReplaceAll(name, "_", " "))
	if words == "" {
		return name
	}
	_, first := utf8.DecodeRuneInString(words)
	return strings.ToUpper(words[:first]) + words[first:]
}
