package transform

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

// tell writes the fields of a document in short: name, mark, old and new.
func tell(c *document.Change) string {
	var b strings.Builder
	side := func(s *document.Side) string {
		switch {
		case s.IsZero():
			return "-"
		case s.Kind == document.Null:
			return "null"
		}
		return `"` + s.Value + `"`
	}
	for i := range c.Trail.Fields {
		f := &c.Trail.Fields[i]
		b.WriteString(f.Field + f.Op + " " + side(&f.Old) + ">" + side(&f.New) + "; ")
	}
	return strings.TrimSuffix(b.String(), "; ")
}

// TestUpdate has what the log may tell of an update under each replica identity.
func TestUpdate(t *testing.T) {
	const full, byKey, nothing = change.IdentityFull, change.IdentityDefault, change.IdentityNothing
	columns := []string{"id int8 key", "a text", "b text", "skipped text"}
	tests := []struct {
		name     string
		identity change.Identity
		row      []string // old, if the log has it, and new
		want     string   // empty: no document
	}{
		{"one changed", full, []string{"1", "x", "y", "s", "1", "X", "y", "s"}, `a "x">"X"`},
		{"null, empty and text are three", full, []string{"1", null, "", "s", "1", "", null, "s"}, `a null>""; b "">null`},
		{"nothing changed", full, []string{"1", "x", null, "s", "1", "x", null, "s"}, ""},
		{"only a skipped column changed", full, []string{"1", "x", "y", "s", "1", "x", "y", "S"}, ""},
		{"key changed", full, []string{"1", "x", "y", "s", "2", "x", "y", "s"}, `id "1">"2"`},
		{"out of line, untouched", full, []string{"1", "x", "long", "s", "1", "X", toast, "s"}, `a "x">"X"`},
		{"only an untouched one is new", full, []string{"1", "x", "long", "s", "1", "x", toast, "s"}, ""},
		{"no old row", byKey, []string{"1", "X", null, "s"}, `aunknown ->"X"; bunknown ->null`},
		{"no old row, out of line", byKey, []string{"1", "X", toast, "s"}, `aunknown ->"X"`},
		{"old key only", byKey, []string{"1", unknown, unknown, unknown, "2", "X", "Y", "s"}, `id "1">"2"; aunknown ->"X"; bunknown ->"Y"`},
		{"nothing but the key and untouched", byKey, []string{"1", toast, toast, "s"}, ""},
		{"identity nothing", nothing, []string{"1", "X", "Y", "s"}, `idunknown ->"1"; aunknown ->"X"; bunknown ->"Y"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := entities("thing", Entity{Table: "t", Fields: Fields{Skip: Strings{"skipped"}}})
			docs := run(t, cfg, new(log).update(relation("public.t", tt.identity, columns...), tt.row...))
			got := ""
			if len(docs) > 0 {
				got = tell(&docs[0])
			}
			if got != tt.want {
				t.Errorf("recorded %s, want %s", got, tt.want)
			}
		})
	}
}

func TestLifecycle(t *testing.T) {
	rel := relation("public.t", change.IdentityFull, "id int8 key", "state text", "deleted_at timestamptz", "gone bool", "code int4")
	lean := relation("public.t", change.IdentityDefault, "id int8 key", "state text", "deleted_at timestamptz", "gone bool", "code int4")
	deleted := Entity{Table: "t", SoftDelete: &Marker{Field: "deleted_at"}, Archive: &Marker{Field: "gone", Value: text("true")}}
	code := Entity{Table: "t", SoftDelete: &Marker{Field: "code", Value: text("9")}}
	tests := []struct {
		name   string
		entity Entity
		rel    *change.Relation
		row    []string
		want   document.Type
	}{
		{"null to value", deleted, rel, []string{"1", "n", null, "f", "1", "1", "n", "2026-01-01", "f", "1"}, document.SoftDeleted},
		{"value to null", deleted, rel, []string{"1", "n", "2026-01-01", "f", "1", "1", "n", null, "f", "1"}, document.Restored},
		{"value to value", deleted, rel, []string{"1", "n", "2026-01-01", "f", "1", "1", "n", "2026-01-02", "f", "1"}, document.Changed},
		{"false to true", deleted, rel, []string{"1", "n", null, "f", "1", "1", "n", null, "t", "1"}, document.Archived},
		{"null to true", deleted, rel, []string{"1", "n", null, null, "1", "1", "n", null, "t", "1"}, document.Archived},
		{"true to null", deleted, rel, []string{"1", "n", null, "t", "1", "1", "n", null, null, "1"}, document.Restored},
		{"null to false", deleted, rel, []string{"1", "n", null, null, "1", "1", "n", null, "f", "1"}, document.Changed},
		{"both: deleted wins", deleted, rel, []string{"1", "n", null, "f", "1", "1", "n", "2026-01-01", "t", "1"}, document.SoftDeleted},
		{"other column", deleted, rel, []string{"1", "n", "2026-01-01", "t", "1", "1", "m", "2026-01-01", "t", "1"}, document.Changed},
		{"to the value", code, rel, []string{"1", "n", null, "f", "1", "1", "n", null, "f", "9"}, document.SoftDeleted},
		{"from the value", code, rel, []string{"1", "n", null, "f", "9", "1", "n", null, "f", "1"}, document.Restored},
		{"old value unknown", deleted, lean, []string{"1", "n", "2026-01-01", "f", "1"}, document.Changed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := one(t, entities("thing", tt.entity), new(log).update(tt.rel, tt.row...))
			if c.Trail.Change.Type != tt.want || c.Event.Action != "item-"+strings.ReplaceAll(string(tt.want), "_", "-") {
				t.Errorf("type %s, action %s, want %s", c.Trail.Change.Type, c.Event.Action, tt.want)
			}
		})
	}
}

func TestRevertedBySaying(t *testing.T) {
	l := new(log).say("waltrail", `{"origin": {"interface": "revert"}, "revert": {"of": "9f2c11ab-1", "scope": "field"}}`).
		update(contact(change.IdentityFull), "7", "Zoé", null, null, null, null, "7", "Zoe", null, null, null, null)
	c := one(t, entities("contact", Entity{Table: "contacts"}), l)
	if want := (document.Revert{Of: "9f2c11ab-1", Scope: "field"}); c.Trail.Change.Type != document.Reverted || c.Trail.Revert != want {
		t.Errorf("type %s of %+v, want reverted of %+v", c.Trail.Change.Type, c.Trail.Revert, want)
	}
}

func TestStatus(t *testing.T) {
	rel := relation("public.t", change.IdentityFull, "id int8 key", "state text", "other text")
	lean := relation("public.t", change.IdentityDefault, "id int8 key", "state text", "other text")
	plain := Entity{Table: "t", Status: &Status{Field: "state"}}
	masked := plain
	masked.Fields.Columns = map[string]Field{"state": {Sensitive: true}}
	tests := []struct {
		name   string
		entity Entity
		log    *log
		want   document.Status
	}{
		{"step", plain, new(log).update(rel, "1", "new", "x", "1", "done", "x"), document.Status{Field: "state", From: "new", To: "done"}},
		{"no step", plain, new(log).update(rel, "1", "new", "x", "1", "new", "y"), document.Status{}},
		{"first", plain, new(log).insert(rel, "1", "new", "x"), document.Status{Field: "state", To: "new"}},
		{"none at first", plain, new(log).insert(rel, "1", null, "x"), document.Status{}},
		{"last", plain, new(log).delete(rel, "1", "new", "x"), document.Status{Field: "state", From: "new"}},
		{"to null", plain, new(log).update(rel, "1", "new", "x", "1", null, "x"), document.Status{Field: "state", From: "new"}},
		{"unknown before", plain, new(log).update(lean, "1", "new", "x"), document.Status{}},
		{"masked", masked, new(log).insert(rel, "1", "new", "x"), document.Status{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := one(t, entities("thing", tt.entity), tt.log).Trail.Status; got != tt.want {
				t.Errorf("status %+v, want %+v", got, tt.want)
			}
		})
	}
}

// TestSnapshots counts how often a change takes one, and where it must not.
func TestSnapshots(t *testing.T) {
	full, lean := new(log), new(log)
	for range 64 * 50 {
		full.update(contact(change.IdentityFull), "7", "a", null, null, null, null, "7", "b", null, null, null, null)
		lean.update(contact(change.IdentityDefault), "7", "b", toast, null, null, null)
	}
	cfg := entities("contact", Entity{Table: "contacts"})
	taken := 0
	for _, c := range run(t, cfg, full) {
		if len(c.Trail.Snapshot) > 0 {
			taken++
			if want := (document.Row{{Name: "id", Kind: document.Text, Value: "7"}, {Name: "name", Kind: document.Text, Value: "b"}}); !cmp.Equal(c.Trail.Snapshot[:2], want) {
				t.Fatalf("snapshot begins with %+v, want %+v", c.Trail.Snapshot[:2], want)
			}
		}
	}
	if taken < 25 || taken > 100 {
		t.Errorf("%d of 3200 changes took a snapshot, want about 50", taken)
	}
	for _, c := range run(t, cfg, lean) {
		if len(c.Trail.Snapshot) > 0 {
			t.Fatalf("a row that is not fully known has a snapshot: %+v", c.Trail.Snapshot)
		}
	}
}
