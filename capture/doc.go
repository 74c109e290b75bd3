// Package capture turns PostgreSQL's write-ahead log into batches of changes.
// It owns the replication connection, the slot and the publication, and is
// the only importer of pglogrepl.
//
//   - config.go: Config, its defaults and what is wrong with it
//   - connect.go: connections with the session settings that fix the text form of values
//   - open.go, reader.go: Reader, one session from Open to Close
//   - stream.go, status.go: its two goroutines, one that reads and one that answers
//   - handoff.go: the batch that accumulates between the stream and Next
//   - coalesce.go, lowat_*.go: many rows per system call
//   - catalog.go: keys and type names, which the log does not carry
//   - plan.go, publication.go, slot.go, setup.go: what must exist on the server
//   - check.go: what `doctor` says about the server
//   - errors.go, metrics.go: classified errors without row values, Prometheus metrics
//
// The wire format is decoded by internal/pgoutput. The package gives changes no
// meaning, retries nothing beyond its own session and takes no snapshot of
// existing rows. Whoever holds a Reader opens a new one after an error; the
// slot says where it goes on (invariant 3).
package capture
