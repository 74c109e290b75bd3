package triggers

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waltrail/waltrail/document"
	"github.com/waltrail/waltrail/internal/testenv"
)

func TestMessage(t *testing.T) {
	bus := testenv.NATS(t)
	f := connect(t, bus, nil, nil)
	docs := sample(1, 1)
	found := f.publish(t, docs)

	msgs := f.stored(t)
	if len(msgs) != 1 {
		t.Fatalf("%d messages, want 1", len(msgs))
	}
	m := msgs[0]
	id := docs[0].Event.ID
	if want := "trail." + bus.System + ".contact.changed"; m.Subject() != want {
		t.Errorf("subject %s, want %s", m.Subject(), want)
	}
	if string(m.Data()) != string(docs[0].Body) {
		t.Errorf("payload %s, want the document", m.Data())
	}
	want := map[string][]string{
		"Nats-Msg-Id":    {id},
		"ce-specversion": {"1.0"},
		"ce-id":          {id},
		"ce-source":      {"waltrail/" + bus.System},
		"ce-type":        {"trail.contact.changed"},
		"ce-subject":     {"contact:0"},
		"ce-time":        {"2026-03-04T09:15:22.481516Z"},
		"Content-Type":   {"application/json"},
		"Trail-Triggers": {"default"},
	}
	if diff := cmp.Diff(want, map[string][]string(m.Headers())); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if _, err := time.Parse(time.RFC3339Nano, m.Headers().Get("ce-time")); err != nil {
		t.Error(err)
	}
	created := f.info(t).Created
	if diff := cmp.Diff(document.StreamRange{Name: "TRAIL", Created: created, FirstSeq: 1, LastSeq: 1, LastMsgID: id, Count: 1}, found); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
}

// TestHostileItem: what an application puts into a key changes no header.
func TestHostileItem(t *testing.T) {
	f := connect(t, testenv.NATS(t), nil, nil)
	docs := sample(2, 2)
	docs[0].Trail.Item.UID = "contact:a\r\nNats-Rollup: all"
	f.publish(t, docs)
	m := f.stored(t)[0]
	if got := m.Headers().Get(headerSubject); got != "contact:a%0D%0ANats-Rollup:%20all" {
		t.Errorf("subject header %q", got)
	}
	if len(m.Headers()) != minHeaders {
		t.Errorf("headers %v, want %d", m.Headers(), minHeaders)
	}
}

func TestMessagesOfRules(t *testing.T) {
	f := connect(t, testenv.NATS(t), []Rule{
		{Name: "all"},
		{Name: "price", When: `"price" in fields`, Subject: "crm.price"},
		{Name: "second"},
	}, nil)
	docs := sample(2, 2)
	docs[1].Trail.Change.Fields = []string{"state"}
	docs[1].Trail.Reconciled = true
	found := f.publish(t, docs)

	type short struct{ subject, id, triggers, reconciled string }
	var got []short
	for _, m := range f.stored(t) {
		got = append(got, short{m.Subject(), m.Headers().Get(headerMsgID), m.Headers().Get(headerTriggers), m.Headers().Get(headerReconciled)})
	}
	shared := defaultSubject(f.system, "contact", document.Changed)
	want := []short{
		{shared, docs[0].Event.ID, "all,price,second", ""},
		{"crm.price", docs[0].Event.ID + "/price", "all,price,second", ""},
		{shared, docs[1].Event.ID, "all,second", "true"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(short{})); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if found.Count != 3 || found.FirstSeq != 1 || found.LastSeq != 3 || found.LastMsgID != docs[1].Event.ID {
		t.Errorf("evidence %+v", found)
	}
}

func TestEvidenceEndsWithARulesMessage(t *testing.T) {
	f := connect(t, testenv.NATS(t), []Rule{{Name: "own", Subject: "crm.x"}}, nil)
	docs := sample(3, 3)
	if found := f.publish(t, docs); found.LastMsgID != docs[2].Event.ID+"/own" {
		t.Errorf("last message id %s, want that of the rule's message", found.LastMsgID)
	}
}

func TestNothingDue(t *testing.T) {
	f := connect(t, testenv.NATS(t), nil, func(c *Config) { c.Silent = []string{"contact"} })
	if found := f.publish(t, sample(3, 3)); found != (document.StreamRange{}) {
		t.Errorf("evidence %+v of nothing", found)
	}
	if found := f.publish(t, nil); found != (document.StreamRange{}) {
		t.Errorf("evidence %+v of no documents", found)
	}
}

// TestRepetitionsAreDropped: after a crash the same documents come again.
func TestRepetitionsAreDropped(t *testing.T) {
	bus := testenv.NATS(t)
	rules := []Rule{{Name: "all"}, {Name: "own", Subject: "crm.x"}}
	docs := sample(500, 20)
	first := connect(t, bus, rules, nil)
	before := first.publish(t, docs[:300])
	again := connect(t, bus, rules, nil)
	if found := again.publish(t, docs[:300]); found != before {
		t.Errorf("evidence %+v, want that of the first time, %+v", found, before)
	}
	if again.mayChain() {
		t.Error("chains are trusted right after repetitions")
	}
	if got := metric(t, again.reg, "waltrail_triggers_duplicates_total"); got != 600 {
		t.Errorf("%v duplicates counted, want 600", got)
	}
	again.publish(t, docs)
	if n := again.count(t); n != 1000 {
		t.Errorf("%d messages, want 1000", n)
	}
	again.checkComplete(t, docs)
}

// TestChainsKeepOrder publishes many changes of few items, with chains in every
// flight but the first.
func TestChainsKeepOrder(t *testing.T) {
	f := connect(t, testenv.NATS(t), nil, nil)
	docs := sample(3000, 7)
	for i := 0; i < len(docs); i += 300 {
		f.publish(t, docs[i:i+300])
	}
	f.checkComplete(t, docs)
	chained := 0
	for _, m := range f.stored(t) {
		if m.Headers().Get(headerExpected) != "" {
			chained++
		}
	}
	if chained == 0 {
		t.Error("nothing was chained")
	}
}

// TestAnotherPublisherBreaksChains: that costs a round and nothing else.
func TestAnotherPublisherBreaksChains(t *testing.T) {
	bus := testenv.NATS(t)
	f := connect(t, bus, nil, nil)
	docs := sample(4000, 2)
	f.publish(t, docs[:1])
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	js := bus.JetStream(t)
	foreign := make(chan struct{})
	go func() {
		defer close(foreign)
		for ctx.Err() == nil {
			_, _ = js.Publish(ctx, "trail.other.contact.changed", nil)
		}
	}()
	broken := 0
	for i := 0; i < len(docs); i += 1000 {
		f.unchainedUntil, f.clean = time.Time{}, true
		f.publish(t, docs[i:i+1000])
		if !f.unchainedUntil.IsZero() {
			broken++
		}
	}
	stop()
	<-foreign
	if broken == 0 {
		t.Error("no chain was broken: the test proves nothing")
	}
	f.checkComplete(t, docs)
	if strings.Contains(f.log.String(), "held") {
		t.Errorf("a broken chain is no trouble, but was logged: %s", f.log)
	}
}

func TestPublishEndsWithTheContext(t *testing.T) {
	bus := testenv.NATS(t)
	f := connect(t, bus, nil, nil)
	if err := bus.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	cause := errors.New("the lease is gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := f.Publish(ctx, sample(1, 1))
		done <- err
	}()
	f.awaitHeld(t, "")
	cancel(cause)
	if err := <-done; !errors.Is(err, cause) {
		t.Errorf("error %v, want the cause of the cancellation", err)
	}
}

func TestCloseEndsPublish(t *testing.T) {
	bus := testenv.NATS(t)
	f := connect(t, bus, nil, nil)
	if err := bus.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	done := f.start(t, sample(1, 1))
	f.awaitHeld(t, "")
	f.Close()
	f.Close()
	if err := <-done; !errors.Is(err, errClosed) {
		t.Errorf("error %v, want %v", err, errClosed)
	}
	if err := f.Healthy(); err == nil {
		t.Error("a closed publisher calls itself healthy")
	}
}

func TestAllocations(t *testing.T) {
	if testing.Short() {
		t.Skip("measures")
	}
	f := connect(t, testenv.NATS(t), nil, nil)
	docs := sample(200, 200)
	f.publish(t, docs)
	plan := testing.AllocsPerRun(10, func() { f.plan(docs) }) / float64(len(docs))
	if plan > 0.01 {
		t.Errorf("%v allocations per document to plan, want none", plan)
	}
	e, m := f.envelope, &f.flight.msgs[0]
	if n := testing.AllocsPerRun(100, func() { e.write(m, false, 1<<20) }); n > 0.1 {
		t.Errorf("%v allocations to write a message, want none", n)
	}
}

// TestBodyIsTheStoredDocument reads a message back as a subscriber does.
func TestSubscriberReadsTheDocument(t *testing.T) {
	f := connect(t, testenv.NATS(t), nil, nil)
	docs := sample(1, 1)
	f.publish(t, docs)
	var got document.Change
	if err := json.Unmarshal(f.stored(t)[0].Data(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Event.ID != docs[0].Event.ID || got.Trail.Fields[0].New.Value != "2.00" {
		t.Errorf("read %+v", got)
	}
}
