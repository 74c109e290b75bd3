// Package pipeline is the conveyor between the stations: it keeps their order,
// bounds what is under way, and is the only caller of Confirm.
//
//		Source.Next → Transform → Index.Write (several at once) → Publish (in order) → receipt → Source.Confirm
//
//	  - pipeline.go: the seams, Options, Run and the way it stops
//	  - load.go: takes batches from the source and puts cargo on the line
//	  - deliver.go: takes cargo off the line in order: publish, receipt, confirm
//	  - account.go: what the next receipt says; pure
//	  - metrics.go: watermarks and counters
//
// One Run is one session: one replication connection. After an error the
// caller starts another one, and PostgreSQL sends again what was not confirmed
// (invariant 3); ids make the repetition harmless. The package does not know
// PostgreSQL, Elasticsearch or NATS, and never looks into a document beyond its
// position, id and hash.
package pipeline
