package e2e

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waltrail/waltrail/internal/testenv"
)

// TestWhoWhatWhy follows one change with a context to the index and to the
// stream, and wants the same document in both.
func TestWhoWhatWhy(t *testing.T) {
	r := newRig(t, testenv.Postgres(t), testenv.Elasticsearch(t), testenv.NATS(t))
	r.setup(t)
	d := r.start(t).ready()
	r.fill(t, 1)
	r.pg.Exec(t, `begin;
		select trail.set_context('{"user": {"id": "187", "name": "Jane Doe"}, "origin": {"interface": "backoffice", "name": "Item form",
			"run": {"type": "api_call", "id": "req-8842"}}, "reason": "Season price list", "client_ip": "203.0.113.7"}');
		update items set price = 2.00, step = 1 where id = 1;
		commit`)
	testenv.Eventually(t, "the slot has caught up", 3*time.Minute, r.caughtUp(t))

	hits := r.es.Search(t, `{"query": {"term": {"trail.change.type": "changed"}}}`)
	if len(hits) != 1 {
		t.Fatalf("%d documents of type changed, want 1", len(hits))
	}
	type side struct{ Value *string }
	type document struct {
		Event struct{ ID, Action, Reason string }
		User  struct{ ID, Name string }
		Trail struct {
			Origin struct {
				Interface, Name, Source string
				Run                     struct{ Type, ID string }
			}
			Item   struct{ UID, Identifier, Label string }
			Fields []struct {
				Field    string
				Old, New side
			}
		}
		Client struct{ IP string }
	}
	var got document
	if err := json.Unmarshal(hits[0].Source, &got); err != nil {
		t.Fatal(err)
	}
	var want document
	want.Event.ID, want.Event.Action, want.Event.Reason = hits[0].ID, "item-changed", "Season price list"
	want.User.ID, want.User.Name, want.Client.IP = "187", "Jane Doe", "203.0.113.7"
	want.Trail.Origin.Interface, want.Trail.Origin.Name, want.Trail.Origin.Source = "backoffice", "Item form", "message"
	want.Trail.Origin.Run.Type, want.Trail.Origin.Run.ID = "api_call", "req-8842"
	want.Trail.Item.UID, want.Trail.Item.Identifier, want.Trail.Item.Label = "item:1", "SKU-1", "Item number 1"
	for _, f := range []struct{ field, old, new string }{{"price", "0.25", "2.00"}, {"step", "0", "1"}} {
		want.Trail.Fields = append(want.Trail.Fields, struct {
			Field    string
			Old, New side
		}{f.field, side{&f.old}, side{&f.new}})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}

	for _, m := range r.bus.Messages(t, "TRAIL") {
		if m.Header.Get("ce-id") != hits[0].ID {
			continue
		}
		if subject := "trail." + r.system + ".item.changed"; m.Subject != subject || m.Header.Get("Nats-Msg-Id") != hits[0].ID {
			t.Errorf("trigger on %s with id %s, want %s and %s", m.Subject, m.Header.Get("Nats-Msg-Id"), subject, hits[0].ID)
		}
		if diff := cmp.Diff(string(hits[0].Source), string(m.Data)); diff != "" {
			t.Errorf("the trigger carries another document (-indexed +published):\n%s", diff)
		}
		d.terminate()
		return
	}
	t.Fatal("the document has no trigger")
}

// TestTriggersOnlyLosesNothing kills the daemon in developer mode: nothing is
// stored, and still every change is triggered at least once and in order.
func TestTriggersOnlyLosesNothing(t *testing.T) {
	const rows, changes = 100, 8000
	r := newRig(t, testenv.Postgres(t), nil, testenv.NATS(t))
	d := r.start(t).ready()
	w := r.watch(t)
	r.fill(t, rows)
	l := r.write(t, 4, rows, changes, 0)
	for _, mark := range []int{1000, 4000} {
		testenv.Eventually(t, "enough triggers to make a kill hurt", 3*time.Minute, func() bool { return w.count() >= mark })
		d.kill()
		r.slotWithinLog(t)
		d = r.start(t)
	}
	l.wait(t)
	testenv.Eventually(t, "all triggers have come", 2*time.Minute, func() bool { return w.count() >= rows+changes })
	w.everyDocument(t, r.asDocuments(t))
	d.terminate()
}
