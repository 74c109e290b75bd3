// Package arena turns short-lived bytes into long-lived strings at a cost of
// one allocation per chunk instead of one per string.
//
// A chunk is filled once and never written again, so the strings cut from it
// are ordinary immutable Go strings: they may be kept for any time and need no
// release. What they cost is that one string keeps its whole chunk alive, so the
// package fits values that live and die together, as those of one batch do.
package arena

import "unsafe"

// chunkSize is what one allocation takes. Strings longer than a quarter of it
// get memory of their own, so that a chunk's tail is never wasted on them.
const chunkSize = 64 << 10

// Arena hands out strings. The zero value is ready. It is not safe for
// concurrent use; the strings are.
type Arena struct {
	chunk []byte // only ever appended to within its capacity
}

// String returns a string with the contents of b, which the caller may reuse.
func (a *Arena) String(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > chunkSize/4 {
		return string(b)
	}
	if len(b) > cap(a.chunk)-len(a.chunk) {
		a.chunk = make([]byte, 0, chunkSize)
	}
	start := len(a.chunk)
	a.chunk = append(a.chunk, b...)
	return unsafe.String(&a.chunk[start], len(b)) //nolint:gosec // these bytes are never written again
}
