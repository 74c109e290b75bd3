// Package transform turns row changes into documents under the configuration:
// which tables are audited, what their columns are called, what is masked, what
// a lifecycle is. It is pure: no clock, no I/O, no goroutine, and the same log
// gives the same documents on every replay (invariant 5).
//
//   - entity.go, yaml.go: Entity, the configuration of one audited table
//   - config.go, validate.go: Config and what is wrong with it
//   - transform.go: Transformer, from batch to batch, and its Stats
//   - plan.go, table.go: what is derived once per table shape
//   - row.go, update.go: insert, update, delete and truncate
//   - item.go: ids, identifiers, parents and containers
//   - side.go, value.go: one value: exact text, number, date, JSON, cut
//   - mask.go, derive.go: masks and configured value expressions
//   - terms.go: search tokens
//   - context.go, contextjson.go, json.go: who and why, from in-WAL messages
//   - logged.go: business events and mails, from in-WAL messages
//   - sentence.go: the sentence for a person
//
// It does not know how documents are encoded, stored or published, and never
// refuses an event: what it cannot use it counts in Stats.
package transform
