package pgoutput

import (
	"fmt"
	"slices"

	"github.com/waltrail/waltrail/change"
)

// inIdentity is the flag of a column that belongs to the replica identity.
const inIdentity = 1

// relation decodes the description of a table. PostgreSQL repeats descriptions
// freely; the pointer changes only when the table did.
func (d *Decoder) relation(c cursor) error {
	rel := &change.Relation{OID: c.uint32()}
	rel.Schema, rel.Name = namespace(c.text()), string(c.text())
	rel.Identity = change.Identity(c.uint8())
	columns := int(c.uint16())
	if c.short || columns > len(c.rest)/10 {
		return fmt.Errorf("%w: malformed Relation", ErrProtocol)
	}
	rel.Columns = make([]change.Column, columns)
	for i := range rel.Columns {
		d.column(&c, &rel.Columns[i])
	}
	if !c.done() {
		return fmt.Errorf("%w: malformed columns in Relation", ErrProtocol)
	}
	if err := d.describe(rel); err != nil {
		return fmt.Errorf("describe table %s.%s: %w", rel.Schema, rel.Name, err)
	}
	d.remember(rel)
	return nil
}

func (d *Decoder) column(c *cursor, col *change.Column) {
	col.InIdentity = c.uint8()&inIdentity != 0
	col.Name = string(c.text())
	col.TypeOID = c.uint32()
	col.TypeMod = int32(c.uint32()) //nolint:gosec // signed on the wire
	name, ok := TypeName(col.TypeOID, col.TypeMod)
	if !ok {
		name = d.types[col.TypeOID]
	}
	col.Type = name
}

func (d *Decoder) remember(rel *change.Relation) {
	if old := d.relations[rel.OID]; old != nil && sameRelation(old, rel) {
		return
	}
	d.relations[rel.OID] = rel
	d.last = nil
}

func sameRelation(a, b *change.Relation) bool {
	return a.OID == b.OID && a.Schema == b.Schema && a.Name == b.Name &&
		a.Identity == b.Identity && slices.Equal(a.Columns, b.Columns)
}

// typeName keeps the name of a type that is not built in, for the case that the
// catalog does not know it any more. For a domain PostgreSQL sends the base type.
func (d *Decoder) typeName(c cursor) error {
	oid := c.uint32()
	schema, name := namespace(c.text()), string(c.text())
	if !c.done() {
		return fmt.Errorf("%w: malformed Type", ErrProtocol)
	}
	if schema != catalogSchema && schema != "public" {
		name = schema + "." + name
	}
	d.types[oid] = name
	return nil
}

const catalogSchema = "pg_catalog"

// namespace undoes the one abbreviation of the protocol.
func namespace(b []byte) string {
	if len(b) == 0 {
		return catalogSchema
	}
	return string(b)
}
