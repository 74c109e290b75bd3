package indexer

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// waiting makes an Indexer without a server, with its log in a buffer.
func waiting() (*Indexer, *bytes.Buffer) {
	var logged bytes.Buffer
	return &Indexer{log: slog.New(slog.NewTextHandler(&logged, nil))}, &logged
}

func TestHealthTellsTheLongestWait(t *testing.T) {
	var h health
	first, second, now := &patience{}, &patience{}, time.Now()
	h.enter(second, wait{since: now, reason: "the second"})
	h.enter(first, wait{since: now.Add(-time.Minute), reason: "the first"})
	if err := h.err(); err == nil || !strings.Contains(err.Error(), "the first") {
		t.Errorf("health says %v", err)
	}
	h.leave(first)
	if err := h.err(); err == nil || !strings.Contains(err.Error(), "the second") {
		t.Errorf("health says %v", err)
	}
	h.leave(second)
	if err := h.err(); err != nil {
		t.Errorf("nothing waits, but health says %v", err)
	}
}

// TestOutageIsLoggedOncePerMinuteAndChange runs an outage of ten minutes.
func TestOutageIsLoggedOncePerMinuteAndChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, logged := waiting()
		start := time.Now()
		reason := error(&Error{Status: 503, Type: "unavailable_shards_exception", reason: "primary shard is not active"})
		err := x.persist(t.Context(), func(context.Context) error {
			switch took := time.Since(start); {
			case took > 10*time.Minute:
				return nil
			case took > 5*time.Minute:
				reason = errors.New("connection refused")
			}
			return reason
		}, func(error) bool { return false })
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(logged.String(), "trying again"); n < 9 || n > 12 {
			t.Errorf("%d lines for an outage of ten minutes, want about one per minute:\n%s", n, logged)
		}
		for _, want := range []string{"primary shard is not active", "allocation/explain", "connection refused", "goes on"} {
			if !strings.Contains(logged.String(), want) {
				t.Errorf("the log does not say %q", want)
			}
		}
	})
}

func TestPersistEndsWithWhatIsFinal(t *testing.T) {
	x, _ := waiting()
	final, attempts := errors.New("final"), 0
	err := x.persist(t.Context(), func(context.Context) error { attempts++; return final }, func(err error) bool { return errors.Is(err, final) })
	if !errors.Is(err, final) || attempts != 1 {
		t.Errorf("%v after %d attempts", err, attempts)
	}
}

func TestMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := NewMetrics(reg)
	if got := values(t, reg); len(got) != 11 {
		t.Errorf("%d series before anything happened, want all 11: %v", len(got), got)
	}
	m.stored(5, 2)
	m.conflicted(true)
	m.retried(hold)
	m.waiting(+1)
	m.bulk(time.Second, 100)
	m.indexLost()
	got := values(t, reg)
	for name, want := range map[string]float64{
		"documents_total": 5, "quarantined_total": 2, "conflicts_total same": 1, "conflicts_total different": 0,
		"retries_total hold": 1, "held": 1, "bulk_bytes_total": 100, "indices_lost_total": 1,
	} {
		if got["waltrail_indexer_"+name] != want {
			t.Errorf("%s is %v, want %v", name, got["waltrail_indexer_"+name], want)
		}
	}
}

// values returns counters and gauges by name and label value, histograms by
// name and number of observations.
func values(t *testing.T, reg *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			name := family.GetName()
			for _, label := range metric.GetLabel() {
				name += " " + label.GetValue()
			}
			got[name] = metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + float64(metric.GetHistogram().GetSampleCount())
		}
	}
	return got
}

func TestNoMetrics(_ *testing.T) {
	var m *Metrics
	m.stored(1, 1)
	m.conflicted(false)
	m.retried(transient)
	m.waiting(-1)
	m.bulk(time.Second, 1)
	m.indexLost()
}

func TestDiscard(t *testing.T) {
	var d Discard
	if err := errors.Join(d.Write(t.Context(), sample("shop", 0, 3).Changes), d.Healthy()); err != nil {
		t.Error(err)
	}
	d.Close()
}
