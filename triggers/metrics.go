package triggers

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics is what Prometheus sees of the package. A nil *Metrics counts nothing.
type Metrics struct {
	published, duplicates, retries, shortened prometheus.Counter
	unacked, held, connected                  prometheus.Gauge
	seconds                                   prometheus.Histogram
	ruleErrors                                *prometheus.CounterVec
}

// NewMetrics registers the metrics with reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Namespace: "waltrail", Subsystem: "triggers", Name: name, Help: help})
		reg.MustRegister(c)
		return c
	}
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "waltrail", Subsystem: "triggers", Name: name, Help: help})
		reg.MustRegister(g)
		return g
	}
	m := &Metrics{
		published:  counter("published_total", "Trigger messages acknowledged by JetStream, duplicates included."),
		duplicates: counter("duplicates_total", "Acknowledged messages that the stream held already."),
		retries:    counter("retries_total", "Pauses before publishing again after a failure."),
		shortened:  counter("shortened_total", "Messages published without values, because the whole was too large."),
		unacked:    gauge("unacked", "Messages sent and not yet acknowledged."),
		held:       gauge("held", "1 while triggers cannot be published, else 0."),
		connected:  gauge("connected", "1 while a connection to NATS stands, else 0."),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "waltrail", Subsystem: "triggers", Name: "publish_seconds",
			Help:    "Time to publish a batch until its last acknowledgement.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 3, 12),
		}),
		ruleErrors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "waltrail", Subsystem: "triggers", Name: "rule_errors_total",
			Help: "Documents for which a rule's condition could not be evaluated; the rule fired.",
		}, []string{"rule"}),
	}
	reg.MustRegister(m.seconds, m.ruleErrors)
	return m
}

// ruleNames makes the counters of all rules visible at zero.
func (m *Metrics) ruleNames(list []*rule) {
	if m == nil {
		return
	}
	for _, r := range list {
		m.ruleErrors.WithLabelValues(r.Name)
	}
}

func (m *Metrics) ruleError(name string) {
	if m != nil {
		m.ruleErrors.WithLabelValues(name).Inc()
	}
}

func (m *Metrics) acked(messages, duplicates int, took time.Duration) {
	if m == nil {
		return
	}
	m.published.Add(float64(messages))
	m.duplicates.Add(float64(duplicates))
	m.seconds.Observe(took.Seconds())
}

func (m *Metrics) short() {
	if m != nil {
		m.shortened.Inc()
	}
}

func (m *Metrics) inFlight(n int) {
	if m != nil {
		m.unacked.Set(float64(n))
	}
}

func (m *Metrics) hold() {
	if m != nil {
		m.retries.Inc()
		m.held.Set(1)
	}
}

func (m *Metrics) release() {
	if m != nil {
		m.held.Set(0)
	}
}

func (m *Metrics) link(up bool) {
	switch {
	case m == nil:
	case up:
		m.connected.Set(1)
	default:
		m.connected.Set(0)
	}
}
