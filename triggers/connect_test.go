package triggers

import (
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waltrail/waltrail/document"
	"github.com/waltrail/waltrail/internal/testenv"
)

func TestHealthyFollowsTheConnection(t *testing.T) {
	bus := testenv.NATS(t)
	f := connect(t, bus, nil, nil)
	connected := func() float64 { return metric(t, f.reg, "waltrail_triggers_connected") }
	if err := f.Healthy(); err != nil || connected() != 1 {
		t.Fatalf("not healthy with a server: %v, connected %v", err, connected())
	}
	if err := bus.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	testenv.Eventually(t, "the loss is noticed", limit, func() bool { return f.Healthy() != nil && connected() == 0 })
	if err := bus.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	testenv.Eventually(t, "the return is noticed", limit, func() bool { return f.Healthy() == nil && connected() == 1 })
}

func TestReconnectDelay(t *testing.T) {
	for _, tc := range []struct {
		attempts int
		want     time.Duration
	}{
		{0, minReconnect}, {1, 2 * minReconnect}, {3, 8 * minReconnect}, {9, maxReconnect}, {1 << 40, maxReconnect},
	} {
		if got := reconnectDelay(tc.attempts); got != tc.want {
			t.Errorf("delay after %d attempts is %v, want %v", tc.attempts, got, tc.want)
		}
	}
}

func TestConnectRefusesABadRule(t *testing.T) {
	_, err := Connect(t.Context(), Config{}, []Rule{{Name: "a", When: "("}}, "shop", slog.New(slog.DiscardHandler), nil)
	checkMistake(t, err, `trigger rule "a": when:`)
}

// TestMetricsAreVisibleAtStart: a counter that appears with its first event
// cannot be alerted on.
func TestMetricsAreVisibleAtStart(t *testing.T) {
	f := connect(t, testenv.NATS(t), []Rule{{Name: "a", When: "true"}}, nil)
	for _, name := range []string{
		"waltrail_triggers_published_total", "waltrail_triggers_duplicates_total", "waltrail_triggers_retries_total",
		"waltrail_triggers_shortened_total", "waltrail_triggers_unacked", "waltrail_triggers_held", "waltrail_triggers_rule_errors_total",
	} {
		if got := metric(t, f.reg, name); got != 0 {
			t.Errorf("%s starts at %v", name, got)
		}
	}
	f.publish(t, sample(10, 3))
	if got := metric(t, f.reg, "waltrail_triggers_published_total"); got != 10 {
		t.Errorf("%v messages counted, want 10", got)
	}
	if got := metric(t, f.reg, "waltrail_triggers_unacked"); got != 0 {
		t.Errorf("%v messages unacknowledged afterwards", got)
	}
}

func TestNilMetricsCountNothing(t *testing.T) {
	var m *Metrics
	m.ruleNames([]*rule{{}})
	m.ruleError("a")
	m.acked(1, 1, time.Second)
	m.short()
	m.inFlight(1)
	m.hold()
	m.release()
	m.link(true)
}

func TestMetricsRegisterOnce(t *testing.T) {
	reg := prometheus.NewRegistry()
	NewMetrics(reg)
	defer func() {
		if recover() == nil {
			t.Error("a second set of the same metrics was registered: they would hide each other")
		}
	}()
	NewMetrics(reg)
}

// TestPublishersShareAStream: two systems write to one stream and one set of
// documents each.
func TestPublishersShareAStream(t *testing.T) {
	bus := testenv.NATS(t)
	first := connect(t, bus, nil, nil)
	other := *bus
	other.System += "b"
	second := connect(t, &other, nil, nil)
	ours, theirs := sample(2000, 5), sample(2000, 5)
	for i := range theirs {
		theirs[i].Event.ID = "b" + theirs[i].Event.ID
		theirs[i].Trail.Item.UID += "b"
	}
	one, two := first.inBatches(t, ours, 200), second.inBatches(t, theirs, 200)
	finish(t, one)
	finish(t, two)
	first.checkComplete(t, append(ours, theirs...))
	subjects := map[string]int{}
	for _, m := range first.stored(t) {
		subjects[m.Subject()]++
	}
	for _, system := range []string{first.system, second.system} {
		if n := subjects[defaultSubject(system, "contact", document.Changed)]; n != 2000 {
			t.Errorf("%d messages of system %s, want 2000", n, system)
		}
	}
}

// TestCallsFollowOneAnother: the watchdog publishes beside the pipeline.
func TestCallsFollowOneAnother(t *testing.T) {
	f := connect(t, testenv.NATS(t), nil, nil)
	docs := sample(900, 900)
	var calls []<-chan error
	for i := 0; i < len(docs); i += 300 {
		calls = append(calls, f.start(t, docs[i:i+300]))
	}
	for _, done := range calls {
		finish(t, done)
	}
	f.checkComplete(t, docs)
}

func TestSmallWindow(t *testing.T) {
	f := connect(t, testenv.NATS(t), nil, func(c *Config) { c.MaxPending, c.MaxPendingBytes = 3, 2000 })
	docs := sample(300, 4)
	f.publish(t, docs)
	f.publish(t, docs)
	f.checkComplete(t, docs)
}
