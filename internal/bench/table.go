package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// table writes the report for people.
func (r *report) table(to io.Writer) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	head := "\tchanges/s\tclient µs\twalsender µs\tindex µs\tNATS µs\tallocs\tRSS MB\t\n"
	if _, err := fmt.Fprint(w, head); err != nil {
		return err
	}
	for _, name := range []string{nameReader, nameLoader, namePublisher, nameFull, nameTriggers} {
		x := r.get(name)
		_, err := fmt.Fprintf(w, "%-28s\t%.0f\t%s\t%s\t%s\t%s\t%s\t%s\t\n", x.Name, x.PerSecond, figure(x.CPU.Client),
			figure(x.CPU.Walsender), figure(x.CPU.Index), figure(x.CPU.NATS), figure(x.Allocs), figure(float64(x.PeakRSS)/1e6))
		if err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := r.notes(to); err != nil {
		return err
	}
	return r.warn(to)
}

// figure prints one decimal, and a dash for "no part in it".
func figure(v float64) string {
	if v == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f", v)
}

// notes are the lines under the table.
func (r *report) notes(to io.Writer) error {
	full, l := r.get(nameFull), r.Latency
	_, err := fmt.Fprintf(to, `
µs are CPU time per change. Client is the bare tool, or Waltrail.
document         %.0f bytes on average
bound            %d cores / (walsender + index + NATS + Waltrail = %.1f µs) = %.0f changes/s; Waltrail reached %.0f %%
 without index   %d cores / (walsender + NATS + Waltrail = %.1f µs) = %.0f changes/s; Waltrail reached %.0f %%
start            first trigger %.2f s after the start of the process, with a backlog of %d changes
confirm          receipt and confirmation %.2f s after the last trigger
commit→trigger   p50 %.1f ms, p99 %.1f ms, max %.1f ms at %.0f changes/s (%d changes)
`, r.DocumentBytes,
		r.Cores, r.Bound.Micros, r.Bound.PerSecond, 100*r.Bound.Reached,
		r.Cores, r.BoundTriggers.Micros, r.BoundTriggers.PerSecond, 100*r.BoundTriggers.Reached,
		full.FirstTrigger, full.Changes, full.Confirmed,
		l.P50, l.P99, l.Max, l.Rate, l.Changes)
	return err
}

// warn says when the machine was busy with something else.
func (r *report) warn(to io.Writer) error {
	names := r.disturbed()
	if len(names) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(to, "warning          other processes used the CPU during %s: do not compare rates, run again on a quiet machine\n",
		strings.Join(names, ", "))
	return err
}
