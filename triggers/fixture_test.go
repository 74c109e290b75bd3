package triggers

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
	"github.com/waltrail/waltrail/internal/testenv"
)

// limit is how long a test waits for what must happen; generous, because the
// machine may be busy.
const limit = time.Minute

// logbook is a log that tests read.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logbook) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// fixture is a publisher on a real server.
type fixture struct {
	*Publisher
	bus *testenv.Bus
	log *logbook
	reg *prometheus.Registry
}

// connect makes a publisher; edit may change its configuration.
func connect(t testing.TB, bus *testenv.Bus, rules []Rule, edit func(*Config)) *fixture {
	t.Helper()
	cfg := Config{URL: bus.URL}
	if edit != nil {
		edit(&cfg)
	}
	log, reg := &logbook{}, prometheus.NewRegistry()
	p, err := Connect(t.Context(), cfg, rules, bus.System, log.logger(), NewMetrics(reg))
	if err != nil {
		t.Fatalf("Connect: %v", err)
	}
	t.Cleanup(p.Close)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of the publisher:\n%s", log)
		}
	})
	return &fixture{Publisher: p, bus: bus, log: log, reg: reg}
}

// publish publishes docs and fails the test when that fails.
func (f *fixture) publish(t testing.TB, docs []document.Change) document.StreamRange {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	found, err := f.Publish(ctx, docs)
	if err != nil {
		t.Fatalf("Publish: %v", err)
	}
	return found
}

// start publishes docs in the background; the channel has the outcome.
func (f *fixture) start(t testing.TB, docs []document.Change) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		_, err := f.Publish(ctx, docs)
		done <- err
	}()
	return done
}

func (f *fixture) awaitHeld(t testing.TB, what string) {
	t.Helper()
	testenv.Eventually(t, "triggers are held: "+what, limit, func() bool {
		err := f.Healthy()
		return err != nil && strings.Contains(err.Error(), what)
	})
}

func finish(t testing.TB, done <-chan error) {
	t.Helper()
	if err := <-done; err != nil {
		t.Fatalf("Publish: %v", err)
	}
}

// sample makes n changes of the given number of items in turn, in log order,
// with bodies of about a kilobyte.
func sample(n, items int) []document.Change {
	var batch document.Batch
	for i := range n {
		fill(batch.Add(), i, i%items)
	}
	var e document.Encoder
	batch.Encode(&e)
	return batch.Changes
}

func fill(c *document.Change, i, item int) {
	pos := change.Position{Commit: change.LSN(1<<32 + 1000*(i/10)), Change: change.LSN(1<<32 + 10*i)}
	c.Position = pos
	c.Timestamp = time.Date(2026, 3, 4, 9, 15, 22, 481516000, time.UTC).Add(time.Duration(i/10) * time.Millisecond)
	c.Event = document.Event{ID: "9f2c11ab-" + pos.String(), Action: "item-changed", Reason: "Season price list"}
	c.Index = "trail-shop-default-2026.03"
	c.User = document.User{ID: "187234", Name: "Jane Doe"}
	c.Message = "Jane Doe changed Price (EUR) (1.50) → 2.00 and State (New) → Approved on Article SKU-001"
	t := &c.Trail
	t.V, t.Sequence = document.Version, pos.String()
	t.Origin = document.Origin{Interface: "backoffice", Name: "Article form", Source: "message"}
	t.Entity = document.Entity{Name: "contact", Table: "public.contacts"}
	id := fmt.Sprint(item)
	t.Item = document.Item{UID: "contact:" + id, ID: id, Key: document.Row{{Name: "id", Kind: document.Text, Value: id}}, Label: "Blue shirt"}
	t.Change = document.Detail{Type: document.Changed, Fields: []string{"price", "state"}}
	t.Fields = []document.Field{
		{
			Field: "price", Label: "Price (EUR)", Type: "numeric(12,2)",
			Old: document.Side{Kind: document.Text, Value: "1.50", Number: "1.5"},
			New: document.Side{Kind: document.Text, Value: "2.00", Number: "2"},
		},
		{
			Field: "state", Label: "State", Type: "text",
			Old: document.Side{Kind: document.Text, Value: "new", Label: "New", Color: "#2d7ff9"},
			New: document.Side{Kind: document.Text, Value: "approved", Label: "Approved", Color: "#1a7f37"},
		},
	}
	t.Tx = document.Tx{ID: uint64(742 + i/10), CommitLSN: pos.Commit, ChangeLSN: pos.Change, Timeline: 1}
}

// stored returns what the stream holds, in its order.
func (f *fixture) stored(t testing.TB) []jetstream.Msg {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	c, err := f.bus.JetStream(t).OrderedConsumer(ctx, f.cfg.Stream, jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatalf("consumer: %v", err)
	}
	var out []jetstream.Msg
	for n := f.count(t); uint64(len(out)) < n; {
		batch, err := c.Fetch(min(5000, int(n)-len(out)), jetstream.FetchMaxWait(time.Second))
		if err != nil || ctx.Err() != nil {
			t.Fatalf("reading the stream: %v, %v", err, ctx.Err())
		}
		for m := range batch.Messages() {
			out = append(out, m)
		}
	}
	return out
}

// count is how many messages the stream holds.
func (f *fixture) count(t testing.TB) uint64 {
	t.Helper()
	return f.info(t).State.Msgs
}

func (f *fixture) info(t testing.TB) *jetstream.StreamInfo {
	t.Helper()
	s, err := f.bus.JetStream(t).Stream(t.Context(), f.cfg.Stream)
	if err != nil {
		t.Fatalf("stream: %v", err)
	}
	return s.CachedInfo()
}

// checkComplete fails unless the stream holds each document, and first
// deliveries of an item in sequence order.
func (f *fixture) checkComplete(t testing.TB, docs []document.Change) {
	t.Helper()
	seen := map[string]bool{}
	item := map[string]string{} // uid → document of its last first delivery
	for _, m := range f.stored(t) {
		id := m.Headers().Get(headerID)
		if seen[id] {
			continue
		}
		seen[id] = true
		uid := m.Headers().Get(headerSubject)
		if id < item[uid] {
			t.Errorf("%s: %s was first delivered after %s", uid, id, item[uid])
		}
		item[uid] = id
	}
	for i := range docs {
		if id := docs[i].Event.ID; !seen[id] {
			t.Errorf("document %d (%s) was not published", i, id)
		}
	}
}

// metric is the value of a counter or gauge without labels, or of its only child.
func metric(t testing.TB, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			m := f.GetMetric()[0]
			return m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}
