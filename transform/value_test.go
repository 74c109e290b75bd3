package transform

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

func TestNumberOf(t *testing.T) {
	long := strings.Repeat("9", maxNumber)
	for in, want := range map[string]string{
		"1.50": "1.5", "2.00": "2", "0": "0", "-0.10": "-0.1", "100": "100", "0.00": "0", "9007199254740993": "9007199254740993",
		"1e+20": "1e+20", "1.5e-07": "1.5e-07", "NaN": "", "Infinity": "", "-Infinity": "", "": "", "-": "", "01": "", "1.": "", ".5": "",
		"1e": "", "1e+": "", "0x10": "", "1 ": "", "$1.00": "", "1,5": "", "--1": "", long: long, long + "9": "",
	} {
		t.Run(in, func(t *testing.T) {
			if got := numberOf(in); got != want {
				t.Errorf("number of %q is %q, want %q", in, got, want)
			}
		})
	}
}

// TestNumbersAreJSON holds isNumber against encoding/json.
func TestNumbersAreJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`-?[0-9]{0,3}\.?[0-9]{0,3}[eE]?[+-]?[0-9]{0,2}`).Draw(t, "number")
		if got, want := isNumber(s), json.Valid([]byte(s)); got != want {
			t.Fatalf("%q is a number: %v, want %v", s, got, want)
		}
	})
}

func TestInstant(t *testing.T) {
	for in, want := range map[string]string{
		"2026-03-04": "2026-03-04T00:00:00Z", "0001-01-01": "0001-01-01T00:00:00Z",
		"2026-03-04 09:15:22": "2026-03-04T09:15:22Z", "2026-03-04 09:15:22.481516+00": "2026-03-04T09:15:22.481516Z",
		"2026-03-04 09:15:22+00": "2026-03-04T09:15:22Z", "9999-12-31 23:59:59.999999": "9999-12-31T23:59:59.999999Z",
		"infinity": "", "-infinity": "", "0044-03-15 BC": "", "0044-03-15 00:00:00+00 BC": "", "294276-12-31 00:00:00+00": "", "0000-01-01": "",
		"2026-03-04 09:15:22+05:30": "", "2026-03-04 09:15:22.": "", "2026-03-04 09:15:22.x": "", "2026-03-04T09:15:22": "", "": "", "+00": "",
	} {
		t.Run(in, func(t *testing.T) {
			iso, ok := instant(in)
			got := ""
			if ok {
				got = string(appendRFC3339(nil, iso))
			}
			if got != want {
				t.Errorf("instant of %q is %q, want %q", in, got, want)
			}
			if _, err := time.Parse(time.RFC3339Nano, got); got != "" && err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCutAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, limit := rapid.String().Draw(t, "text"), rapid.IntRange(0, 40).Draw(t, "limit")
		got := cutAt(s, limit)
		if !strings.HasPrefix(s, got) || len(got) > limit || !utf8.ValidString(got) {
			t.Fatalf("%q cut at %d is %q", s, limit, got)
		}
		if _, next := utf8.DecodeRuneInString(s[len(got):]); len(got) < len(s) && len(got)+next <= limit {
			t.Fatalf("%q cut at %d is %q: one more fits", s, limit, got)
		}
	})
}

// TestExactValues records values that other systems change on their way.
func TestExactValues(t *testing.T) {
	type want struct {
		kind         document.Kind
		number, date string
		term         string
	}
	deep := strings.Repeat("[", maxJSONDepth+2) + strings.Repeat("]", maxJSONDepth+2)
	tests := []struct {
		name, typ, value string
		want             want
	}{
		{"big integer", "int8", "9007199254740993", want{document.Text, "9007199254740993", "", "n#v=c34"}},
		{"numeric with zeros", "numeric", "2.00", want{document.Text, "2", "", "n#v=c"}},
		{"numeric NaN", "numeric", "NaN", want{document.Text, "", "", "n:nan=v"}},
		{"numeric beyond a double", "numeric", "1" + strings.Repeat("0", 310), want{document.Text, "", "", "n:1" + strings.Repeat("0", 310) + "=v"}},
		{"float infinity", "float8", "Infinity", want{document.Text, "", "", "n:infinity=v"}},
		{"money", "money", "$1,000.00", want{document.Text, "", "", "n:$1,000.00=v"}},
		{"timestamp infinity", "timestamptz", "infinity", want{document.Text, "", "", "n:infinity=v"}},
		{"year BC", "date", "0044-03-15 BC", want{document.Text, "", "", "n:0044-03-15 bc=v"}},
		{"year 294276", "timestamp", "294276-12-31 23:59:59", want{document.Text, "", "", "n:294276-12-31 23:59:59=v"}},
		{"timestamp", "timestamptz", "2026-03-04 09:15:22.5+00", want{document.Text, "", "2026-03-04T09:15:22.5Z", "n@v=2026-03-04 09:15:22.5"}},
		{"empty text", "text", "", want{document.Text, "", "", "n:=v"}},
		{"text null", "text", "null", want{document.Text, "", "", "n:null=v"}},
		{"array with bounds", "text[]", "[0:1]={a,NULL}", want{document.Text, "", "", "n:[0:1]={a,null}=v"}},
		{"domain over a number", "state", "5", want{document.Text, "", "", "n:5=v"}},
		{"jsonb", "jsonb", `{"a": 9007199254740993}`, want{document.JSON, "", "", `n:{"a": 9007199254740993}=v`}},
		{"jsonb null", "jsonb", "null", want{document.JSON, "", "", "n:null=v"}},
		{"json with a name twice", "json", `{"a": 1, "\u0061": 2}`, want{document.Text, "", "", `n:{"a": 1, "\u0061": 2}=v`}},
		{"json too deep", "jsonb", deep, want{document.Text, "", "", "n:" + deep + "=v"}},
		{"json with an endless number", "jsonb", strings.Repeat("1", 301), want{document.Text, "", "", "n:" + strings.Repeat("1", 301) + "=v"}},
		{"text without a token", "text", strings.Repeat("x", document.MaxTerm+1), want{kind: document.Text}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rel := relation("public.t", change.IdentityFull, "id int8 key", "v "+tt.typ)
			c := one(t, entities("thing", Entity{Table: "t"}), new(log).update(rel, "1", null, "1", tt.value))
			side := c.Trail.Fields[0].New
			got := want{kind: side.Kind, number: side.Number, date: side.Date, term: strings.Join(c.Trail.Terms, " ")}
			if got != tt.want || side.Value != tt.value {
				t.Errorf("recorded %q as %+v, want %+v", side.Value, got, tt.want)
			}
			if old := c.Trail.Fields[0].Old; old != (document.Side{Kind: document.Null}) {
				t.Errorf("old side is %+v, want null", old)
			}
			var back document.Change
			if err := json.Unmarshal(c.Body, &back); err != nil || back.Trail.Fields[0].New != side {
				t.Errorf("read back as %+v, %v", back.Trail.Fields[0].New, err)
			}
		})
	}
}
