package change

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// LSN is a position in the write-ahead log, in bytes since its beginning
// (PostgreSQL documentation, chapter "pg_lsn Type"). Zero means "none".
type LSN uint64

// String returns the form that PostgreSQL prints, for example 0/16B3748.
func (l LSN) String() string {
	return fmt.Sprintf("%X/%X", uint32(l>>32), uint32(l)) //nolint:gosec // the two halves are what is printed
}

// ParseLSN reads the form that String writes.
func ParseLSN(s string) (LSN, error) {
	high, low, ok := strings.Cut(s, "/")
	if !ok {
		return 0, fmt.Errorf("LSN %q: want two hexadecimal numbers with a slash between, as in 0/16B3748", s)
	}
	h, err := strconv.ParseUint(high, 16, 32)
	if err != nil {
		return 0, fmt.Errorf("LSN %q: %w", s, err)
	}
	l, err := strconv.ParseUint(low, 16, 32)
	if err != nil {
		return 0, fmt.Errorf("LSN %q: %w", s, err)
	}
	return LSN(h<<32 | l), nil
}

const hexDigits = "0123456789abcdef"

// appendHex appends the low digits*4 bits of v in lower-case hexadecimal.
func appendHex(dst []byte, v uint64, digits int) []byte {
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[v>>uint(shift)&0xf]) //nolint:gosec // shift is never negative
	}
	return dst
}

// Position is the place of one change in the total order of a database: by
// commit, then by record, then by row of the record.
type Position struct {
	// Commit is the LSN of the commit record, known from Begin on (invariant 8).
	Commit LSN
	// Change is the WALStart of the row's message.
	Change LSN
	// N is the ordinal among the rows of one WAL record and table: a COPY puts
	// hundreds of rows into one record.
	N uint16
}

// PositionLen is the length of the text that Append writes.
const PositionLen = 16 + 1 + 16 + 1 + 4

// Append appends the text form, which compares as the position does.
func (p Position) Append(dst []byte) []byte {
	dst = append(appendHex(dst, uint64(p.Commit), 16), '-')
	dst = append(appendHex(dst, uint64(p.Change), 16), '-')
	return appendHex(dst, uint64(p.N), 4)
}

// String returns the text form of Append.
func (p Position) String() string { return string(p.Append(make([]byte, 0, PositionLen))) }

// Compare returns -1, 0 or +1 as p is before, at or after q.
func (p Position) Compare(q Position) int {
	if c := cmp.Compare(p.Commit, q.Commit); c != 0 {
		return c
	}
	if c := cmp.Compare(p.Change, q.Change); c != 0 {
		return c
	}
	return cmp.Compare(p.N, q.N)
}
