package change

// ValueKind says what is known of a column of a row. Null, empty text, unchanged and
// unknown are four different things, and stay so up to the reader's screen.
type ValueKind uint8

const (
	// Unknown is a value that the log does not carry: an old value where the
	// replica identity is not FULL. It is the zero value on purpose.
	Unknown ValueKind = iota
	// Null is SQL NULL.
	Null
	// Text is a value in PostgreSQL's text form.
	Text
	// Unchanged is an out-of-line (TOAST) value that an UPDATE did not touch
	// and the log therefore does not repeat.
	Unchanged
)

// Value is one column of one row.
type Value struct {
	Kind ValueKind
	// Text is set for kind Text only. It is immutable and may be kept as long
	// as needed; it holds alive the chunk of log (some 64 KiB) that it lies in.
	Text string
}

// Known reports whether the log carries the value (which may be null).
func (v Value) Known() bool { return v.Kind == Null || v.Kind == Text }
