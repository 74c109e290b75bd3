package document

// RawJSON is a JSON value passed through as text. Empty means absent.
type RawJSON string

// Kind says what a Side or Cell holds.
type Kind uint8

const (
	// Absent means that nothing is known; the part is left out of the JSON.
	Absent Kind = iota
	// Null is SQL NULL.
	Null
	// Text is a value in PostgreSQL's text form.
	Text
	// JSON is a json or jsonb value, passed through.
	JSON
)

// The values of Field.Op for a column that is not a plain change.
const (
	// OpUnchanged marks an out-of-line value that the update did not touch.
	OpUnchanged = "unchanged"
	// OpUnknown marks a change of which the log carries no old value.
	OpUnknown = "unknown"
)

// Field is one column of a change, old → new.
type Field struct {
	// Field is the unqualified name, Path the qualified one where it differs.
	Field string `json:"field"`
	Path  string `json:"path,omitzero"`
	Label string `json:"label,omitzero"`
	Type  string `json:"type,omitzero"`
	// Op is empty for a plain change, else OpUnchanged or OpUnknown.
	Op  string `json:"op,omitzero"`
	Old Side   `json:"old,omitzero"`
	New Side   `json:"new,omitzero"`
}

// Side is the old or the new value of a Field. Its zero value is absent.
type Side struct {
	Kind Kind
	// Value is the exact text as PostgreSQL prints it, or the raw JSON for
	// kind JSON; empty for Null.
	Value string
	// Number is Value as a JSON number literal, for numeric kinds within the
	// range of a double only; Date is an RFC 3339 time for date kinds.
	Number, Date string
	// Label and Color are those of a lifecycle status.
	Label, Color string
	// Size and SHA256 describe the whole value where it was cut (Truncated), in
	// bytes and hexadecimal.
	Size      int64
	SHA256    string
	Truncated bool
	// Masked says that Value is not the recorded value itself; HMAC is its
	// keyed hash where the mask is hmac.
	Masked bool
	HMAC   string
}

// IsZero reports whether the side is absent; encoding/json asks it.
func (s Side) IsZero() bool { return s.Kind == Absent && !s.Masked && s.HMAC == "" }

// Cell is one column of a Row. Its Kind is never Absent.
type Cell struct {
	Name  string
	Kind  Kind
	Value string
}

// Row is a JSON object with a member per column, in the column order of the
// table while in memory and sorted by name in JSON. What is unknown is left out.
type Row []Cell
