// Package pgoutput decodes PostgreSQL's logical replication messages, protocol
// version 1, into the events of package change.
//
//   - decoder.go: Decoder, the state of one stream, and the dispatch
//   - row.go: inserts, updates, deletes, truncates and logical messages
//   - relation.go: descriptions of tables and types
//   - cursor.go, slab.go: length-checked reading, memory for many values at once
//   - ordinal.go, xid.go: the ordinal of a row, transaction ids of 64 bits
//   - types.go: the names of built-in types as format_type prints them
//
// It is pure: no connection, no clock, no goroutine. It does not ask the
// catalog, confirm anything or know what a change means. Binary tuples,
// streamed and two-phase transactions are refused, not skipped (invariant 8).
package pgoutput
