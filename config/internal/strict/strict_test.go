package strict

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sample has every kind that Decode knows.
type sample struct {
	Text     string           `yaml:"text"`
	Flag     bool             `yaml:"flag"`
	Maybe    *bool            `yaml:"maybe"`
	Whole    int              `yaml:"whole"`
	Small    int8             `yaml:"small"`
	Count    uint16           `yaml:"count"`
	Real     float64          `yaml:"real"`
	Time     time.Duration    `yaml:"time"`
	Words    []string         `yaml:"words"`
	Parts    []part           `yaml:"parts"`
	ByName   map[string]*part `yaml:"by_name"`
	Fields   inline           `yaml:"fields"`
	Hidden   string           `yaml:"-"`
	Untagged string
	Option   map[string]string `yaml:"option,omitempty"`
}

type part struct {
	Name string `yaml:"name"`
}

type inline struct {
	Skip []string        `yaml:"skip"`
	Rest map[string]part `yaml:",inline"`
}

func noVariables(string) (string, bool) { return "", false }

func decode(t *testing.T, text string) (sample, []string) {
	t.Helper()
	var s sample
	src := Decode([]byte(text), &s, func(name string) (string, bool) {
		return "value of " + name, strings.HasPrefix(name, "SET")
	})
	var found []string
	for _, p := range src.Problems() {
		found = append(found, p.Key+"|"+p.Text)
	}
	return s, found
}

func TestDecode(t *testing.T) {
	yes := true
	for _, tt := range []struct {
		name, text string
		want       sample
	}{
		{"nothing", "", sample{}},
		{"comment", "# only\n", sample{}},
		{"plain text", "text: a b", sample{Text: "a b"}},
		{"quoted text", `text: "a\tb"`, sample{Text: "a\tb"}},
		{"block text", "text: |\n  a\n  b\n", sample{Text: "a\nb\n"}},
		{"a number is text where text is wanted", "text: 0042", sample{Text: "0042"}},
		{"a bool is text where text is wanted", "text: true", sample{Text: "true"}},
		{"null leaves the zero value", "text:\nwhole: null\nmaybe: ~", sample{}},
		{"bool", "flag: true\nmaybe: true", sample{Flag: true, Maybe: &yes}},
		{"numbers", "whole: -1_000\nsmall: 127\ncount: 65535\nreal: 1.5e3", sample{Whole: -1000, Small: 127, Count: 65535, Real: 1500}},
		{"duration", "time: 1h30m", sample{Time: 90 * time.Minute}},
		{"days", "time: 7d", sample{Time: 7 * 24 * time.Hour}},
		{"weeks", "time: 2w", sample{Time: 14 * 24 * time.Hour}},
		{"list", "words: [a, 1]", sample{Words: []string{"a", "1"}}},
		{"block list", "words:\n- a\n- b", sample{Words: []string{"a", "b"}}},
		{"one word for a list", "words: a", sample{Words: []string{"a"}}},
		{"empty list", "words: []", sample{Words: []string{}}},
		{"list of structs", "parts: [{name: a}, {name: b}]", sample{Parts: []part{{"a"}, {"b"}}}},
		{"map", "by_name:\n  x: {name: a}\n  y:", sample{ByName: map[string]*part{"x": {"a"}, "y": nil}}},
		{"inline keys", "fields: {skip: s, x: {name: a}}", sample{Fields: inline{Skip: []string{"s"}, Rest: map[string]part{"x": {"a"}}}}},
		{"anchor and tag are looked through", "text: &a !!str 5", sample{Text: "5"}},
		{"option after the name", "option: {a: b}", sample{Option: map[string]string{"a": "b"}}},
		{"variable", "text: <${SET_A}>${SETB}", sample{Text: "<value of SET_A>value of SETB"}},
		{"two dollars are one", "text: $${SET} $5 $", sample{Text: "${SET} $5 $"}},
		{"key in quotes", `"text": a`, sample{Text: "a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, problems := decode(t, tt.text)
			if len(problems) > 0 {
				t.Fatalf("problems: %q", problems)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeReportsAll(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"whole numbers", "whole: 1.5\nsmall: 128\ncount: -1", []string{
			`whole|want a whole number, found "1.5"`, `small|want a whole number, found "128"`, `count|want a whole number, found "-1"`,
		}},
		{"duration without unit", "time: 5", []string{`time|want a duration such as 500ms, 30s, 24h or 7d, found "5"`}},
		{"too many days", "time: 999999999d", []string{`time|want a duration such as 500ms, 30s, 24h or 7d, found "999999999d"`}},
		{"bool in words", "flag: on", []string{`flag|want true or false, found "on"`}},
		{"element of a list", "parts: [{name: a}, {nam: b}]", []string{"parts[1].nam|is not a key here; did you mean name?"}},
		{"inside a list of words", "words: [a, [b]]", []string{"words[1]|want a single value, found a list"}},
		{"hidden and untagged fields are no keys", "Hidden: a\nUntagged: b\n-: c", []string{
			"Hidden|" + known, "Untagged|" + known, "-|" + known,
		}},
		{"two variables", "text: ${A}${B}", []string{
			"text|the environment variable A is not set; set it, or write $${A} for the characters themselves\n" +
				"the environment variable B is not set; set it, or write $${B} for the characters themselves",
		}},
		{"open variable", "text: a${B", []string{"text|${B is not a variable; write ${NAME}, or $${ for the characters themselves"}},
		{"top level", "- a", []string{"|want keys with values, as in {key: value}, found a list"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, got := decode(t, tt.text)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

const known = "is not a key here; known are by_name, count, fields, flag, maybe, option, parts, real, small, text, time, whole, words"

func TestPlaces(t *testing.T) {
	const text = "text: a\nby_name:\n  x:\n    name: b\nparts:\n  - name: c\n"
	var s sample
	src := Decode([]byte(text), &s, noVariables)
	for _, key := range []string{"parts[0].name", "by_name.x.missing", "by_name.x.name", "text", "nowhere.at.all", "by_name"} {
		src.Add(key, "x")
	}
	var got []Problem
	for _, p := range src.Problems() {
		got = append(got, Problem{Line: p.Line, Column: p.Column, Key: p.Key})
	}
	want := []Problem{
		{1, 1, "nowhere.at.all", ""}, {1, 7, "text", ""}, {2, 1, "by_name", ""},
		{3, 3, "by_name.x.missing", ""}, {4, 11, "by_name.x.name", ""}, {6, 11, "parts[0].name", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !src.Has("by_name.x") || src.Has("by_name.y") {
		t.Error("Has does not tell what the document has")
	}
	if !src.Wrong("text") || src.Wrong("whole") {
		t.Error("Wrong does not tell what was reported")
	}
}

func TestMisspeltKeyIsNotMissing(t *testing.T) {
	var s sample
	src := Decode([]byte("txet: a\n"), &s, noVariables)
	if !src.Wrong("text") {
		t.Error("text would be reported as missing, beside the misspelt key")
	}
}

func TestNearest(t *testing.T) {
	known := []string{"table", "title", "triggers", "dsn"}
	for word, want := range map[string]string{
		"tabel": "table", "Table": "table", "tables": "table", "titel": "title", "trigger": "triggers",
		"dns": "dsn", "zzz": "", "database": "", "": "",
	} {
		if got := nearest(known, word); got != want {
			t.Errorf("nearest %q: want %q, got %q", word, want, got)
		}
	}
}

func TestSchemaOfKinds(t *testing.T) {
	text, err := Schema(reflect.TypeFor[sample](), "Sample", map[string]Key{
		"text": {Text: "A text.", Enum: []string{"a", "b"}, Required: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Required   []string       `json:"required"`
		Additional *bool          `json:"additionalProperties"`
		Properties map[string]any `json:"properties"`
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"text"}, got.Required); diff != "" || got.Additional == nil || *got.Additional {
		t.Errorf("required %v, additional %v", got.Required, got.Additional)
	}
	want := map[string]any{"description": "A text.", "enum": []any{"a", "b"}}
	if diff := cmp.Diff(want, got.Properties["text"]); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	if _, ok := got.Properties["Hidden"]; ok || len(got.Properties) != 13 {
		t.Errorf("%d properties", len(got.Properties))
	}
}

// FuzzDecode looks for panics, and for problems without a place.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"text: a", "words: [a, b]\nparts:\n- name: ${X}", "fields: {skip: s, x: {name: a}}", "a: &b c\nd: *b", "<<: {a: b}",
		"by_name: {? x : y}", "text: |\n a\n", "\t", "---\n---\n", "text: !!binary aGk=", "{}", "[", "time: 1d", "? [a]\n: b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s sample
		for _, p := range Decode([]byte(text), &s, noVariables).Problems() {
			if p.Line < 1 || p.Column < 1 || p.Text == "" {
				t.Errorf("problem without a place: %+v", p)
			}
		}
	})
}
