package triggers

import (
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waltrail/waltrail/document"
)

// edited returns the sample document after a change.
func edited(edit func(*document.Change)) *document.Change {
	c := &sample(1, 1)[0]
	if edit != nil {
		edit(c)
	}
	return c
}

func typed(t document.Type) func(*document.Change) {
	return func(c *document.Change) { c.Trail.Change.Type = t }
}

func mustRules(t testing.TB, list []Rule, silent []string, log *slog.Logger, m *Metrics) *rules {
	t.Helper()
	r, err := newRules(list, silent, "shop", log, m)
	if err != nil {
		t.Fatalf("newRules: %v", err)
	}
	return r
}

// fired renders a firing: the subjects it goes to, then the rules.
func fired(r *rules, doc *document.Change) string {
	p, f := r.match(doc)
	if f == nil {
		return ""
	}
	var subjects []string
	if f.shared {
		subjects = append(subjects, p.subject)
	}
	for _, own := range f.own {
		subjects = append(subjects, own.Subject)
	}
	return strings.Join(subjects, " ") + " | " + f.names
}

func TestDefaultRule(t *testing.T) {
	r := mustRules(t, nil, []string{"quiet"}, slog.Default(), nil)
	for _, tc := range []struct {
		name string
		edit func(*document.Change)
		want string
	}{
		{"created", typed(document.Created), "trail.shop.contact.created | default"},
		{"changed", typed(document.Changed), "trail.shop.contact.changed | default"},
		{"deleted", typed(document.Deleted), "trail.shop.contact.deleted | default"},
		{"soft delete", typed(document.SoftDeleted), "trail.shop.contact.soft_deleted | default"},
		{"archived", typed(document.Archived), "trail.shop.contact.archived | default"},
		{"restored", typed(document.Restored), "trail.shop.contact.restored | default"},
		{"reverted", typed(document.Reverted), "trail.shop.contact.reverted | default"},
		{"truncated", typed(document.Truncated), "trail.shop.contact.truncated | default"},
		{"business event", typed(document.EventLogged), "trail.shop.contact.event | default"},
		{"email", typed(document.Email), "trail.shop.contact.email | default"},
		{"baseline is no news", typed(document.Snapshot), ""},
		{"reading is no news", typed(document.Access), ""},
		{"a gap is no change", typed(document.Gap), ""},
		{"silent entity", func(c *document.Change) { c.Trail.Entity.Name = "quiet" }, ""},
		{"hostile entity", func(c *document.Change) { c.Trail.Entity.Name = "a.b >*" }, "trail.shop.a_b___.changed | default"},
		{"no entity", func(c *document.Change) { c.Trail.Entity.Name = "" }, "trail.shop._.changed | default"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := fired(r, edited(tc.edit)); got != tc.want {
				t.Errorf("fired %q, want %q", got, tc.want)
			}
		})
	}
}

func TestRules(t *testing.T) {
	const shared = "trail.shop.contact.changed"
	own := Rule{Name: "own", Subject: "crm.contact"}
	for _, tc := range []struct {
		name string
		list []Rule
		edit func(*document.Change)
		want string
	}{
		{"given rules replace the default", []Rule{{Name: "a", On: []string{"created"}}}, nil, ""},
		{"changed includes archived", []Rule{{Name: "a", On: []string{"changed"}}}, typed(document.Archived), "trail.shop.contact.archived | a"},
		{"changed includes reverted", []Rule{{Name: "a", On: []string{"changed"}}}, typed(document.Reverted), "trail.shop.contact.reverted | a"},
		{"changed is not deleted", []Rule{{Name: "a", On: []string{"changed"}}}, typed(document.SoftDeleted), ""},
		{"deleted includes soft deletes", []Rule{{Name: "a", On: []string{"deleted"}}}, typed(document.SoftDeleted), "trail.shop.contact.soft_deleted | a"},
		{"archived is not changed", []Rule{{Name: "a", On: []string{"archived"}}}, nil, ""},
		{"a gap when asked for", []Rule{{Name: "a", On: []string{"gap"}}}, typed(document.Gap), "trail.shop.contact.gap | a"},
		{"entity", []Rule{{Name: "a", Entities: []string{"ticket", "contact"}}}, nil, shared + " | a"},
		{"other entity", []Rule{{Name: "a", Entities: []string{"ticket"}}}, nil, ""},
		{"shared messages are one", []Rule{{Name: "a"}, {Name: "b"}}, nil, shared + " | a,b"},
		{"own subject", []Rule{own}, nil, "crm.contact | own"},
		{"both", []Rule{{Name: "a"}, own, {Name: "b", On: []string{"deleted"}}}, nil, shared + " crm.contact | a,own"},
		{"some conditions hold", []Rule{{Name: "a", When: `"price" in fields`}, {Name: "b", When: `false`}}, nil, shared + " | a"},
		{"no condition holds", []Rule{{Name: "a", When: `type == "created"`}}, nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := mustRules(t, tc.list, nil, slog.Default(), nil)
			for range 2 { // the second time from what the first has kept
				if got := fired(r, edited(tc.edit)); got != tc.want {
					t.Errorf("fired %q, want %q", got, tc.want)
				}
			}
		})
	}
}

func TestConditions(t *testing.T) {
	doc := edited(func(c *document.Change) {
		c.User.Roles = []string{"sales"}
		c.Trail.Change.Paths = []string{"price[currency=EUR]"}
		c.Trail.Container = document.Container{Kind: "master"}
		c.Trail.Status = document.Status{Field: "state", From: "new", To: "approved"}
		c.Trail.Fields[0].Path = "price[currency=EUR]"
		c.Trail.Fields = append(c.Trail.Fields,
			document.Field{Field: "note", Old: document.Side{Kind: document.Null}, New: document.Side{Kind: document.Text}},
			document.Field{Field: "price", Path: "price[currency=USD]", New: document.Side{Kind: document.Text, Value: "3"}},
			document.Field{Field: "tags", New: document.Side{Kind: document.JSON, Value: `["x"]`}})
	})
	for _, tc := range []struct {
		when string
		want bool
	}{
		{`"price" in fields and origin.interface != "import"`, true},
		{`"phone" in fields`, false},
		{`"price[currency=EUR]" in paths`, true},
		{`entity == "contact" and type == "changed" and table == "public.contacts"`, true},
		{`user.id == "187234" and "sales" in user.roles`, true},
		{`origin.interface == "backoffice" and origin.name startsWith "Article"`, true},
		{`item.uid == "contact:0" and item.label == "Blue shirt"`, true},
		{`container.kind == "supplier"`, false},
		{`status.from == "new" && status.to == "approved"`, true},
		{`reason contains "price"`, true},
		{`old("state") == "new" and new("state") == "approved"`, true},
		{`float(new("price")) > float(old("price"))`, true},
		{`new("price[currency=USD]") == "3"`, true},
		{`old("price[currency=USD]") == nil`, true},
		{`old("note") == nil and new("note") == ""`, true},
		{`new("missing") == nil`, true},
		{`fromJSON(new("tags"))[0] == "x"`, true},
	} {
		t.Run(tc.when, func(t *testing.T) {
			r := mustRules(t, []Rule{{Name: "a", When: tc.when}}, nil, slog.Default(), nil)
			if _, f := r.match(doc); (f != nil) != tc.want {
				t.Errorf("fired = %v, want %v", f != nil, tc.want)
			}
		})
	}
}

// TestFailingConditionFires: at least once is better than silence, and the log
// does not tell values (invariant 7).
func TestFailingConditionFires(t *testing.T) {
	log, reg := &logbook{}, prometheus.NewRegistry()
	m := NewMetrics(reg)
	r := mustRules(t, []Rule{{Name: "numeric", When: `float(new("state")) > 1`}}, nil, log.logger(), m)
	for range 3 {
		if _, f := r.match(edited(nil)); f == nil {
			t.Error("the rule did not fire")
		}
	}
	if got := metric(t, reg, "waltrail_triggers_rule_errors_total"); got != 3 {
		t.Errorf("%v rule errors counted, want 3", got)
	}
	text := log.String()
	if strings.Contains(text, "approved") {
		t.Errorf("the log tells a value: %s", text)
	}
	if n := strings.Count(text, "rule=numeric"); n != 1 {
		t.Errorf("%d lines logged, want 1: %s", n, text)
	}
	if !strings.Contains(text, "line 1, column 1") {
		t.Errorf("the log does not say where: %s", text)
	}
}

func TestMatchWithoutConditionAllocatesNothing(t *testing.T) {
	r := mustRules(t, []Rule{{Name: "a"}, {Name: "b", Entities: []string{"contact"}}}, nil, slog.Default(), nil)
	doc := edited(nil)
	if n := testing.AllocsPerRun(100, func() { r.match(doc) }); n != 0 {
		t.Errorf("%v allocations per document, want 0", n)
	}
}

func TestCovers(t *testing.T) {
	for _, tc := range []struct {
		filter, want string
		covered      bool
	}{
		{"trail.>", "trail.shop.>", true},
		{"trail.shop.>", "trail.shop.>", true},
		{"trail.shop.*", "trail.shop.>", false},
		{"trail.other.>", "trail.shop.>", false},
		{"trail.shop.>", "trail.>", false},
		{">", "crm.contact", true},
		{"crm.*", "crm.contact", true},
		{"crm.*", "crm.contact.phone", false},
		{"crm.contact.*", "crm.contact", false},
		{"crm.contact.>", "crm.contact", false},
		{"crm.contact", "crm.contact", true},
		{"crm.contact", "crm.*", false},
	} {
		if got := covers(tc.filter, tc.want); got != tc.covered {
			t.Errorf("covers(%q, %q) = %v, want %v", tc.filter, tc.want, got, tc.covered)
		}
	}
	if got := uncovered([]string{"trail.>", "crm.*"}, []string{"trail.shop.>", "a.b"}); !slices.Equal(got, []string{"a.b"}) {
		t.Errorf("uncovered = %v", got)
	}
}
