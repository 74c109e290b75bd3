// Package history is the read model: what people ask of the trail and how the
// index answers.
//
//   - query.go: Query, the search language as a tree, and its text form
//   - parse.go, lex.go: text to Query
//   - moment.go: dates and times as people write them
//   - compile.go, values.go, dsl.go: Query to the index's own query language
//   - reader.go, page.go: Reader, which asks, and the page that comes back
//
// The language up to the compiled request is pure: no clock, no connection.
// The package neither connects to the index (a Searcher does) nor decides how a
// change looks (package history/render does).
//
// # The search language
//
// Words and filters with spaces between; all must hold.
//
//	shirt "blue shirt"          in labels, identifiers, titles, reasons, names; values that begin so
//	entity: id: container: kind: interface: run: type: tx:
//	field:price                 any Price, whatever its qualifiers or entity
//	field:"price[currency=EUR]" one of them
//	old:1.50 new:2.00           values; with field: those of that field
//	field:price>10              the new value, as a number or a date
//	user:jane                   id, e-mail address, name or a word of the name
//	from:2026-03-01 to:today    also -7d, -12h, yesterday, "2026-03-04 10:15"
//	type:created,deleted        one of several
//	id:SKU-* new:?              wildcards; in quotes * and ? stand for themselves
//	-interface:import           not
package history
