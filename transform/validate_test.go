package transform

import (
	"errors"
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	column := func(f Field) Entity { return Entity{Table: "t", Fields: Fields{Columns: map[string]Field{"a": f}}} }
	skipping := func(e Entity) Entity { e.Table, e.Fields.Skip = "t", Strings{"a"}; return e }
	tests := []struct {
		name   string
		entity Entity
		want   string // key: problem; empty when all is well
	}{
		{"least", Entity{Table: "t"}, ""},
		{"no table", Entity{}, "entities.e.table: is missing"},
		{"bad group", Entity{Table: "t", IndexGroup: "a-b"}, "entities.e.index_group: a group's name"},
		{"unknown mask", column(Field{Mask: "blur"}), `entities.e.fields.a.mask: "blur" is not a mask; use redact, last4, hmac or none`},
		{"hmac without a key", column(Field{Mask: "hmac"}), "entities.e.fields.a.mask: hmac needs a secret"},
		{"expression", column(Field{Transform: "round(float(value), 2)"}), ""},
		{"bad expression", column(Field{Transform: "round(valeu"}), "entities.e.fields.a.transform: is neither a registered function nor an expression"},
		{"unknown name in it", column(Field{Transform: "upper(valeu)"}), "unknown name valeu"},
		{"skipped and configured", skipping(column(Field{Label: "A"})), "entities.e.fields.a: is in fields.skip too"},
		{"status without a field", Entity{Table: "t", Status: &Status{}}, "entities.e.status.field: is missing"},
		{"bad colour", Entity{Table: "t", Status: &Status{Field: "s", Values: map[string]StatusValue{"new": {Color: "blue"}}}}, `entities.e.status.values.new.color: "blue" is not a colour`},
		{"short colour", Entity{Table: "t", Status: &Status{Field: "s", Values: map[string]StatusValue{"new": {Color: "#fff"}}}}, ""},
		{"soft delete without a field", Entity{Table: "t", SoftDelete: &Marker{}}, "entities.e.soft_delete.field: is missing"},
		{"archive without a field", Entity{Table: "t", Archive: &Marker{}}, "entities.e.archive.field: is missing"},
		{"actor without a column", Entity{Table: "t", Actor: &Actor{}}, "entities.e.actor.column: is missing"},
		{"unknown parent", Entity{Table: "t", Parent: &Parent{Entity: "x", Key: "a"}}, `entities.e.parent.entity: "x" is not one of the entities`},
		{"parent without a key", Entity{Table: "t", Parent: &Parent{Entity: "e"}}, "entities.e.parent.key: is missing"},
		{"container that is not audited", Entity{Table: "t", Container: &Container{Entity: "x", Key: "a"}}, ""},
		{"container without a name", Entity{Table: "t", Container: &Container{Key: "a"}}, "entities.e.container.entity: is missing"},
		{"container without a key", Entity{Table: "t", Container: &Container{Entity: "x"}}, "entities.e.container.key: is missing"},
		{"skipped identifier", skipping(Entity{Identifier: Strings{"a"}}), "entities.e.identifier: a is in fields.skip"},
		{"skipped title", skipping(Entity{Title: Strings{"b", "a"}}), "entities.e.title: a is in fields.skip"},
		{"skipped key", skipping(Entity{Key: Strings{"a"}}), "entities.e.key: a is in fields.skip"},
		{"skipped qualifier", skipping(Entity{Qualifiers: Strings{"a"}}), "entities.e.qualifiers: a is in fields.skip"},
		{"skipped status", skipping(Entity{Status: &Status{Field: "a"}}), "entities.e.status.field: a is in fields.skip"},
		{"skipped soft delete", skipping(Entity{SoftDelete: &Marker{Field: "a"}}), "entities.e.soft_delete.field: a is in fields.skip"},
		{"skipped archive", skipping(Entity{Archive: &Marker{Field: "a"}}), "entities.e.archive.field: a is in fields.skip"},
		{"skipped actor is of use", skipping(Entity{Actor: &Actor{Column: "a"}}), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := entities("e", tt.entity)
			err := cfg.Validate()
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var key *KeyError
			if !errors.As(err, &key) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if _, err := New(cfg, "9f2c11ab"); err == nil {
				t.Error("New took it")
			}
		})
	}
}

// TestValidateFindsAll reports every mistake of every entity, always in the same order.
func TestValidateFindsAll(t *testing.T) {
	cfg := Config{Entities: map[string]*Entity{
		"one": {Table: "public.t"}, "two": {Table: "t"}, "Bad Name": {Table: "u"}, "nothing": nil,
		"fields": {Table: "f", Fields: Fields{Columns: map[string]Field{"b": {Mask: "x"}, "a": {Mask: "y"}}}},
	}}
	want := strings.Join([]string{
		"entities.Bad Name: an entity's name is 1 to 63 of a-z, 0-9 and _, because it is part of subjects",
		`entities.fields.fields.a.mask: "y" is not a mask; use redact, last4, hmac or none`,
		`entities.fields.fields.b.mask: "x" is not a mask; use redact, last4, hmac or none`,
		"entities.nothing.table: is missing; write table: schema.table",
		"entities.two.table: public.t is the table of entity one already; one table is one entity",
	}, "\n")
	for range 5 {
		if err := cfg.Validate(); err == nil || err.Error() != want {
			t.Fatalf("got\n%v\nwant\n%s", err, want)
		}
	}
}
