package change

import "time"

// Kind is the kind of an Event.
type Kind uint8

// The kinds of events.
const (
	Insert Kind = iota + 1
	Update
	Delete
	Truncate
	// Message is a logical decoding message (pg_logical_emit_message).
	Message
)

// Tx is the transaction that an event belongs to. It is shared by all events
// of the transaction and immutable.
type Tx struct {
	// XID is the 64-bit transaction id (epoch included).
	XID uint64
	// Commit is the LSN of the commit record.
	Commit LSN
	// Time is the commit time.
	Time time.Time
	// Timeline is the timeline of the server that sent it.
	Timeline uint32
}

// Event is one row change, or one logical message, of a committed transaction.
type Event struct {
	Kind Kind
	Pos  Position
	// Tx is nil for a message that is not transactional.
	Tx *Tx
	// Rel is nil for a Message.
	Rel *Relation
	// Old and New hold one Value per column of Rel. Old is nil for Insert and
	// Truncate, and for an Update of which the log carries no old row (identity not FULL
	// and key unchanged); New is nil for Delete and Truncate.
	Old, New []Value
	// Prefix and Content are those of a Message.
	Prefix, Content string
}

// Batch is a run of events in log order. A batch may hold several transactions,
// and a transaction may span several batches.
type Batch struct {
	Events []Event
	// End is the position that may be confirmed to PostgreSQL once this batch
	// and all before it are done: the TransactionEndLSN of the last commit in it, or the
	// ServerWALEnd of a keepalive between transactions (invariant 2). Zero
	// when the batch ends inside a transaction and holds no commit. A batch
	// without events but with End travels the same way as others (invariant 9).
	End LSN
	// Flush asks for a receipt and a confirmation at once, because PostgreSQL
	// asked for a reply: it does so when it wants to shut down.
	Flush bool
	// Bytes is the memory that the batch holds, for the byte budget (invariant 6).
	Bytes int
	// Received is when the last event of the batch was read.
	Received time.Time
}
