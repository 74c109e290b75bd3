package document

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"
	"pgregory.net/rapid"
)

// TestStringsAreCanonical compares with the canonical JSON library on texts with every
// byte at every place of the eight that are scanned at once.
func TestStringsAreCanonical(t *testing.T) {
	pieces := rapid.SliceOfN(rapid.SampledFrom([]string{
		"a", "bc", "\"", "\\", "\x00", "\x1f", " ", "\x7f", "é", "€", "🎉", "\u2028", "!", "#", "[", "]", "\t", "defghijk",
	}), 0, 12)
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(pieces.Draw(t, "pieces"), "")
		plain, err := json.Marshal([]string{text})
		if err != nil {
			t.Fatal(err)
		}
		want, err := jcs.Transform(plain)
		if err != nil {
			t.Fatal(err)
		}
		if got := "[" + string(appendString(nil, text)) + "]"; got != string(want) {
			t.Fatalf("%q is written as %s, want %s", text, got, want)
		}
	})
}

func TestBrokenStringsAreMadeWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		broken := string(rapid.SliceOfN(rapid.SampledFrom([]byte("ab\"\\\x00\xff\xc3\xa9\xe2\x80")), 0, 30).Draw(t, "bytes"))
		var got string
		if err := json.Unmarshal(appendString(nil, broken), &got); err != nil {
			t.Fatalf("%q: %v", broken, err)
		}
		if want := strings.ToValidUTF8(broken, "\uFFFD"); got != want {
			t.Fatalf("%q is read back as %q, want %q", broken, got, want)
		}
	})
}
