package change

// Identity is the REPLICA IDENTITY of a table, as pg_class.relreplident has it.
type Identity byte

// The replica identities of PostgreSQL (ALTER TABLE … REPLICA IDENTITY).
const (
	IdentityDefault Identity = 'd'
	IdentityNothing Identity = 'n'
	IdentityFull    Identity = 'f'
	IdentityIndex   Identity = 'i'
)

// Column is one column of a Relation.
type Column struct {
	Name    string
	TypeOID uint32
	TypeMod int32
	// Type is the SQL type as format_type prints it: numeric(12,2), text[].
	Type string
	// InIdentity says that the column belongs to the replica identity.
	InIdentity bool
	// KeyOrdinal is the 1-based place in the primary key, 0 when not in it.
	// It comes from the catalog, since under identity FULL the log does not tell.
	KeyOrdinal int
}

// Relation is a table as it was described at one point of the log. It is
// immutable: after DDL a new Relation follows, so that consumers may cache
// whatever they derive from one under its pointer.
type Relation struct {
	OID      uint32
	Schema   string
	Name     string
	Identity Identity
	Columns  []Column
}
