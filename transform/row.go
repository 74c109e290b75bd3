package transform

import (
	"hash/fnv"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

// row is an event together with the plan of its table. Its methods answer
// Unknown for what the log does not carry, also if a row were shorter than its table.
type row struct {
	plan  *plan
	event *change.Event
}

func (r row) old(i int) change.Value {
	if i < 0 || i >= len(r.event.Old) || r.event.Old[i].Kind == change.Unchanged {
		return change.Value{}
	}
	return r.event.Old[i]
}

// new returns the value after the event. An out-of-line value that the update
// did not touch is the old one, where the log has that; else it is unknown.
func (r row) new(i int) change.Value {
	if i < 0 || i >= len(r.event.New) {
		return change.Value{}
	}
	if r.event.New[i].Kind == change.Unchanged {
		return r.old(i)
	}
	return r.event.New[i]
}

// last returns the value that names the item: as it is now, or as it was when deleted.
func (r row) last(i int) change.Value {
	if r.event.Kind == change.Delete {
		return r.old(i)
	}
	return r.new(i)
}

// snapshotEvery is how many changes share one snapshot on average: what reading a past
// state costs against what storing costs.
const snapshotEvery = 64

// row appends the document of a row event, or none when nothing recorded changed.
func (t *Transformer) row(dst *document.Batch, r row) {
	c := dst.Add()
	c.Trail.Change.Type = typeOf(r)
	t.suffix = t.suffixOf(r)
	switch r.event.Kind {
	case change.Insert:
		t.oneSided(c, r, document.TermNew)
	case change.Delete:
		t.oneSided(c, r, document.TermOld)
	case change.Update:
		t.update(c, r)
		if len(c.Trail.Fields) == 0 {
			t.count.Unrecorded++
			dst.Drop()
			return
		}
	case change.Truncate, change.Message:
	}
	t.head(c, r.event)
	c.Index = t.indexFor(r.plan)
	c.Trail.Entity = document.Entity{Name: r.plan.entity, Table: r.plan.table}
	t.who(c, r)
	t.item(c, r)
	t.status(c, r)
	c.Event.Action = actionOf(c.Trail.Change.Type)
	if r.event.Kind == change.Insert || r.event.Kind == change.Delete || snapshotDue(c.Event.ID) {
		t.snapshot(c, r)
	}
	c.Message = t.sentence(c, r)
}

// head fills what every document has: ids and numbers, all from WAL bytes (invariant 5).
func (t *Transformer) head(c *document.Change, e *change.Event) {
	c.Timestamp, c.Position = t.time, e.Pos
	c.Event.ID = t.keep(e.Pos.Append(append(t.scratch[:0], t.source...)))
	c.Trail.V = document.Version
	c.Trail.Sequence = c.Event.ID[len(t.source):]
	c.Trail.Tx = document.Tx{
		ID: e.Tx.XID, CommitLSN: e.Pos.Commit, ChangeLSN: e.Pos.Change, N: e.Pos.N, Timeline: e.Tx.Timeline,
	}
}

// oneSided fills the fields of a row that appears or disappears. Columns that
// are null say nothing here; the snapshot has them.
func (t *Transformer) oneSided(c *document.Change, r row, side document.TermSide) {
	for i := range r.plan.columns {
		col := &r.plan.columns[i]
		v := r.last(i)
		if col.skip || v.Kind != change.Text {
			continue
		}
		f := t.field(c, col)
		if side == document.TermOld {
			t.side(c, &f.Old, col, v)
			t.term(c, col, side, v, &f.Old)
		} else {
			t.side(c, &f.New, col, v)
			t.term(c, col, side, v, &f.New)
		}
	}
}

// field appends a field to the document and names it in the list of changes.
func (t *Transformer) field(c *document.Change, col *column) *document.Field {
	f := document.Field{Field: col.name, Label: col.label, Type: col.sqlType}
	if t.suffix.path != "" && !col.plain {
		f.Path = t.keep(append(append(t.scratch[:0], col.name...), t.suffix.path...))
		f.Label = t.keep(append(append(t.scratch[:0], col.label...), t.suffix.label...))
		c.Trail.Change.Paths = append(c.Trail.Change.Paths, f.Path)
	}
	c.Trail.Change.Fields = append(c.Trail.Change.Fields, col.name)
	c.Trail.Fields = append(c.Trail.Fields, f)
	return &c.Trail.Fields[len(c.Trail.Fields)-1]
}

// typeOf is the type by the kind of event alone; update refines it.
func typeOf(r row) document.Type {
	switch r.event.Kind {
	case change.Insert:
		return document.Created
	case change.Delete:
		return document.Deleted
	case change.Truncate:
		return document.Truncated
	case change.Update, change.Message:
	}
	return document.Changed
}

func actionOf(t document.Type) string {
	switch t {
	case document.Created:
		return "item-created"
	case document.Deleted:
		return "item-deleted"
	case document.SoftDeleted:
		return "item-soft-deleted"
	case document.Archived:
		return "item-archived"
	case document.Restored:
		return "item-restored"
	case document.Reverted:
		return "item-reverted"
	case document.Truncated:
		return "item-truncated"
	}
	return "item-changed"
}

// snapshotDue picks changes by their id, so that a replay picks the same.
func snapshotDue(id string) bool {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	return h.Sum64()%snapshotEvery == 0
}

// snapshot records the full row. A change takes one only when the log carries
// the full row; a deleted row's holds what is known.
func (t *Transformer) snapshot(c *document.Change, r row) {
	for i := range r.plan.columns {
		col := &r.plan.columns[i]
		if col.skip {
			continue
		}
		v := r.last(i)
		if v.Known() {
			c.Trail.Snapshot = append(c.Trail.Snapshot, t.cell(c, col, v))
			continue
		}
		if r.event.Kind == change.Update {
			c.Trail.Snapshot = c.Trail.Snapshot[:0]
			return
		}
	}
}
