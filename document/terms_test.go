package document

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTerms(t *testing.T) {
	tests := []struct {
		name, want string
		got        []byte
	}{
		{"text is lower-cased", "o:new york=city", AppendTextTerm(nil, TermOld, "New York", "city")},
		{"any letters are", "n:ünïcø=city", AppendTextTerm(nil, TermNew, "ÜnïcØ", "city")},
		{"prefix for any field", "n:a=", AppendTextTerm(nil, TermNew, "A", "")},
		{"empty text", "n:=city", AppendTextTerm(nil, TermNew, "", "city")},
		{"behind other bytes", "xn:é=city", AppendTextTerm([]byte("x"), TermNew, "É", "city")},
		{"number", "n#price=c", AppendNumberTerm(nil, TermNew, "price", 2)},
		{"zero", "n#price=8", AppendNumberTerm(nil, TermNew, "price", 0)},
		{"fraction", "o#price=bff8", AppendNumberTerm(nil, TermOld, "price", 1.5)},
		{"date", "o@day=2026-03-04", AppendDateTerm(nil, TermOld, "day", "2026-03-04")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if string(tt.got) != tt.want {
				t.Errorf("got %q, want %q", tt.got, tt.want)
			}
		})
	}
}

// TestNumberTermsCompare proves that tokens sort as their numbers do.
func TestNumberTermsCompare(t *testing.T) {
	numbers := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{
		0, 1, -1, 2, 1.5, -1.5, 16, 256, 1 << 53, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64,
	}))
	rapid.Check(t, func(t *rapid.T) {
		a, b := numbers.Draw(t, "a"), numbers.Draw(t, "b")
		if a == 0 && b == 0 { // -0 sorts before 0, which no search tells apart
			return
		}
		got := slices.Compare(AppendNumberTerm(nil, TermNew, "f", a), AppendNumberTerm(nil, TermNew, "f", b))
		want := 0
		if a < b {
			want = -1
		} else if a > b {
			want = 1
		}
		if got != want {
			t.Fatalf("tokens of %v and %v compare %d, want %d", a, b, got, want)
		}
	})
}

func TestTextTermsAreLowerCased(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.String().Draw(t, "value")
		if got, want := string(AppendTextTerm(nil, TermNew, value, "f")), "n:"+strings.ToLower(value)+"=f"; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}
