package transform

import (
	"slices"

	"github.com/waltrail/waltrail/change"
)

// none is the place of a column that is not configured or not in the table.
const none = -1

// plan is the configuration of an entity resolved against one table shape:
// places of columns instead of names, so that no name is looked up per row.
type plan struct {
	entity, label, table, group string
	// prefix is "entity:", the beginning of every uid.
	prefix  string
	columns []column
	// derived says that some column has a derivation.
	derived bool

	key, identifier, title, qualifiers []int
	status, softDelete, archive, actor int
	deleted, archived                  marker
	parent, container, kind            int
	parentPrefix, containerType        string

	// index is the name for documents of month, see indexFor.
	index string
	month int
}

// marker decides whether a value takes an item out of use.
type marker struct {
	set   bool // a particular value; otherwise anything but null
	value string
}

func (m marker) marks(v change.Value) bool {
	if m.set {
		return v.Kind == change.Text && v.Text == m.value
	}
	return v.Kind == change.Text
}

// maxPlans bounds the plans that are kept: each DDL and each reconnection brings new
// relations, and the old ones never come again.
const maxPlans = 4096

// planOf returns the plan of a relation, nil when its table is not configured.
func (t *Transformer) planOf(rel *change.Relation) *plan {
	if rel == t.lastRel {
		return t.lastPlan
	}
	p, ok := t.plans[rel]
	if !ok {
		if len(t.plans) >= maxPlans {
			clear(t.plans)
		}
		p = t.newPlan(rel)
		t.plans[rel] = p
	}
	t.lastRel, t.lastPlan = rel, p
	return p
}

func (t *Transformer) newPlan(rel *change.Relation) *plan {
	name := t.entityOf(rel)
	if name == "" {
		return nil
	}
	e := t.cfg.Entities[name]
	p := &plan{
		entity: name, label: e.Label, table: rel.Schema + "." + rel.Name, group: e.Group(),
		prefix: name + ":", columns: t.columnsOf(rel, e),
		status: none, softDelete: none, archive: none, actor: none, parent: none, container: none, kind: none,
	}
	if p.label == "" {
		p.label = humanize(name)
	}
	find := finder{rel: rel, missing: &t.count.MissingColumns}
	p.key = keyOf(rel, find.all(e.Key))
	p.identifier, p.title, p.qualifiers = find.all(e.Identifier), find.all(e.Title), find.all(e.Qualifiers)
	p.marks(e, find)
	p.references(e, find)
	p.derived = slices.ContainsFunc(p.columns, func(c column) bool { return c.derive != nil })
	return p
}

// marks resolves status, soft delete, archive and actor.
func (p *plan) marks(e *Entity, find finder) {
	if e.Status != nil {
		p.status = find.one(e.Status.Field)
	}
	if e.SoftDelete != nil {
		p.softDelete = find.one(e.SoftDelete.Field)
		p.deleted = find.marker(p.softDelete, e.SoftDelete.Value)
	}
	if e.Archive != nil {
		p.archive = find.one(e.Archive.Field)
		p.archived = find.marker(p.archive, e.Archive.Value)
	}
	if e.Actor != nil {
		p.actor = find.one(e.Actor.Column)
	}
}

func (p *plan) references(e *Entity, find finder) {
	if e.Parent != nil {
		p.parent, p.parentPrefix = find.one(e.Parent.Key), e.Parent.Entity+":"
	}
	if e.Container != nil {
		p.container, p.containerType = find.one(e.Container.Key), e.Container.Entity
		// Usually the kind is a column of the container's own table, so that it
		// is not missed here.
		p.kind = slices.IndexFunc(p.columns, func(c column) bool { return c.name == e.Container.KindColumn })
	}
}

// finder turns names of columns into places and counts those that are not there.
type finder struct {
	rel     *change.Relation
	missing *uint64
}

func (f finder) one(name string) int {
	i := slices.IndexFunc(f.rel.Columns, func(c change.Column) bool { return c.Name == name })
	if i < 0 {
		*f.missing++
		return none
	}
	return i
}

func (f finder) all(names []string) []int {
	var places []int
	for _, n := range names {
		if i := f.one(n); i != none {
			places = append(places, i)
		}
	}
	return places
}

const oidBool = 16

// marker understands true and false for boolean columns, which PostgreSQL prints as t and f.
func (f finder) marker(place int, value *Text) marker {
	if value == nil {
		return marker{}
	}
	m := marker{set: true, value: string(*value)}
	if place != none && f.rel.Columns[place].TypeOID == oidBool && (m.value == "true" || m.value == "false") {
		m.value = m.value[:1]
	}
	return m
}

// keyOf returns the columns that identify a row: as configured, else the primary key, else
// the replica identity where that is an index. Empty when there is none.
func keyOf(rel *change.Relation, configured []int) []int {
	if len(configured) > 0 {
		return configured
	}
	var key []int
	for i, c := range rel.Columns {
		if c.KeyOrdinal > 0 {
			key = append(key, i)
		}
	}
	slices.SortStableFunc(key, func(a, b int) int { return rel.Columns[a].KeyOrdinal - rel.Columns[b].KeyOrdinal })
	if len(key) > 0 || rel.Identity == change.IdentityFull {
		return key
	}
	for i, c := range rel.Columns {
		if c.InIdentity {
			key = append(key, i)
		}
	}
	return key
}
