package capture

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/waltrail/waltrail/capture/internal/pgoutput"
	"github.com/waltrail/waltrail/change"
)

// TestClean: what a server error may quote of a row goes nowhere.
func TestClean(t *testing.T) {
	original := &pgconn.PgError{Code: "23505", Message: "duplicate key", Detail: "Key (card)=(4929) exists", Hint: "4929", Where: "4929"}
	err := clean("do it", fmt.Errorf("outer: %w", original))
	wantError(t, err, "postgres: do it", "duplicate key", "23505")
	if strings.Contains(fmt.Sprintf("%+v %#v", err, err), "4929") {
		t.Errorf("%#v discloses a value", err)
	}
	var back *pgconn.PgError
	if errors.As(err, &back) {
		t.Error("the original can be unwrapped")
	}
	if clean("do it", nil) != nil {
		t.Error("nil became an error")
	}
	if err := clean("do it", errors.New("broken pipe")); err.Error() != "postgres: do it: broken pipe" {
		t.Errorf("got %v", err)
	}
}

func TestSetKey(t *testing.T) {
	columns := func(names ...string) []change.Column {
		var list []change.Column
		for _, name := range names {
			list = append(list, change.Column{Name: strings.TrimSuffix(name, "!"), InIdentity: strings.HasSuffix(name, "!")})
		}
		return list
	}
	for _, c := range []struct {
		name     string
		identity change.Identity
		log      []change.Column
		catalog  []catalogColumn
		want     []int
	}{
		{"by name, order of the key", 'f', columns("a", "b"), []catalogColumn{{"b", 1}, {"a", 2}}, []int{2, 1}},
		{"column added since", 'f', columns("a", "b"), []catalogColumn{{"a", 1}, {"b", 0}, {"c", 0}}, []int{1, 0}},
		{"renamed since", 'f', columns("a", "b"), []catalogColumn{{"x", 1}, {"b", 0}}, []int{1, 0}},
		{"renamed and added since, default", 'd', columns("a!", "b"), []catalogColumn{{"x", 1}, {"b", 0}, {"c", 0}}, []int{1, 0}},
		{"renamed and added since, full", 'f', columns("a!", "b!"), []catalogColumn{{"x", 1}, {"b", 0}, {"c", 0}}, []int{0, 0}},
		{"dropped since", 'i', columns("a", "b!", "c!"), nil, []int{0, 1, 2}},
		{"no key at all", 'f', columns("a!"), []catalogColumn{{"a", 0}}, []int{0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rel := &change.Relation{Identity: c.identity, Columns: c.log}
			setKey(rel, c.catalog)
			var got []int
			for _, col := range rel.Columns {
				got = append(got, col.KeyOrdinal)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestPacer: a busy stream is left to gather, longer each time up to a bound; an
// idle one never waits.
func TestPacer(t *testing.T) {
	now := time.Unix(1000, 0)
	var p pacer
	read := func(after time.Duration, n int) time.Duration {
		now = now.Add(after)
		p.observe(now, n)
		return p.pause
	}
	for i := range 100 {
		if pause := read(2*time.Millisecond, 300); pause != 0 {
			t.Fatalf("read %d of a calm stream: pause %v", i, pause)
		}
	}
	for range busyReads - 1 {
		read(10*time.Microsecond, 300)
	}
	if p.pause != firstPause {
		t.Fatalf("pause %v after quick reads, want %v", p.pause, firstPause)
	}
	for _, want := range []time.Duration{2 * firstPause, lastPause, lastPause} {
		if pause := read(firstPause, 10_000); pause != want {
			t.Errorf("pause %v, want %v", pause, want)
		}
	}
	if pause := read(lastPause, readBuffer); pause != 0 {
		t.Errorf("pause %v though the buffer came full", pause)
	}
	for range busyReads {
		read(10*time.Microsecond, 300)
	}
	if pause := read(firstPause, calmBytes-1); pause != 0 {
		t.Errorf("pause %v though little had gathered", pause)
	}
}

func TestHandoff(t *testing.T) {
	h := newHandoff()
	event := []change.Event{{Kind: change.Insert}}
	h.add(addition{events: event, end: 20, bytes: 7})
	h.add(addition{events: event, end: 10, bytes: 7})
	h.add(addition{flush: true})
	b, err := h.take(t.Context())
	if err != nil || len(b.Events) != 2 || b.End != 20 || !b.Flush || b.Bytes != 14 {
		t.Errorf("took %+v, %v", b, err)
	}
	for i := 1; i < fullEvents; i++ {
		if h.add(addition{events: event}) {
			t.Fatalf("full at %d", i)
		}
	}
	if !h.add(addition{events: event}) {
		t.Error("not full by number")
	}
	h.finish(errors.New("first"))
	h.finish(errors.New("second"))
	if b, err = h.take(t.Context()); err != nil || len(b.Events) != fullEvents {
		t.Errorf("the batch before the error is lost: %v", err)
	}
	for range 2 {
		if _, err = h.take(t.Context()); err == nil || err.Error() != "first" {
			t.Errorf("got %v, want the first error, always", err)
		}
	}
	if h = newHandoff(); !h.add(addition{events: event, bytes: fullBytes}) {
		t.Error("not full by bytes")
	}
}

func TestMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := NewMetrics(reg)
	var c counts
	c.logged(100, 50, pgoutput.Result{Events: make([]change.Event, 3)})
	c.logged(110, 50, pgoutput.Result{End: 150})
	c.keptAlive(200)
	m.add(&c)
	m.add(&c) // nothing new: nothing counted twice
	m.began()
	m.failed()
	m.confirm(150)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		v := f.GetMetric()[0]
		got[strings.TrimPrefix(f.GetName(), "waltrail_capture_")] = v.GetCounter().GetValue() + v.GetGauge().GetValue()
	}
	want := map[string]float64{
		"events_total": 3, "bytes_total": 100, "transactions_total": 1, "keepalives_total": 1, "sessions_total": 1, "errors_total": 1,
		"received_lsn_bytes": 200, "server_lsn_bytes": 200, "confirmed_lsn_bytes": 150,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	m = nil
	m.add(&c)
	m.began()
	m.failed()
	m.confirm(1)
}

func TestStatusEvery(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{0: time.Second, time.Minute: time.Second, 2 * time.Second: 500 * time.Millisecond} {
		if got := (&server{SenderTimeout: timeout}).statusEvery(); got != want {
			t.Errorf("wal_sender_timeout %v: every %v, want %v", timeout, got, want)
		}
	}
}
