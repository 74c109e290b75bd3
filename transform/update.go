package transform

import (
	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

// update fills the fields that an update changed and refines the type.
//
// What the log tells depends on the table's replica identity. With both values
// known a column is recorded when they differ. Without the old value, and
// that is every column outside the identity unless it is FULL, nobody can say
// whether the column changed: it is recorded with its new value and marked
// unknown. A value that the log leaves out because the update did not touch it
// (TOAST) did not change, and is not recorded.
func (t *Transformer) update(c *document.Change, r row) {
	for i := range r.plan.columns {
		col := &r.plan.columns[i]
		if col.skip {
			continue
		}
		before, after := r.old(i), r.new(i)
		if !after.Known() || untouched(r.event, i) || before == after || !before.Known() && col.fixed {
			continue
		}
		f := t.field(c, col)
		t.side(c, &f.New, col, after)
		if before.Known() {
			t.side(c, &f.Old, col, before)
			t.term(c, col, document.TermOld, before, &f.Old)
		} else {
			f.Op = document.OpUnknown
		}
		t.term(c, col, document.TermNew, after, &f.New)
	}
	if t.context.revert.Of != "" {
		c.Trail.Change.Type = document.Reverted
		return
	}
	c.Trail.Change.Type = lifecycle(r)
}

func untouched(e *change.Event, i int) bool { return e.New[i].Kind == change.Unchanged }

// lifecycle says what an update means beyond a change.
func lifecycle(r row) document.Type {
	p := r.plan
	switch deleted := step(r, p.softDelete, p.deleted); {
	case deleted > 0:
		return document.SoftDeleted
	case deleted < 0:
		return document.Restored
	}
	switch archived := step(r, p.archive, p.archived); {
	case archived > 0:
		return document.Archived
	case archived < 0:
		return document.Restored
	}
	return document.Changed
}

// step is +1 when the update takes the item out of use, -1 when it brings it
// back, 0 when it does neither or the log does not tell.
func step(r row, place int, m marker) int {
	before, after := r.old(place), r.new(place)
	if !before.Known() || !after.Known() {
		return 0
	}
	switch was, is := m.marks(before), m.marks(after); {
	case is && !was:
		return 1
	case was && !is:
		return -1
	}
	return 0
}

// status records the step of the lifecycle, in codes.
func (t *Transformer) status(c *document.Change, r row) {
	p := r.plan
	if p.status == none || p.columns[p.status].mask != maskNone {
		return
	}
	from, to := r.old(p.status), r.new(p.status)
	if r.event.Kind == change.Truncate || r.event.Kind == change.Update && (from == to || !from.Known()) {
		return
	}
	if from.Kind != change.Text && to.Kind != change.Text {
		return
	}
	c.Trail.Status = document.Status{
		Field: p.columns[p.status].name, From: t.brief(from.Text), To: t.brief(to.Text),
	}
}
