package transform

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	entityName = regexp.MustCompile(`^[a-z0-9_]{1,63}$`)
	groupName  = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)
	cssColor   = regexp.MustCompile(`^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$`)
)

// A KeyError is a mistake at one key of the configuration.
type KeyError struct {
	// Key is the place in the file, for example entities.contact.fields.phone.mask.
	Key string
	// Problem says what is wrong and what to write instead.
	Problem string
}

// Error returns key and problem.
func (e *KeyError) Error() string { return e.Key + ": " + e.Problem }

// problems collects the mistakes of one entity.
type problems struct {
	prefix string
	found  []error
}

func (p *problems) add(key, format string, args ...any) {
	if key != "" {
		key = "." + key
	}
	p.found = append(p.found, &KeyError{Key: p.prefix + key, Problem: fmt.Sprintf(format, args...)})
}

// Validate returns every mistake in the entities, joined, each one a *KeyError,
// in the order of the entities' names.
func (c *Config) Validate() error {
	var all []error
	tables := map[string]string{}
	for _, name := range c.names() {
		p := &problems{prefix: "entities." + name}
		c.entity(p, name)
		if e := c.Entities[name]; e != nil && e.Table != "" {
			if first, taken := tables[e.table()]; taken {
				p.add("table", "%s is the table of entity %s already; one table is one entity", e.table(), first)
			}
			tables[e.table()] = name
		}
		all = append(all, p.found...)
	}
	return errors.Join(all...)
}

// names returns the entities' names in order, so that whatever depends on
// their order is the same in every process.
func (c *Config) names() []string {
	names := make([]string, 0, len(c.Entities))
	for name := range c.Entities {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (c *Config) entity(p *problems, name string) {
	e := c.Entities[name]
	if !entityName.MatchString(name) {
		p.add("", "an entity's name is 1 to 63 of a-z, 0-9 and _, because it is part of subjects")
	}
	if e == nil || e.Table == "" {
		p.add("table", "is missing; write table: schema.table")
		return
	}
	if e.IndexGroup != "" && !groupName.MatchString(e.IndexGroup) {
		p.add("index_group", "a group's name is 1 to 32 of a-z, 0-9 and _, because it is part of index names")
	}
	c.fields(p, e)
	p.lifecycle(e)
	c.references(p, e)
	p.skipped(e)
}

func (c *Config) fields(p *problems, e *Entity) {
	for name, f := range e.Fields.Columns {
		key := "fields." + name
		mask, ok := maskOf(f)
		switch {
		case !ok:
			p.add(key+".mask", "%q is not a mask; use redact, last4, hmac or none", f.Mask)
		case mask == maskHMAC && len(c.MaskKey) == 0:
			p.add(key+".mask", "hmac needs a secret; set mask_key_file")
		}
		if slices.Contains(e.Fields.Skip, name) {
			p.add(key, "is in fields.skip too; a column that is never recorded needs no settings")
		}
		if f.Transform == "" {
			continue
		}
		if _, err := c.derivation(f.Transform); err != nil {
			p.add(key+".transform", "%v", err)
		}
	}
	slices.SortFunc(p.found, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
}

func (p *problems) lifecycle(e *Entity) {
	if s := e.Status; s != nil {
		if s.Field == "" {
			p.add("status.field", "is missing; name the column that holds the state")
		}
		for _, code := range sortedKeys(s.Values) {
			if color := s.Values[code].Color; color != "" && !cssColor.MatchString(color) {
				p.add("status.values."+code+".color", "%q is not a colour; write it as '#2d7ff9', in quotes", color)
			}
		}
	}
	if e.SoftDelete != nil && e.SoftDelete.Field == "" {
		p.add("soft_delete.field", "is missing; name the column that marks a deleted row")
	}
	if e.Archive != nil && e.Archive.Field == "" {
		p.add("archive.field", "is missing; name the column that marks an archived row")
	}
	if e.Actor != nil && e.Actor.Column == "" {
		p.add("actor.column", "is missing; name the column that holds the user")
	}
}

func (c *Config) references(p *problems, e *Entity) {
	column := func(key, entity, column string) {
		if column == "" {
			p.add(key+".key", "is missing; name the column that refers to %s", entity)
		}
	}
	if e.Parent != nil {
		if _, ok := c.Entities[e.Parent.Entity]; !ok {
			p.add("parent.entity", "%q is not one of the entities", e.Parent.Entity)
		}
		column("parent", e.Parent.Entity, e.Parent.Key)
	}
	if e.Container != nil { // its name is free: what contains items need not be audited itself
		if e.Container.Entity == "" {
			p.add("container.entity", "is missing; say what contains the items, for example catalog")
		}
		column("container", e.Container.Entity, e.Container.Key)
	}
}

// skipped refuses columns that are never recorded where their value would be
// recorded under another name.
func (p *problems) skipped(e *Entity) {
	check := func(key string, columns ...string) {
		for _, column := range columns {
			if column != "" && slices.Contains(e.Fields.Skip, column) {
				p.add(key, "%s is in fields.skip, so it is never recorded; take it out of one of the two", column)
			}
		}
	}
	check("identifier", e.Identifier...)
	check("title", e.Title...)
	check("key", e.Key...)
	check("qualifiers", e.Qualifiers...)
	if e.Status != nil {
		check("status.field", e.Status.Field)
	}
	if e.SoftDelete != nil {
		check("soft_delete.field", e.SoftDelete.Field)
	}
	if e.Archive != nil {
		check("archive.field", e.Archive.Field)
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// table returns the table with its schema.
func (e *Entity) table() string {
	if strings.Contains(e.Table, ".") {
		return e.Table
	}
	return "public." + e.Table
}
