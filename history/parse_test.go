package history

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func words(texts ...Pattern) []Value {
	values := make([]Value, len(texts))
	for i, t := range texts {
		values[i] = Value{Text: t}
	}
	return values
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []Clause
	}{
		{"nothing", "  ", nil},
		{"a word", "shirt", []Clause{{Values: words("shirt")}}},
		{"words", "blue  shirt\t", []Clause{{Values: words("blue")}, {Values: words("shirt")}}},
		{"quoted words", `"blue shirt"`, []Clause{{Values: words("blue shirt")}}},
		{"quotes in quotes", `"say \"hi\" \\"`, []Clause{{Values: words(`say "hi" \\`)}}},
		{"filter", "entity:article", []Clause{{Key: KeyEntity, Values: words("article")}}},
		{"several values", "id:1,2,3", []Clause{{Key: KeyID, Values: words("1", "2", "3")}}},
		{"quoted values", `user:"Jane Doe",bob`, []Clause{{Key: KeyUser, Values: words("Jane Doe", "bob")}}},
		{"not", "-interface:import", []Clause{{Not: true, Key: KeyInterface, Values: words("import")}}},
		{"not a word", "-shirt", []Clause{{Not: true, Values: words("shirt")}}},
		{"minus inside", "sku-1 new:-5", []Clause{{Values: words("sku-1")}, {Key: KeyNew, Values: words("-5")}}},
		{"wildcards", "id:SKU-*?", []Clause{{Key: KeyID, Values: words("SKU-*?")}}},
		{"no wildcards in quotes", `id:"a*b?"`, []Clause{{Key: KeyID, Values: words(`a\*b\?`)}}},
		{"quotes beside a wildcard", `new:"blue sh"*`, []Clause{{Key: KeyNew, Values: words("blue sh*")}}},
		{"backslash is plain", `new:C:\x`, []Clause{{Key: KeyNew, Values: words(`C:\\x`)}}},
		{"colon in a value", "run:a:b", []Clause{{Key: KeyRun, Values: words("a:b")}}},
		{"word with a colon in quotes", `"12:30"`, []Clause{{Values: words("12:30")}}},
		{"empty value", `new:""`, []Clause{{Key: KeyNew, Values: words("")}}},
		{"path", `field:price[currency=EUR]`, []Clause{{Key: KeyField, Values: words("price[currency=EUR]")}}},
		{"field compared", "field:price>10", []Clause{{Key: KeyField, Values: []Value{{Text: "price", Op: Greater, Operand: "10"}}}}},
		{"field compared, list", "field:price<=-1.5,state", []Clause{{Key: KeyField, Values: []Value{{Text: "price", Op: LessEqual, Operand: "-1.5"}, {Text: "state"}}}}},
		{"value compared", "field:price new:>=10", []Clause{
			{Key: KeyField, Values: words("price")}, {Key: KeyNew, Values: []Value{{Op: GreaterEqual, Operand: "10"}}},
		}},
		{"compared with a date", `field:due<2026-03-04`, []Clause{{Key: KeyField, Values: []Value{{Text: "due", Op: Less, Operand: "2026-03-04"}}}}},
		{"compared with a time", `field:due>"2026-03-04 10:15"`, []Clause{{Key: KeyField, Values: []Value{{Text: "due", Op: Greater, Operand: "2026-03-04 10:15"}}}}},
		{"transactions", "tx:>700 tx:742", []Clause{{Key: KeyTx, Values: []Value{{Op: Greater, Operand: "700"}}}, {Key: KeyTx, Values: words("742")}}},
		{"types in any spelling", "type:Soft-Deleted,created", []Clause{{Key: KeyType, Values: words("soft_deleted", "created")}}},
		{"period", "from:-7d to:today", []Clause{{Key: KeyFrom, Values: words("-7d")}, {Key: KeyTo, Values: words("today")}}},
		{"period with times", `from:2026-03-04T10:15:00Z to:"2026-03-04 10:15"`, []Clause{
			{Key: KeyFrom, Values: words("2026-03-04T10:15:00Z")}, {Key: KeyTo, Values: words("2026-03-04 10:15")},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q, err := Parse(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, q.Clauses); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			again, err := Parse(q.String())
			if err != nil || cmp.Diff(q, again) != "" {
				t.Errorf("%s is not read back (%v)", q, err)
			}
		})
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		pos        int
		want       string
	}{
		{"unknown filter", "shirt colour:blue", 6, "colour: is not a filter"},
		{"no value", "entity:", 7, "entity: needs a value"},
		{"space after the colon", "entity: article", 7, "needs a value right after the colon"},
		{"nothing after the comma", "id:1,", 5, "needs a value"},
		{"only a minus", "-", 1, "a word is missing"},
		{"open quote", `new:"abc`, 4, "not closed"},
		{"comparison without field", "new:>10", 0, "needs the name of the field"},
		{"comparison with several possible fields", "field:pr* new:>10", 10, "needs the name of the field"},
		{"field without name", "field:>10", 6, "the name of the field is missing"},
		{"compared wildcard", "field:pr*>10", 6, "one field, without wildcards"},
		{"compared with a word", "field:price>abc", 12, "compares with a number or a date"},
		{"compared with nothing", "field:price>", 12, "compares with a number"},
		{"compared with infinity", "field:price>inf", 12, "compares with a number"},
		{"text before a comparison", "field:price new:a>10", 16, "right after the colon: new:>10"},
		{"two comparisons", "field:price>1>2", 13, "one comparison for each value"},
		{"filter that does not compare", "id:>5", 3, "id: does not compare"},
		{"word that does not compare", "a>5", 0, "a word: does not compare"},
		{"unknown type", "type:updated", 5, `"updated" is not a type of change`},
		{"unknown time", "from:tomorrow", 5, "is not a time"},
		{"time with wildcard", "from:2026*", 5, "is not a time"},
		{"two times", "from:2026,2027", 0, "takes one time"},
		{"not from", "-from:2026", 1, "-from: means nothing"},
		{"transaction in words", "tx:abc", 3, "the number of a transaction"},
		{"transaction compared with a date", "tx:>2026-01-01", 4, "compares with a number"},
		{"long value", "id:" + strings.Repeat("x", maxValue+1), 3, "is longer"},
		{"long query", strings.Repeat("x ", maxQuery), maxQuery, "is longer"},
		{"too many filters", strings.Repeat("x ", maxClauses+1), 2 * maxClauses, "more than 64 filters"},
		{"too many values", "id:" + strings.Repeat("1,", maxValues) + "1", 2*maxValues + 3, "more than 1000 values"},
		{"not text", "a\xffb", 0, "not UTF-8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.text)
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("want a *SyntaxError, got %v", err)
			}
			if !strings.Contains(err.Error(), tt.want) || syntax.Pos != tt.pos {
				t.Errorf("want %q at %d, got %d: %v", tt.want, tt.pos, syntax.Pos, err)
			}
		})
	}
}

// anyQuery draws trees that Parse could have made.
func anyQuery(t *rapid.T) Query {
	text := rapid.OneOf(rapid.StringN(0, 12, 40), rapid.StringMatching(`[-a*?\\":,<> ]{0,6}`))
	value := func(k Key) Value {
		switch k {
		case KeyFrom, KeyTo:
			return Value{Text: Literal(rapid.SampledFrom([]string{"-7d", "today", "2026", "2026-03", "2026-03-04 10:15"}).Draw(t, "time"))}
		case KeyTx:
			return Value{Text: Literal(rapid.StringMatching(`[0-9]{1,9}`).Draw(t, "tx"))}
		case KeyType:
			return Value{Text: Literal(rapid.SampledFrom(changeTypes()).Draw(t, "type"))}
		case KeyField:
			if rapid.Bool().Draw(t, "compares") {
				name := rapid.StringN(0, 8, 20).Draw(t, "name")
				return Value{Text: Literal(name + "x"), Op: rapid.SampledFrom([]Op{Less, LessEqual, Greater, GreaterEqual}).Draw(t, "op"), Operand: rapid.StringMatching(`-?[0-9]{1,6}(\.[0-9]{1,3})?`).Draw(t, "operand")}
			}
		}
		var p Pattern
		for range rapid.IntRange(1, 3).Draw(t, "parts") {
			p += Literal(text.Draw(t, "text")) + Pattern(rapid.SampledFrom([]string{"", "*", "?"}).Draw(t, "wildcard"))
		}
		return Value{Text: p}
	}
	var q Query
	for range rapid.IntRange(0, 4).Draw(t, "clauses") {
		c := Clause{Key: rapid.SampledFrom(append(allKeys(), KeyWord)).Draw(t, "key")}
		period := c.Key == KeyFrom || c.Key == KeyTo
		c.Not = !period && rapid.Bool().Draw(t, "not")
		n := 1
		if !period {
			n = rapid.IntRange(1, 3).Draw(t, "values")
		}
		for range n {
			c.Values = append(c.Values, value(c.Key))
		}
		q.Clauses = append(q.Clauses, c)
	}
	return q
}

func TestEveryQueryIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := anyQuery(t)
		got, err := Parse(q.String())
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		if diff := cmp.Diff(q, got); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", q, diff)
		}
	})
}

// FuzzParse looks for panics in the whole way from text to request, and for
// queries that their own text does not give back.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "shirt", `-user:"Jane Doe",bob`, "field:price>10", "field:price new:>=2026-03-04", `new:"a*"*?\`, "from:-7d to:today",
		"tx:742", "type:soft-deleted", `field:"price[currency=EUR]" old:1.50`, "a:b", "id:,", "--a", `"`, "new:0x1p4", "from:-3mo",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(q.String())
		if err != nil {
			t.Fatalf("%q became %q: %v", text, q, err)
		}
		if diff := cmp.Diff(q, again); diff != "" {
			t.Fatalf("%q became %q (-want +got):\n%s", text, q, diff)
		}
		if _, err := compile(q, noon, time.UTC); err != nil && !errors.Is(err, ErrTooBroad) {
			t.Fatal(err)
		}
	})
}
