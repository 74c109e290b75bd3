package main

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func sample() *report {
	ms := time.Millisecond
	with := func(r result, allocs float64, rss int64) result {
		r.Allocs, r.PeakRSS = allocs, rss
		return r
	}
	full := with(newResult(nameFull, 1000, 100*ms, spent{client: 18 * ms, walsender: 36 * ms, index: 110 * ms, nats: 15 * ms}), 6.04, 62_000_000)
	full.FirstTrigger, full.Confirmed = 0.31, 0.05
	r := &report{
		Cores: 2, DocumentBytes: 1312, Latency: newLatency(500, []time.Duration{9 * ms, 2 * ms, 3 * ms, 40 * ms}),
		Results: []result{
			with(newResult(nameReader, 1000, 40*ms, spent{client: 26 * ms, walsender: 35 * ms}), 21, 0),
			full,
			with(newResult(nameLoader, 1000, 60*ms, spent{client: 4 * ms, index: 100 * ms}), 0.2, 0),
			with(newResult(namePublisher, 1000, 14*ms, spent{client: 9 * ms, nats: 13 * ms}), 30, 0),
			with(newResult(nameTriggers, 1000, 40*ms, spent{client: 12 * ms, walsender: 36 * ms, nats: 14 * ms}), 5, 40_000_000),
		},
	}
	r.computeBounds()
	return r
}

func TestBounds(t *testing.T) {
	r := sample()
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"cost with the index: 35 + 100 + 13 + 18", r.Bound.Micros, 166},
		{"bound with the index", r.Bound.PerSecond, 2e6 / 166},
		{"reached with the index", r.Bound.Reached, 10_000 / (2e6 / 166)},
		{"cost without it: 35 + 13 + 12", r.BoundTriggers.Micros, 60},
		{"reached without it", r.BoundTriggers.Reached, 25_000 / (2e6 / 60)},
		{"bound of nothing", newBound(2, 0, 0).PerSecond, 0},
	} {
		if math.Abs(c.got-c.want) > 1e-9*math.Abs(c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestDisturbedPhasesAreNamed(t *testing.T) {
	r := sample()
	if got := r.disturbed(); got != nil {
		t.Errorf("a quiet run: %q", got)
	}
	all := time.Duration(runtime.NumCPU()) * time.Second // of one second
	s := spent{client: all / 4, index: all / 4, machine: all * 3 / 4}
	r.Results[1] = newResult(nameFull, 1000, time.Second, s)
	if got := r.disturbed(); len(got) != 1 || got[0] != nameFull+" (25 %)" {
		t.Errorf("got %q, want the full phase with 25 %%", got)
	}
	var out bytes.Buffer
	if err := r.table(&out); err != nil || !strings.Contains(out.String(), "warning") {
		t.Errorf("no warning in the table, %v:\n%s", err, out.String())
	}
}

func TestLatencyPercentiles(t *testing.T) {
	var all []time.Duration
	for i := 1000; i > 0; i-- {
		all = append(all, time.Duration(i)*time.Millisecond)
	}
	got := newLatency(500, all)
	want := latency{Rate: 500, Changes: 1000, P50: 500, P99: 990, Max: 1000}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestTable(t *testing.T) {
	var got bytes.Buffer
	if err := sample().table(&got); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "table.txt")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got\n%s\nwant\n%s", got.Bytes(), want)
	}
}
