package pipeline

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waltrail/waltrail/change"
)

// Metrics are the watermarks and counters of the line. A nil *Metrics counts nothing.
type Metrics struct {
	events, documents prometheus.Counter
	gaps              prometheus.Counter
	watermark         *prometheus.GaugeVec
	lag               prometheus.Histogram
}

// NewMetrics registers the metrics with reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		events: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "waltrail_pipeline_events_total", Help: "Row changes and messages received from PostgreSQL.",
		}),
		documents: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "waltrail_pipeline_documents_total", Help: "Documents made and delivered: indexed, their triggers acknowledged.",
		}),
		gaps: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "waltrail_pipeline_receipt_gaps_total", Help: "Sessions that found the receipts ending before the slot's position.",
		}),
		watermark: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "waltrail_pipeline_lsn_bytes", Help: "Position in the log that each stage has completed (invariant 4: received ≥ indexed ≥ published ≥ confirmed).",
		}, []string{"stage"}),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "waltrail_pipeline_commit_to_trigger_seconds", Help: "Time from commit to acknowledged trigger, of the last change of each batch; clocks of both machines.",
			Buckets: []float64{.002, .005, .01, .015, .025, .05, .1, .25, .5, 1, 5, 30, 300},
		}),
	}
	reg.MustRegister(m.events, m.documents, m.gaps, m.watermark, m.lag)
	for _, stage := range []string{"received", "indexed", "published", "confirmed"} {
		m.watermark.WithLabelValues(stage)
	}
	return m
}

func (m *Metrics) gap() {
	if m != nil {
		m.gaps.Inc()
	}
}

func (m *Metrics) received(b *change.Batch) {
	if m == nil {
		return
	}
	m.events.Add(float64(len(b.Events)))
	m.mark("received", b.End)
}

func (m *Metrics) indexed(c *cargo) { m.mark("indexed", c.end) }

func (m *Metrics) published(c *cargo) {
	if m == nil {
		return
	}
	m.mark("published", c.end)
	m.documents.Add(float64(len(c.docs)))
	if n := len(c.docs); n > 0 {
		m.lag.Observe(time.Since(c.docs[n-1].Timestamp).Seconds())
	}
}

func (m *Metrics) confirmed(lsn change.LSN) { m.mark("confirmed", lsn) }

func (m *Metrics) mark(stage string, lsn change.LSN) {
	if m != nil && lsn != 0 {
		m.watermark.WithLabelValues(stage).Set(float64(lsn))
	}
}
