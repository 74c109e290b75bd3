package capture

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/waltrail/waltrail/capture/internal/pgoutput"
	"github.com/waltrail/waltrail/change"
)

// Metrics are the Prometheus metrics of capture. A nil *Metrics counts nothing.
// One is made per process and shared by its sessions.
type Metrics struct {
	events, bytes, transactions, keepalives prometheus.Counter
	sessions, errors                        prometheus.Counter
	received, server, confirmed             prometheus.Gauge
}

// NewMetrics registers the metrics; all are visible with zero from the start.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "waltrail_capture_" + name, Help: help})
		reg.MustRegister(c)
		return c
	}
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "waltrail_capture_" + name, Help: help})
		reg.MustRegister(g)
		return g
	}
	return &Metrics{
		events:       counter("events_total", "Row changes and logical messages decoded."),
		bytes:        counter("bytes_total", "Bytes of log decoded, as PostgreSQL sent them."),
		transactions: counter("transactions_total", "Transactions received completely."),
		keepalives:   counter("keepalives_total", "Keepalives received."),
		sessions:     counter("sessions_total", "Replication sessions begun."),
		errors:       counter("errors_total", "Sessions that ended with an error."),
		received:     gauge("received_lsn_bytes", "Highest position received, in bytes of log since its beginning."),
		server:       gauge("server_lsn_bytes", "Position up to which the server has read its log for us; above confirmed is lag."),
		confirmed:    gauge("confirmed_lsn_bytes", "Position up to which PostgreSQL may remove its log."),
	}
}

// counts gathers what happened since the last add, to touch the shared metrics
// once per read instead of once per row. It belongs to the reading goroutine.
type counts struct {
	events, bytes, transactions, keepalives int
	received, server                        change.LSN
}

func (c *counts) logged(start change.LSN, size int, result pgoutput.Result) {
	c.events += len(result.Events)
	c.bytes += size
	if result.End != 0 {
		c.transactions++
	}
	c.received = max(c.received, start, result.End)
	c.server = max(c.server, c.received)
}

func (c *counts) keptAlive(end change.LSN) {
	c.keepalives++
	c.received, c.server = max(c.received, end), max(c.server, end)
}

// add publishes the counts and zeroes them; the positions stay.
func (m *Metrics) add(c *counts) {
	if m == nil || c.events+c.bytes+c.transactions+c.keepalives == 0 {
		return
	}
	m.events.Add(float64(c.events))
	m.bytes.Add(float64(c.bytes))
	m.transactions.Add(float64(c.transactions))
	m.keepalives.Add(float64(c.keepalives))
	m.received.Set(float64(c.received))
	m.server.Set(float64(c.server))
	*c = counts{received: c.received, server: c.server}
}

func (m *Metrics) confirm(lsn change.LSN) {
	if m != nil {
		m.confirmed.Set(float64(lsn))
	}
}

func (m *Metrics) began() {
	if m != nil {
		m.sessions.Inc()
	}
}

func (m *Metrics) failed() {
	if m != nil {
		m.errors.Inc()
	}
}
