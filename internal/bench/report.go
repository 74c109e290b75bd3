package main

import (
	"fmt"
	"runtime"
	"slices"
	"time"
)

// The phases that a run measures.
const (
	nameReader    = "bare pgoutput reader"
	nameLoader    = "bare bulk loader"
	namePublisher = "bare async publisher"
	nameFull      = "waltrail, index + triggers"
	nameTriggers  = "waltrail, triggers only"
)

// micros is CPU time per change by process, in microseconds; 0 is "no part in it".
type micros struct {
	Client    float64 `json:"client,omitempty"`
	Walsender float64 `json:"walsender,omitempty"`
	Index     float64 `json:"index,omitempty"`
	NATS      float64 `json:"nats,omitempty"`
}

// result is what one phase measured.
type result struct {
	Name      string  `json:"name"`
	Changes   int     `json:"changes"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"changes_per_second"`
	CPU       micros  `json:"cpu_us_per_change"`
	// Others is the part of the machine that processes without a part in the phase
	// took meanwhile. Where it is large, the rate says more about them.
	Others float64 `json:"others"`
	// Allocs is heap allocations per change in the client.
	Allocs float64 `json:"allocations_per_change"`
	// PeakRSS is the client's largest resident set in bytes, of Waltrail only.
	PeakRSS int64 `json:"peak_rss_bytes,omitempty"`
	// FirstTrigger is the time from the start of the process to the first trigger,
	// Confirmed from the last trigger to the confirmation of all, in seconds.
	FirstTrigger float64 `json:"first_trigger_seconds,omitempty"`
	Confirmed    float64 `json:"confirmed_seconds,omitempty"`
}

// newResult divides what was spent by the number of changes.
func newResult(name string, changes int, took time.Duration, s spent) result {
	per := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) / float64(changes) }
	return result{
		Name: name, Changes: changes, Seconds: took.Seconds(), PerSecond: float64(changes) / took.Seconds(),
		Others: float64(s.others()) / float64(took) / float64(runtime.NumCPU()),
		CPU:    micros{Client: per(s.client), Walsender: per(s.walsender), Index: per(s.index), NATS: per(s.nats)},
	}
}

// bound is what the machine could do if it did nothing but the parts.
type bound struct {
	// Micros is the CPU of walsender, index, NATS and Waltrail for one change.
	Micros    float64 `json:"cpu_us_per_change"`
	PerSecond float64 `json:"changes_per_second"`
	// Reached is the part of it that Waltrail did in this run.
	Reached float64 `json:"reached"`
}

// latency is from the commit time to the arrival of the trigger, in milliseconds.
type latency struct {
	Rate    float64 `json:"rate"`
	Changes int     `json:"changes"`
	P50     float64 `json:"p50_ms"`
	P99     float64 `json:"p99_ms"`
	Max     float64 `json:"max_ms"`
}

// newLatency sorts the times, of which there must be one at least.
func newLatency(rate float64, all []time.Duration) latency {
	slices.Sort(all)
	at := func(q float64) float64 {
		return float64(all[int(q*float64(len(all)-1))]) / float64(time.Millisecond)
	}
	return latency{Rate: rate, Changes: len(all), P50: at(0.5), P99: at(0.99), Max: at(1)}
}

// report is one run.
type report struct {
	Cores         int      `json:"cores"`
	Results       []result `json:"results"`
	DocumentBytes float64  `json:"document_bytes_mean"`
	// Bound is with the index, BoundTriggers without.
	Bound         bound   `json:"bound"`
	BoundTriggers bound   `json:"bound_triggers_only"`
	Latency       latency `json:"latency"`
}

// get returns the result of a phase, zero when it did not run.
func (r *report) get(name string) result {
	i := slices.IndexFunc(r.Results, func(x result) bool { return x.Name == name })
	if i < 0 {
		return result{}
	}
	return r.Results[i]
}

// computeBounds takes the parts from the bare tools of the same run, and
// Waltrail's own part from its own phase.
func (r *report) computeBounds() {
	walsender, nats := r.get(nameReader).CPU.Walsender, r.get(namePublisher).CPU.NATS
	full, triggers := r.get(nameFull), r.get(nameTriggers)
	r.Bound = newBound(r.Cores, walsender+nats+r.get(nameLoader).CPU.Index+full.CPU.Client, full.PerSecond)
	r.BoundTriggers = newBound(r.Cores, walsender+nats+triggers.CPU.Client, triggers.PerSecond)
}

// newBound takes the cost of a change in microseconds of CPU, and the rate that was reached.
func newBound(cores int, cpu, reached float64) bound {
	if cpu == 0 {
		return bound{}
	}
	perSecond := float64(cores) * 1e6 / cpu
	return bound{Micros: cpu, PerSecond: perSecond, Reached: reached / perSecond}
}

// quietEnough is the largest part of the machine that others may take.
const quietEnough = 0.1

// disturbed names the phases whose rates cannot be compared.
func (r *report) disturbed() (names []string) {
	for _, x := range r.Results {
		if x.Others > quietEnough {
			names = append(names, fmt.Sprintf("%s (%.0f %%)", x.Name, 100*x.Others))
		}
	}
	return names
}
