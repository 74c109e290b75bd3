package indexer

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts what the indexer does. A nil *Metrics counts nothing.
type Metrics struct {
	documents   prometheus.Counter
	quarantined prometheus.Counter
	conflicts   *prometheus.CounterVec
	retries     *prometheus.CounterVec
	bulkSeconds prometheus.Histogram
	bulkBytes   prometheus.Counter
	held        prometheus.Gauge
	indicesLost prometheus.Counter
}

// NewMetrics registers the metrics, visible as zero from the start.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "waltrail_indexer_" + name, Help: help})
	}
	vec := func(name, help, label string, values ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "waltrail_indexer_" + name, Help: help}, []string{label})
		for _, value := range values {
			v.WithLabelValues(value)
		}
		return v
	}
	m := &Metrics{
		documents:   counter("documents_total", "Documents made durable, quarantined ones not included."),
		quarantined: counter("quarantined_total", "Documents that the index refused for good, stored in the quarantine."),
		conflicts:   vec("conflicts_total", "Documents whose id existed: same = stored before, different = the database's history was rewound.", "outcome", "same", "different"),
		retries:     vec("retries_total", "Attempts that had to be repeated, by policy.", "policy", transient.String(), hold.String(), unknown.String()),
		bulkSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "waltrail_indexer_bulk_seconds", Help: "Time of one bulk request.",
			Buckets: prometheus.ExponentialBuckets(0.002, 2, 15),
		}),
		bulkBytes:   counter("bulk_bytes_total", "Bytes of bulk requests sent, repetitions included."),
		held:        prometheus.NewGauge(prometheus.GaugeOpts{Name: "waltrail_indexer_held", Help: "Calls that wait for Elasticsearch now."}),
		indicesLost: counter("indices_lost_total", "Indices that were deleted while in use, and made anew."),
	}
	reg.MustRegister(m.documents, m.quarantined, m.conflicts, m.retries, m.bulkSeconds, m.bulkBytes, m.held, m.indicesLost)
	return m
}

func (m *Metrics) stored(documents, quarantined int) {
	if m != nil {
		m.documents.Add(float64(documents))
		m.quarantined.Add(float64(quarantined))
	}
}

func (m *Metrics) conflicted(same bool) {
	if m == nil {
		return
	}
	outcome := "different"
	if same {
		outcome = "same"
	}
	m.conflicts.WithLabelValues(outcome).Inc()
}

func (m *Metrics) retried(p policy) {
	if m != nil {
		m.retries.WithLabelValues(p.String()).Inc()
	}
}

func (m *Metrics) bulk(took time.Duration, bytes int64) {
	if m != nil {
		m.bulkSeconds.Observe(took.Seconds())
		m.bulkBytes.Add(float64(bytes))
	}
}

func (m *Metrics) waiting(delta int) {
	if m != nil {
		m.held.Add(float64(delta))
	}
}

func (m *Metrics) indexLost() {
	if m != nil {
		m.indicesLost.Inc()
	}
}
