package pgoutput

import "fmt"

// TypeName returns the name of a built-in type as format_type prints it, or
// false when the type is not one of those known here. It spares a question to
// the catalog, and answers for the moment of the change rather than for now.
func TypeName(oid uint32, mod int32) (string, bool) {
	b, ok := lookupBuiltin(oid)
	if !ok {
		return "", false
	}
	name, suffix := b.name, ""
	if oid != b.oid {
		suffix = "[]"
	}
	if mod >= 0 {
		if modified := modifiedName(b.oid, mod); modified != "" {
			name = modified
		}
	}
	return name + suffix, true
}

// The OIDs of types that take a modifier (pg_type.dat of the PostgreSQL sources).
const (
	oidBPChar      = 1042
	oidVarChar     = 1043
	oidTime        = 1083
	oidTimestamp   = 1114
	oidTimestampTZ = 1184
	oidInterval    = 1186
	oidTimeTZ      = 1266
	oidBit         = 1560
	oidVarBit      = 1562
	oidNumeric     = 1700
)

// headerSize is what the modifier of a type with a length counts in besides it.
const headerSize = 4

func modifiedName(oid uint32, mod int32) string {
	switch oid {
	case oidBPChar:
		return fmt.Sprintf("character(%d)", mod-headerSize)
	case oidVarChar:
		return fmt.Sprintf("character varying(%d)", mod-headerSize)
	case oidBit:
		return fmt.Sprintf("bit(%d)", mod)
	case oidVarBit:
		return fmt.Sprintf("bit varying(%d)", mod)
	case oidTime, oidTimestamp:
		return fmt.Sprintf("%s(%d) without time zone", timeWord(oid), mod)
	case oidTimeTZ, oidTimestampTZ:
		return fmt.Sprintf("%s(%d) with time zone", timeWord(oid), mod)
	case oidNumeric:
		return numericName(mod - headerSize)
	case oidInterval:
		return intervalName(mod)
	}
	return ""
}

func timeWord(oid uint32) string {
	if oid == oidTime || oid == oidTimeTZ {
		return "time"
	}
	return "timestamp"
}

// numericName unpacks precision and scale; the scale has 11 bits and a sign.
func numericName(packed int32) string {
	scale := (packed&0x7ff ^ 0x400) - 0x400
	return fmt.Sprintf("numeric(%d,%d)", packed>>16&0xffff, scale)
}

// intervalName unpacks the range of fields (upper half, a bit per field) and the
// precision of seconds (lower half, all ones for none).
func intervalName(mod int32) string {
	const (
		year, month, day     = 1 << 2, 1 << 1, 1 << 3
		hour, minute, second = 1 << 10, 1 << 11, 1 << 12
		all, none            = 0x7fff, 0xffff
	)
	fields := map[int32]string{
		year: " year", month: " month", day: " day", hour: " hour", minute: " minute", second: " second",
		year | month: " year to month", day | hour: " day to hour", day | hour | minute: " day to minute",
		day | hour | minute | second: " day to second", hour | minute: " hour to minute",
		hour | minute | second: " hour to second", minute | second: " minute to second", all: "",
	}
	name := "interval" + fields[mod>>16&all]
	if precision := mod & none; precision != none {
		name += fmt.Sprintf("(%d)", precision)
	}
	return name
}

// builtin is a type that every supported server has under the same OID.
type builtin struct {
	oid, array uint32
	name       string // without a modifier
}

// builtins lists the types; a function, so that nothing can change the list. It
// is asked for Relation messages only.
func builtins() []builtin {
	return []builtin{
		{16, 1000, "boolean"}, {17, 1001, "bytea"}, {18, 1002, `"char"`},
		{19, 1003, "name"}, {20, 1016, "bigint"}, {21, 1005, "smallint"},
		{22, 1006, "int2vector"}, {23, 1007, "integer"}, {25, 1009, "text"},
		{26, 1028, "oid"}, {27, 1010, "tid"}, {28, 1011, "xid"},
		{29, 1012, "cid"}, {30, 1013, "oidvector"}, {114, 199, "json"},
		{142, 143, "xml"}, {600, 1017, "point"}, {601, 1018, "lseg"},
		{602, 1019, "path"}, {603, 1020, "box"}, {604, 1027, "polygon"},
		{628, 629, "line"}, {650, 651, "cidr"}, {700, 1021, "real"},
		{701, 1022, "double precision"}, {718, 719, "circle"}, {774, 775, "macaddr8"},
		{790, 791, "money"}, {829, 1040, "macaddr"}, {869, 1041, "inet"},
		{1042, 1014, "bpchar"}, {1043, 1015, "character varying"}, {1082, 1182, "date"},
		{1083, 1183, "time without time zone"}, {1114, 1115, "timestamp without time zone"}, {1184, 1185, "timestamp with time zone"},
		{1186, 1187, "interval"}, {1266, 1270, "time with time zone"}, {1560, 1561, `"bit"`},
		{1562, 1563, "bit varying"}, {1700, 1231, "numeric"}, {2205, 2210, "regclass"},
		{2950, 2951, "uuid"}, {3220, 3221, "pg_lsn"}, {3614, 3643, "tsvector"},
		{3615, 3645, "tsquery"}, {3802, 3807, "jsonb"}, {3904, 3905, "int4range"},
		{3906, 3907, "numrange"}, {3908, 3909, "tsrange"}, {3910, 3911, "tstzrange"},
		{3912, 3913, "daterange"}, {3926, 3927, "int8range"}, {4072, 4073, "jsonpath"},
		{4451, 6150, "int4multirange"}, {4532, 6151, "nummultirange"}, {4533, 6152, "tsmultirange"},
		{4534, 6153, "tstzmultirange"}, {4535, 6155, "datemultirange"}, {4536, 6157, "int8multirange"},
		{5038, 5039, "pg_snapshot"}, {5069, 271, "xid8"},
	}
}

func lookupBuiltin(oid uint32) (b builtin, ok bool) {
	for _, b := range builtins() {
		if b.oid == oid || b.array == oid {
			return b, true
		}
	}
	return builtin{}, false
}
