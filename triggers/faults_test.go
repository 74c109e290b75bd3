package triggers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/waltrail/waltrail/document"
	"github.com/waltrail/waltrail/internal/devstack"
	"github.com/waltrail/waltrail/internal/testenv"
)

// inBatches publishes docs in the background, in batches as the pipeline does.
func (f *fixture) inBatches(t *testing.T, docs []document.Change, size int) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		for i := 0; i < len(docs); i += size {
			if err := <-f.start(t, docs[i:min(i+size, len(docs))]); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	return done
}

func (f *fixture) awaitCount(t *testing.T, n uint64) {
	t.Helper()
	testenv.Eventually(t, "messages are stored", limit, func() bool { return f.count(t) >= n })
}

func TestNoServerAtStart(t *testing.T) {
	bus := testenv.NATS(t)
	if err := bus.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := connect(t, bus, nil, nil)
	done := f.start(t, sample(100, 10))
	f.awaitHeld(t, "no connection")
	if err := bus.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	finish(t, done)
	f.checkComplete(t, sample(100, 10))
	if err := f.Healthy(); err != nil {
		t.Errorf("not healthy afterwards: %v", err)
	}
}

// TestServerIsKilled kills the server several times while messages of few items
// flow: nothing is lost and each item's order holds.
func TestServerIsKilled(t *testing.T) {
	bus := testenv.NATSServer(t, devstack.NATSOptions{Separate: true})
	f := connect(t, bus, nil, nil)
	f.publish(t, sample(1, 1))
	docs := sample(20000, 50)
	done := f.inBatches(t, docs, 700)
	for kill := range 3 {
		f.awaitCount(t, uint64(3000*(kill+1)))
		if err := bus.Kill(); err != nil {
			t.Fatal(err)
		}
		f.awaitHeld(t, "")
		if err := bus.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	finish(t, done)
	f.checkComplete(t, docs)
}

// TestServerIsAway: the log says once that triggers are held and once that they flow.
func TestServerIsAway(t *testing.T) {
	bus := testenv.NATS(t)
	f := connect(t, bus, nil, nil)
	f.publish(t, sample(1, 1))
	if err := bus.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	docs := sample(200, 20)
	done := f.start(t, docs)
	testenv.Eventually(t, "several attempts", limit, func() bool {
		return metric(t, f.reg, "waltrail_triggers_retries_total") >= 8
	})
	if got := metric(t, f.reg, "waltrail_triggers_held"); got != 1 {
		t.Errorf("held is %v while the server is away", got)
	}
	if err := bus.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	finish(t, done)
	f.checkComplete(t, docs)
	text := f.log.String()
	if held, flow := strings.Count(text, "triggers are held"), strings.Count(text, "triggers flow again"); held != 1 || flow != 1 {
		t.Errorf("logged %d times held and %d times flowing, want once each:\n%s", held, flow, text)
	}
	if got := metric(t, f.reg, "waltrail_triggers_held"); got != 0 {
		t.Errorf("held is %v afterwards", got)
	}
}

func TestStreamIsDeleted(t *testing.T) {
	f := connect(t, testenv.NATS(t), nil, nil)
	f.publish(t, sample(10, 2))
	before := f.info(t).Created
	if err := f.bus.JetStream(t).DeleteStream(t.Context(), "TRAIL"); err != nil {
		t.Fatal(err)
	}
	docs := sample(50, 5)[10:]
	found := f.publish(t, docs)
	f.checkComplete(t, docs)
	if after := f.info(t).Created; !found.Created.Equal(after) || after.Equal(before) {
		t.Errorf("evidence names the stream of %v, want that of %v", found.Created, after)
	}
}

func TestStreamIsFull(t *testing.T) {
	f := connect(t, testenv.NATS(t), nil, nil)
	js := f.bus.JetStream(t)
	cfg := jetstream.StreamConfig{Name: "TRAIL", Subjects: []string{"trail.>"}, MaxMsgs: 30, Discard: jetstream.DiscardNew}
	if _, err := js.CreateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	docs := sample(100, 7)
	done := f.start(t, docs)
	f.awaitHeld(t, "code 10077")
	if !strings.Contains(f.log.String(), "raise the limits of stream TRAIL") {
		t.Errorf("the log names no cure:\n%s", f.log)
	}
	cfg.MaxMsgs = -1
	if _, err := js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	finish(t, done)
	f.checkComplete(t, docs)
	if n := f.count(t); n != 100 {
		t.Errorf("%d messages, want 100", n)
	}
}

// TestFullForLargeMessagesOnly: what is refused in the middle must not be
// overtaken by the next change of its item, whose smaller message still fits.
func TestFullForLargeMessagesOnly(t *testing.T) {
	for _, chain := range []bool{false, true} {
		t.Run(fmt.Sprintf("chain=%v", chain), func(t *testing.T) {
			f := connect(t, testenv.NATS(t), nil, nil)
			js := f.bus.JetStream(t)
			cfg := jetstream.StreamConfig{Name: "TRAIL", Subjects: []string{"trail.>"}, MaxBytes: 200 << 10, Discard: jetstream.DiscardNew}
			if _, err := js.CreateStream(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
			docs := sample(200, 2)
			var e document.Encoder
			for i := 9; i < len(docs); i += 10 {
				docs[i].Trail.Fields[0].New.Value = strings.Repeat("x", 60<<10)
				docs[i].Body = e.Append(nil, &docs[i])
			}
			f.publish(t, docs[:1])
			f.clean = chain
			done := f.start(t, docs[1:])
			f.awaitHeld(t, "code 10077")
			cfg.MaxBytes = -1
			if _, err := js.UpdateStream(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
			finish(t, done)
			f.checkComplete(t, docs)
		})
	}
}

func TestTooLarge(t *testing.T) {
	for _, tc := range []struct {
		name    string
		server  string // configuration of the server
		maxMsg  int32  // of the stream
		atStart bool   // the stream's limit stands when the publisher looks at it
	}{
		{"for the server", "max_payload: 8KB", -1, true},
		{"for the stream", "", 8 << 10, true},
		{"for a stream that was changed meanwhile", "", 8 << 10, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bus := testenv.NATSServer(t, devstack.NATSOptions{Config: tc.server})
			f := connect(t, bus, nil, nil)
			js := bus.JetStream(t)
			cfg := jetstream.StreamConfig{Name: "TRAIL", Subjects: []string{"trail.>"}, MaxMsgSize: tc.maxMsg}
			if !tc.atStart {
				cfg.MaxMsgSize = -1
			}
			if _, err := js.CreateStream(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
			f.publish(t, sample(1, 1))
			cfg.MaxMsgSize = tc.maxMsg
			if _, err := js.UpdateStream(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
			docs := sample(20, 3)
			docs[9].Trail.Fields[0].New.Value = strings.Repeat("x", 100<<10)
			var e document.Encoder
			docs[9].Body = e.Append(nil, &docs[9])
			f.publish(t, docs)
			f.checkComplete(t, docs)
			m := f.stored(t)[9]
			if got, want := m.Headers().Get(headerDataref), docs[9].Index+"/"+docs[9].Event.ID; got != want {
				t.Errorf("reference %q, want %q", got, want)
			}
			if len(m.Data()) > 2000 || !strings.Contains(string(m.Data()), `"truncated":true`) {
				t.Errorf("payload %s", m.Data())
			}
			if got := metric(t, f.reg, "waltrail_triggers_shortened_total"); got != 1 {
				t.Errorf("%v shortened messages counted, want 1", got)
			}
		})
	}
}

// TestAcknowledgementsAreLost: the server stores, and its answers vanish.
func TestAcknowledgementsAreLost(t *testing.T) {
	bus := testenv.NATS(t)
	p := newProxy(t, bus.URL)
	f := connect(t, bus, nil, func(c *Config) { c.URL = p.url() })
	f.patience, f.shortest = 100*time.Millisecond, 100*time.Millisecond
	f.publish(t, sample(1, 1))
	p.deaf.Store(true)
	docs := sample(500, 10)
	done := f.start(t, docs)
	f.awaitHeld(t, "no acknowledgement")
	p.deaf.Store(false)
	finish(t, done)
	f.checkComplete(t, docs)
	if n := f.count(t); n != 500 {
		t.Errorf("%d messages, want 500: repetitions were not dropped", n)
	}
}

// TestServerAnswersLate: slower than our patience, yet it makes progress and
// is not asked for the same for ever.
func TestServerAnswersLate(t *testing.T) {
	bus := testenv.NATS(t)
	p := newProxy(t, bus.URL)
	p.delay.Store(int64(50 * time.Millisecond))
	f := connect(t, bus, nil, func(c *Config) { c.URL = p.url() })
	f.patience, f.shortest = 10*time.Millisecond, 10*time.Millisecond
	docs := sample(300, 300)
	f.publish(t, docs)
	f.checkComplete(t, docs)
	if n := f.count(t); n != 300 {
		t.Errorf("%d messages, want 300", n)
	}
}

// TestConnectionsBreak: again and again, in the middle of flights.
func TestConnectionsBreak(t *testing.T) {
	bus := testenv.NATS(t)
	p := newProxy(t, bus.URL)
	f := connect(t, bus, nil, func(c *Config) { c.URL = p.url() })
	f.patience, f.shortest = 2*limit, 2*limit // a break is noticed, not waited out
	f.publish(t, sample(1, 1))
	docs := sample(10000, 20)
	done := f.inBatches(t, docs, 900)
	for i := range 5 {
		f.awaitCount(t, uint64(1500*(i+1)))
		p.cut()
	}
	finish(t, done)
	f.checkComplete(t, docs)
	if n := f.count(t); n != 10000 {
		t.Errorf("%d messages, want 10000", n)
	}
}

// TestOtherStreamTakesTheSubject: what it stores cannot be vouched for.
func TestOtherStreamTakesTheSubject(t *testing.T) {
	f := connect(t, testenv.NATS(t), nil, nil)
	js := f.bus.JetStream(t)
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "AUDIT", Subjects: []string{"trail.>"}}); err != nil {
		t.Fatal(err)
	}
	done := f.start(t, sample(5, 5))
	f.awaitHeld(t, "AUDIT")
	if err := js.DeleteStream(t.Context(), "AUDIT"); err != nil {
		t.Fatal(err)
	}
	finish(t, done)
	f.checkComplete(t, sample(5, 5))
}

// TestLibraryGivesUp: the client library closes the connection for good after
// some errors of the server; then a new one is made.
func TestLibraryGivesUp(t *testing.T) {
	f := connect(t, testenv.NATS(t), nil, nil)
	f.publish(t, sample(1, 1))
	f.link.nc.Close()
	f.publish(t, sample(10, 2))
	f.checkComplete(t, sample(10, 2))
}
