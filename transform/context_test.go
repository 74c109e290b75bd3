package transform

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

// who is the part of a document that a context fills.
type who struct {
	User                                    document.User
	Origin                                  document.Origin
	Reason, IP, Request, Trace, App, Labels string
}

func whoOf(c *document.Change) who {
	return who{c.User, c.Trail.Origin, c.Event.Reason, c.Client.IP, c.HTTP.Request.ID, c.Trace.ID, c.Service.Name, string(c.Labels)}
}

// say is a message of a transaction: its prefix and content.
type say struct{ prefix, content string }

func TestContext(t *testing.T) {
	db := document.DB{Role: "app", Application: "psql"}
	attribute := say{"waltrail.attribute", `{"role": "app", "application": "psql", "client_addr": "10.0.0.1", "effective_role": "x"}`}
	message := func(o document.Origin) document.Origin { o.Source = "message"; return o }
	tests := []struct {
		name string
		said []say
		want who
	}{
		{"nothing", nil, who{Origin: document.Origin{Source: "none"}}},
		{"all known names", []say{{"waltrail", `{"user": {"id": 187234, "name": "Jane", "email": "j@x.org", "roles": ["admin", "user"], "effective": {"id": "5", "name": "Boss"}},
			"origin": {"interface": "api", "name": "PUT /x", "run": {"type": "api_call", "id": 5, "url": "https://x/5"}},
			"reason": "why", "client_ip": "2001:db8::1", "request_id": "r1", "trace_id": "t1", "service": "shop"}`}}, who{
			User:   document.User{ID: "187234", Name: "Jane", Email: "j@x.org", Roles: []string{"admin", "user"}, Effective: &document.User{ID: "5", Name: "Boss"}},
			Origin: message(document.Origin{Interface: "api", Name: "PUT /x", Run: document.Run{Type: "api_call", ID: "5", URL: "https://x/5"}}),
			Reason: "why", IP: "2001:db8::1", Request: "r1", Trace: "t1", App: "shop",
		}},
		{
			"later merges over earlier",
			[]say{{"waltrail", `{"user": {"id": "1", "name": "A"}, "reason": "r", "x": 1, "y": 1}`}, {"waltrail", `{"user": {"name": "B"}, "reason": null, "x": 2, "y": null}`}},
			who{User: document.User{ID: "1", Name: "B"}, Origin: message(document.Origin{}), Labels: `{"x":2}`},
		},
		{
			"parts taken back",
			[]say{{"waltrail", `{"user": {"id": "1"}, "origin": {"name": "o", "run": {"id": "5"}}, "client_ip": "10.0.0.9"}`}, {"waltrail", `{"user": null, "origin": {"run": null}, "client_ip": null}`}},
			who{Origin: message(document.Origin{Name: "o"})},
		},
		{"unknown names are labels", []say{{"waltrail", `{"tenant": {"b": [1]}, "user": {"shoe_size": 44}, "origin": {"verified": true, "source": "x", "run": {"n": 1}}}`}}, who{
			Origin: message(document.Origin{}), Labels: `{"tenant":{"b": [1]},"user.shoe_size":44,"origin.verified":true,"origin.source":"x","origin.run.n":1}`,
		}},
		{"wrong kinds are labels", []say{{"waltrail", `{"reason": {"a": 1}, "origin": 5, "revert": [1]}`}}, who{
			Origin: message(document.Origin{}), Labels: `{"reason":{"a": 1},"origin":5,"revert":[1]}`,
		}},
		{"user as a scalar", []say{{"waltrail", `{"user": "jane"}`}}, who{User: document.User{ID: "jane"}, Origin: message(document.Origin{})}},
		{"one role", []say{{"waltrail", `{"user": {"id": "1", "roles": "admin"}}`}}, who{
			User: document.User{ID: "1", Roles: []string{"admin"}}, Origin: message(document.Origin{}),
		}},
		{"address that is none", []say{{"waltrail", `{"client_ip": "proxy, 10.0.0.1"}`}}, who{Origin: message(document.Origin{}), Labels: `{"client_ip":"proxy, 10.0.0.1"}`}},
		{"link that runs a script", []say{{"waltrail", `{"origin": {"run": {"url": "javascript:x()"}}}`}}, who{
			Origin: message(document.Origin{}), Labels: `{"origin.run.url":"javascript:x()"}`,
		}},
		{"label with a name twice", []say{{"waltrail", `{"x": {"a": 1, "a": 2}}`}}, who{Origin: message(document.Origin{}), Labels: `{"x":"{\"a\": 1, \"a\": 2}"}`}},
		{"broken JSON changes nothing", []say{{"waltrail", `{"reason": "r"}`}, {"waltrail", `{"reason": "s", `}, {"waltrail", `5`}}, who{
			Origin: message(document.Origin{}), Reason: "r",
		}},
		{"database session", []say{attribute}, who{Origin: document.Origin{Interface: "sql", Source: "database", DB: db}, IP: "10.0.0.1"}},
		{"message over database session", []say{{"waltrail", `{"user": {"id": "1"}, "client_ip": "10.0.0.2"}`}, attribute}, who{
			User: document.User{ID: "1"}, Origin: message(document.Origin{DB: db}), IP: "10.0.0.2",
		}},
		{"bemi", []say{{"_bemi", `{"user_id": 5, "userName": "J", "user": {"email": "e"}, "reason": "r", "requestId": "q", "endpoint": "/x", "extra": true}`}}, who{
			User: document.User{ID: "5", Name: "J", Email: "e"}, Origin: message(document.Origin{Name: "/x"}), Reason: "r", Request: "q", Labels: `{"extra":true}`,
		}},
		{"sequin", []say{{"sequin:transaction_annotations.set", `{"userId": "5", "user.name": "J"}`}}, who{
			User: document.User{ID: "5", Name: "J"}, Origin: message(document.Origin{}),
		}},
		{"sequin, taken back", []say{attribute, {"sequin:transaction_annotations.set", `{"userId": "5"}`}, {"sequin:transaction_annotations.clear", ""}}, who{
			Origin: document.Origin{Interface: "sql", Source: "database", DB: db}, IP: "10.0.0.1",
		}},
		{"others' messages", []say{{"waltrail.heartbeat", "{}"}, {"pgaudit", "x"}}, who{Origin: document.Origin{Source: "none"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := new(log)
			for _, s := range tt.said {
				l.say(s.prefix, s.content)
			}
			l.insert(contact(change.IdentityFull), "7", "a", null, null, null, null)
			if diff := cmp.Diff(tt.want, whoOf(one(t, entities("contact", Entity{Table: "contacts"}), l))); diff != "" {
				t.Errorf("context differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestContextEndsWithItsTransaction(t *testing.T) {
	rel := contact(change.IdentityFull)
	l := new(log).insert(rel, "1", "before", null, null, null, null).say("waltrail", `{"reason": "r"}`).
		insert(rel, "2", "after", null, null, null, null).begin().insert(rel, "3", "next", null, null, null, null)
	var got []string
	for _, c := range run(t, entities("contact", Entity{Table: "contacts"}), l) {
		got = append(got, c.Trail.Item.ID+c.Event.Reason)
	}
	if want := []string{"1", "2r", "3"}; !cmp.Equal(got, want) {
		t.Errorf("items with reasons %q, want %q", got, want)
	}
}

func TestActor(t *testing.T) {
	rel := contact(change.IdentityFull)
	cfg := entities("contact", Entity{Table: "contacts", Actor: &Actor{Column: "updated_by"}})
	masked := entities("contact", Entity{
		Table: "contacts", Actor: &Actor{Column: "updated_by"}, Fields: Fields{Columns: map[string]Field{"updated_by": {Mask: "last4"}}},
	})
	tests := []struct {
		name         string
		cfg          Config
		log          *log
		user, source string
	}{
		{"insert", cfg, new(log).insert(rel, "7", "a", null, null, null, "ann"), "ann", "column"},
		{"update", cfg, new(log).update(rel, "7", "a", null, null, null, "ann", "7", "b", null, null, null, "bob"), "bob", "column"},
		{"delete: the last writer is not the deleter", cfg, new(log).delete(rel, "7", "a", null, null, null, "ann"), "", "none"},
		{"message goes before", cfg, new(log).say("waltrail", `{"user": {"id": "joe"}}`).insert(rel, "7", "a", null, null, null, "ann"), "joe", "message"},
		{"message without a user", cfg, new(log).say("waltrail", `{"reason": "r"}`).insert(rel, "7", "a", null, null, null, "ann"), "ann", "message"},
		{"goes before the session", cfg, new(log).say("waltrail.attribute", `{"role": "app"}`).insert(rel, "7", "a", null, null, null, "ann"), "ann", "column"},
		{"left as it was, and nothing else is known", cfg, new(log).update(rel, "7", "a", null, null, null, "ann", "7", "b", null, null, null, "ann"), "ann", "column"},
		{"left as it was by a known session", cfg, new(log).say("waltrail.attribute", `{"role": "app"}`).update(rel, "7", "a", null, null, null, "ann", "7", "b", null, null, null, "ann"), "", "database"},
		{"masked", masked, new(log).insert(rel, "7", "a", null, null, null, "ann.smith"), "••••mith", "column"},
		{"truncate", cfg, new(log).truncate(rel), "", "none"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := one(t, tt.cfg, tt.log)
			if c.User.ID != tt.user || c.Trail.Origin.Source != tt.source {
				t.Errorf("user %q by %s, want %q by %s", c.User.ID, c.Trail.Origin.Source, tt.user, tt.source)
			}
		})
	}
}

func TestGiantContextIsCut(t *testing.T) {
	content := fmt.Sprintf(`{"user": {"id": "1"}, "reason": %q, "blob": %q}`, strings.Repeat("r", 3000), strings.Repeat("x", maxContext))
	tr := transformer(t, entities("contact", Entity{Table: "contacts"}))
	var b document.Batch
	tr.Transform(&b, &change.Batch{Events: new(log).say("waltrail", content).insert(contact(change.IdentityFull), "7", "a", null, null, null, null).events})
	c := b.Changes[0]
	if c.User.ID != "1" || len(c.Event.Reason) != maxBrief || string(c.Labels) != `{"context_cut":true}` {
		t.Errorf("user %q, reason of %d bytes, labels %.100s", c.User.ID, len(c.Event.Reason), c.Labels)
	}
	if got := tr.Stats().CutContexts; got != 1 {
		t.Errorf("%d contexts counted as cut, want 1", got)
	}
}

func TestLoggedRefuses(t *testing.T) {
	for name, content := range map[string]string{
		"no JSON": "x", "no entity": `{"id": "1"}`, "no id": `{"entity": "a"}`, "name that is no subject": `{"entity": "a.>", "id": "1"}`, "id as object": `{"entity": "a", "id": {}}`,
	} {
		t.Run(name, func(t *testing.T) {
			if docs := run(t, Config{}, new(log).say("waltrail.event", content)); len(docs) != 0 {
				t.Errorf("a document was made: %s", docs[0].Body)
			}
		})
	}
}

// TestLoggedData passes JSON through, and keeps as text what cannot be.
func TestLoggedData(t *testing.T) {
	for data, want := range map[string]string{
		`{"a": [1]}`: `{"a": [1]}`, `null`: "", `{"a": 1, "a": 2}`: `"{\"a\": 1, \"a\": 2}"`,
		`"` + strings.Repeat("x", 200) + `"`: `"\"` + strings.Repeat("x", 99) + `"`,
	} {
		t.Run(data, func(t *testing.T) {
			c := one(t, Config{MaxValue: 100}, new(log).say("waltrail.event", `{"entity": "a", "id": 5, "data": `+data+`}`))
			if got := string(c.Trail.Data); got != want || c.Trail.Change.Truncated != (len(data) > 100) {
				t.Errorf("data %s, truncated %v, want %s", got, c.Trail.Change.Truncated, want)
			}
		})
	}
}

// TestMessagesOutsideTransactions have no commit time, so they make nothing.
func TestMessagesOutsideTransactions(t *testing.T) {
	tr := transformer(t, entities("contact", Entity{Table: "contacts"}))
	src := &change.Batch{}
	for _, prefix := range []string{"waltrail", "waltrail.attribute", "waltrail.event", "_bemi"} {
		src.Events = append(src.Events, change.Event{Kind: change.Message, Prefix: prefix, Content: `{"entity": "contact", "id": "1"}`})
	}
	var b document.Batch
	tr.Transform(&b, src)
	if got := tr.Stats(); len(b.Changes) != 0 || got.BadMessages != 4 {
		t.Errorf("%d documents, %d bad messages, want 0 and 4", len(b.Changes), got.BadMessages)
	}
}

// FuzzMessages takes messages as anybody may emit them: each document that
// follows must be JSON and no message may break the stream.
func FuzzMessages(f *testing.F) {
	for _, seed := range []string{
		janeDoe, `{"user": {"effective": {"effective": {"id": 1}}, "roles": [[], {}, 5, null]}}`, `{"entity": "a", "id": "1", "data": [1], "html": "<a href=x>"}`,
		"{\"x\": \"\xff\"}", `{"": {}, "origin": {"run": []}}`, `["\u`, `{"revert": {"of": 5, "x": null}, "client_ip": "fe80::1%eth0"}`,
	} {
		f.Add(seed)
	}
	rel := contact(change.IdentityFull)
	f.Fuzz(func(t *testing.T, content string) {
		l := new(log)
		for _, prefix := range []string{prefixContext, prefixAttribute, prefixEvent, prefixEmail, prefixBemi, prefixSequin} {
			l.begin().say(prefix, content).insert(rel, "7", "a", null, null, null, null)
		}
		for _, c := range run(t, entities("contact", Entity{Table: "contacts"}), l) {
			if !json.Valid(c.Body) || !utf8.Valid(c.Body) {
				t.Fatalf("no JSON: %q", c.Body)
			}
		}
	})
}
