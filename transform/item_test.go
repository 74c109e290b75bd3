package transform

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

func TestItemID(t *testing.T) {
	long := strings.Repeat("k", maxID+1)
	tests := []struct {
		name    string
		entity  Entity
		columns []string
		row     []string
		want    string
	}{
		{"primary key", Entity{}, []string{"a text", "id int8 key"}, []string{"x", "42"}, "42"},
		{"composite key", Entity{}, []string{"a text key", "b text key"}, []string{"x", "y"}, "x,y"},
		{"separator in a part", Entity{}, []string{"a text key", "b text key"}, []string{`x,\`, "y"}, `x\,\\,y`},
		{"separator in the only part", Entity{}, []string{"a text key"}, []string{"x,y"}, "x,y"},
		{"configured key", Entity{Key: Strings{"b", "a"}}, []string{"a text", "b text"}, []string{"x", "y"}, "y,x"},
		{"skipped key", Entity{Fields: Fields{Skip: Strings{"id"}}}, []string{"id int8 key", "a text"}, []string{"42", "x"}, "42"},
		{"masked key", Entity{Fields: Fields{Columns: map[string]Field{"id": {Mask: "last4"}}}}, []string{"id text key"}, []string{"1234567890"}, "••••7890"},
		{"key with null", Entity{Key: Strings{"a"}}, []string{"a text"}, []string{null}, "?"},
		{"long key", Entity{}, []string{"a text key"}, []string{long}, long[:maxID/2] + "~45a7c7ef95c3417e"},
		{"no key", Entity{}, []string{"a text", "b text"}, []string{"x", null}, "~5b1733b51353ebdb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.entity.Table = "t"
			c := one(t, entities("thing", tt.entity), new(log).insert(relation("public.t", change.IdentityFull, tt.columns...), tt.row...))
			got := c.Trail.Item
			if at := strings.Index(got.ID, "~"); at >= 0 { // of a hash its beginning will do
				got.ID = got.ID[:at+17]
			}
			if got.ID != tt.want || !strings.HasPrefix(got.UID, "thing:"+tt.want) || c.Trail.Root.UID != got.UID {
				t.Errorf("id %q, uid %q, root %q, want %q", got.ID, got.UID, c.Trail.Root.UID, tt.want)
			}
		})
	}
}

// TestKeylessRowsOfMaskedColumns proves that a hash does not betray a masked value.
func TestKeylessRowsOfMaskedColumns(t *testing.T) {
	rel := relation("public.t", change.IdentityFull, "a text", "pin text")
	cfg := entities("thing", Entity{Table: "t", Fields: Fields{Columns: map[string]Field{"pin": {Sensitive: true}}}})
	docs := run(t, cfg, new(log).insert(rel, "x", "1234").insert(rel, "x", "9999").insert(rel, "y", "1234"))
	if a, b, c := docs[0].Trail.Item.ID, docs[1].Trail.Item.ID, docs[2].Trail.Item.ID; a != b || a == c {
		t.Errorf("ids %s, %s and %s, want the first two equal and the third different", a, b, c)
	}
}

func TestNamesOfAnItem(t *testing.T) {
	rel := relation("public.t", change.IdentityFull, "id int8 key", "first text", "last text", "secret text")
	lean := relation("public.t", change.IdentityDefault, "id int8 key", "first text", "last text", "secret text")
	entity := Entity{
		Table: "t", Identifier: Strings{"secret"}, Title: Strings{"first", "last"},
		Fields: Fields{Columns: map[string]Field{"secret": {Sensitive: true}}},
	}
	tests := []struct {
		name              string
		log               *log
		identifier, label string
	}{
		{"as it is now", new(log).update(rel, "1", "Jan", "Do", "s", "1", "Jane", "Doe", "s"), "••••", "Jane Doe"},
		{"as it was", new(log).delete(rel, "1", "Jane", "Doe", "s"), "••••", "Jane Doe"},
		{"with null", new(log).insert(rel, "1", null, "Doe", null), "", "Doe"},
		{"not known", new(log).delete(lean, "1", unknown, unknown, unknown), "", ""},
		{"too long", new(log).insert(rel, "1", strings.Repeat("x", 2000), "Doe", "s"), "••••", strings.Repeat("x", maxBrief)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			item := one(t, entities("thing", entity), tt.log).Trail.Item
			if item.Identifier != tt.identifier || item.Label != tt.label {
				t.Errorf("identifier %q, label %q, want %q and %q", item.Identifier, item.Label, tt.identifier, tt.label)
			}
		})
	}
}

func TestPlaceAmongOthers(t *testing.T) {
	rel := relation("public.lines", change.IdentityFull, "id int8 key", "order_id int8", "catalog text", "kind text")
	cfg := Config{Entities: map[string]*Entity{
		"order":   {Table: "orders"},
		"catalog": {Table: "catalogs"},
		"line": {
			Table: "lines", Parent: &Parent{Entity: "order", Key: "order_id"},
			Container: &Container{Entity: "catalog", Key: "catalog", KindColumn: "kind"},
		},
	}}
	tests := []struct {
		name      string
		log       *log
		root      string
		container document.Container
	}{
		{"parent and container", new(log).insert(rel, "1", "9", "M", "master"), "order:9", document.Container{Type: "catalog", ID: "M", Kind: "master"}},
		{"moved", new(log).update(rel, "1", "9", "M", null, "1", "10", "M", null), "order:10", document.Container{Type: "catalog", ID: "M"}},
		{"without", new(log).insert(rel, "1", null, null, "master"), "line:1", document.Container{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := one(t, cfg, tt.log)
			if c.Trail.Root.UID != tt.root || c.Trail.Container != tt.container {
				t.Errorf("root %q, container %+v, want %q and %+v", c.Trail.Root.UID, c.Trail.Container, tt.root, tt.container)
			}
		})
	}
}

func TestQualifiers(t *testing.T) {
	rel := relation("public.t", change.IdentityFull, "id int8 key", "currency text", "kind text", "price numeric")
	tests := []struct {
		name           string
		currency, kind string
		path, label    string
	}{
		{"two", "EUR", "list", "price[currency=EUR,kind=list]", "Price (EUR, list)"},
		{"one is null", "EUR", null, "price[currency=EUR]", "Price (EUR)"},
		{"both are null", null, null, "", "Price"},
		{"endless", strings.Repeat("x", 200), null, "price[currency=" + strings.Repeat("x", maxQualifier) + "]", "Price (" + strings.Repeat("x", maxQualifier) + ")"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := one(t, entities("price", Entity{Table: "t", Qualifiers: Strings{"currency", "kind"}}),
				new(log).update(rel, "1", tt.currency, tt.kind, "1", "1", tt.currency, tt.kind, "2"))
			f := c.Trail.Fields[0]
			var paths []string
			if tt.path != "" {
				paths = []string{tt.path}
			}
			if f.Path != tt.path || f.Label != tt.label || f.Field != "price" || !cmp.Equal(append([]string(nil), c.Trail.Change.Paths...), paths) {
				t.Errorf("path %q, label %q, paths %q, want %q and %q", f.Path, f.Label, c.Trail.Change.Paths, tt.path, tt.label)
			}
		})
	}
}

// TestIndexName goes by commit time in UTC, and follows it from month to month.
func TestIndexName(t *testing.T) {
	paris := time.FixedZone("CET", 3600)
	l := new(log)
	for _, at := range []time.Time{
		time.Date(2026, 1, 1, 0, 30, 0, 0, paris), time.Date(2026, 1, 1, 1, 30, 0, 0, paris), time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC),
	} {
		l.begin().tx.Time = at
		l.insert(contact(change.IdentityFull), "7", "a", null, null, null, null)
	}
	var got []string
	for _, c := range run(t, entities("contact", Entity{Table: "contacts", IndexGroup: "hr"}), l) {
		got = append(got, c.Index)
	}
	if want := []string{"trail-shop-hr-2025.12", "trail-shop-hr-2026.01", "trail-shop-hr-2025.12"}; !cmp.Equal(got, want) {
		t.Errorf("indices %q, want %q", got, want)
	}
}

func TestLike(t *testing.T) {
	tests := []struct {
		pattern, table string
		want           bool
	}{
		{"public.a", "public.a", true}, {"public.a", "public.ab", false}, {"public.a*", "public.a", true}, {"public.a*", "public.ab", true},
		{"public.*_log", "public.a_log", true}, {"public.*_log", "public.a_log2", false}, {"*.a", "x.y.a", true}, {"a*b*c", "a.bxb.c", true},
		{"a*b*c", "ac", false}, {"public.[a]?", "public.[a]?", true}, {"public.[a]*", "public.ab", false}, {"*", "", true}, {"", "a", false},
	}
	for _, tt := range tests {
		t.Run(tt.pattern+" "+tt.table, func(t *testing.T) {
			if got := like(tt.pattern, tt.table); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestWhichEntity(t *testing.T) {
	cfg := Config{Entities: map[string]*Entity{
		"b_pattern": {Table: "public.item*"}, "a_pattern": {Table: "public.items_*"}, "exact": {Table: "items_2026"},
		"quoted": {Table: `odd.Näme "x" y`},
	}}
	for table, want := range map[string]string{
		"public.items_2026": "exact", "public.items_2025": "a_pattern", "public.item": "b_pattern", "other.item": "", `odd.Näme "x" y`: "quoted",
	} {
		t.Run(table, func(t *testing.T) {
			tr := transformer(t, cfg)
			got := ""
			if p := tr.planOf(relation(table, change.IdentityFull, "id int8 key")); p != nil {
				got = p.entity
			}
			if got != want {
				t.Errorf("entity %q, want %q", got, want)
			}
		})
	}
}
