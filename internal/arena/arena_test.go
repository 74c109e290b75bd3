package arena

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// TestStringsStay proves that no later call changes an earlier string, over
// chunk borders and for long strings too.
func TestStringsStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a Arena
		var got []string
		var want [][]byte
		scratch := make([]byte, 0, chunkSize)
		for range rapid.IntRange(1, 60).Draw(t, "strings") {
			n := rapid.OneOf(rapid.IntRange(0, 40), rapid.IntRange(0, chunkSize)).Draw(t, "length")
			fill := rapid.Byte().Draw(t, "fill")
			scratch = append(scratch[:0], bytes.Repeat([]byte{fill}, n)...)
			got = append(got, a.String(scratch))
			want = append(want, bytes.Clone(scratch))
		}
		for i := range got {
			if got[i] != string(want[i]) {
				t.Fatalf("string %d changed after it was made", i)
			}
		}
	})
}

func TestStringAllocatesPerChunk(t *testing.T) {
	var a Arena
	b := []byte("0123456789abcdef")
	if n := testing.AllocsPerRun(1000, func() { _ = a.String(b) }); n >= 1 {
		t.Fatalf("%v allocations per string, want far below 1", n)
	}
}
