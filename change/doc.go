// Package change is the row-level vocabulary of Waltrail: what PostgreSQL's
// write-ahead log says, before anybody gives it a meaning.
//
//   - position.go: LSN and Position, the total order of changes
//   - value.go: Value (null, text, unchanged, unknown)
//   - relation.go: Relation and Column, a table as of one moment of the log
//   - event.go: Event, Tx and Batch, what capture hands to transform
//
// It uses the standard library only and does no I/O. It knows neither the
// configuration nor the document that is made from a change.
package change
