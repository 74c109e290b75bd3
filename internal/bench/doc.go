// Command bench measures Waltrail beside the bare tools that do parts of its
// work, all in one run on the same servers: `make bench`.
//
//   - main.go: flags, signals, progress and exit code
//   - bench.go: the order of the phases, and what each one leaves for the next
//   - servers.go: PostgreSQL, Elasticsearch and NATS, each a process of its own
//   - reader.go, loader.go, publisher.go: the bare tools
//   - daemon.go, waltrail.go: the real binary as a child process, on a backlog
//   - latency.go: from commit to trigger at a steady rate
//   - proc.go, meter.go: CPU time and memory of a process, from /proc
//   - report.go, table.go: the bound computed from the parts; text and JSON
//
// It proves nothing about correctness beyond counting: a phase fails when a
// document or a trigger is missing. Linux only.
package main
