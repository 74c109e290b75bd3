package transform

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestStorable(t *testing.T) {
	many := func(n int, last string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"n%d": 1, `, i)
		}
		return "{" + b.String() + `"` + last + `": 1}`
	}
	tests := []struct {
		name, text     string
		always, unique bool
	}{
		{"object", ` {"a": [1, -2.5e3, true, false, null, "x\u00e9\n"]} `, true, true},
		{"scalar", `"a"`, true, true},
		{"empty", "", false, false},
		{"something behind", `{} x`, false, false},
		{"name twice", `{"a": 1, "a": 2}`, true, false},
		{"name twice in other objects", `{"a": {"a": 1}, "b": {"a": 2}}`, true, true},
		{"name twice, escaped", `{"é": 1, "\u00e9": 2}`, true, false},
		{"name twice deep down", `[[{"x": {"a": 1, "a": 2}}]]`, true, false},
		{"many names", many(50, "last"), true, true},
		{"many names, an early one twice", many(50, "n0"), true, false},
		{"many names, a late one twice", many(50, "n40"), true, false},
		{"deepest", strings.Repeat("[", maxJSONDepth) + strings.Repeat("]", maxJSONDepth), true, true},
		{"too deep", strings.Repeat("[", maxJSONDepth+2) + strings.Repeat("]", maxJSONDepth+2), false, false},
		{"longest number", strings.Repeat("1", maxNumber), true, true},
		{"number too long", strings.Repeat("1", maxNumber+1), false, false},
		{"broken bytes", "\"\xff\"", false, false},
		{"unfinished", `{"a": [1, `, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s jsonScanner
			for range 2 { // the second time with what the first left behind
				if always, unique := s.storable(tt.text, false), s.storable(tt.text, true); always != tt.always || unique != tt.unique {
					t.Errorf("storable as jsonb %v, as json %v, want %v and %v", always, unique, tt.always, tt.unique)
				}
			}
		})
	}
}

// FuzzStorable holds the scanner against encoding/json: it must take what that takes,
// and nothing else, within its own limits.
func FuzzStorable(f *testing.F) {
	for _, seed := range []string{
		`{"a": [1, -2.5e3, true, null, "x\u00e9\n"]}`, `"\ud83c\udf89"`, `[1,]`, `{"a":1,}`, `{"a" 1}`, `nul`, "\"\x01\"", `"\x"`, `"\u12g4"`, `-`, `"\`, `"\u1`, `["\u`, `{"\`, `{1:2}`, `[`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > maxNumber {
			return
		}
		var s jsonScanner
		if got, want := s.storable(text, false), json.Valid([]byte(text)) && utf8.ValidString(text); got != want {
			t.Errorf("%q is storable: %v, want %v", text, got, want)
		}
		visited := 0
		objectMembers(text, func(string, string) { visited++ })
		elements(text, func(string) { visited++ })
	})
}

func TestObjectMembers(t *testing.T) {
	var got []string
	ok := objectMembers(` {"a" : 1 , "b\"":[ {"c": 2} ],"d":"x"} `, func(name, raw string) { got = append(got, name+"="+raw) })
	if want := `a=1|b"=[ {"c": 2} ]|d="x"`; !ok || strings.Join(got, "|") != want {
		t.Errorf("members are %q, %v, want %q", got, ok, want)
	}
	for _, text := range []string{"", "[]", "5", `{"a":1`, `{"a":1}}`, `{"a"}`} {
		if objectMembers(text, func(string, string) {}) {
			t.Errorf("%q passed for an object", text)
		}
	}
}
