// Package indexer makes documents durable in Elasticsearch, idempotently, and
// says of each refusal what it is. It also holds the receipts, and reads.
//
// The way of a batch:
//
//   - indexer.go: Indexer, what it is made of and its life
//   - write.go, item.go: Write, rounds of bulk requests until nothing is pending
//   - bulk.go, parse.go: one bulk request, streamed from the documents, and its answer
//   - policy.go, errors.go: what an answer means and what is done about it, in one table
//   - conflict.go: an id that exists already: the same change, or a rewound history
//   - quarantine.go: documents that the index refuses for good
//   - patience.go, health.go: waiting through an outage, and saying so
//
// Around it:
//
//   - config.go, secret.go: the configuration section and its checks
//   - client.go, credentials.go: connections, TLS, authentication
//   - template.go, templates/, indices.go: mappings, Setup, and indices made before they are written
//   - receipts.go: Head and AppendReceipt
//   - search.go: Search for the read model
//   - check.go, checkserver.go: what doctor asks
//   - discard.go: Discard, the index of the triggers-only mode
//   - metrics.go: Metrics
//
// The package is the only importer of the Elasticsearch client. It does not
// know what a document means, does not order Writes among each other, confirms
// nothing to PostgreSQL, and never changes or deletes a stored document.
package indexer
