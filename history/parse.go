package history

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/waltrail/waltrail/document"
)

// The limits of a query keep its cost for the index within reason.
const (
	maxQuery   = 16 << 10 // bytes
	maxClauses = 64
	maxValues  = 1000 // of one clause: a pasted list of identifiers
	maxValue   = document.MaxTerm
)

// Parse reads the search language. A mistake comes as a *SyntaxError.
func Parse(text string) (Query, error) {
	var q Query
	l := &lexer{text: text}
	switch {
	case len(text) > maxQuery:
		return q, l.fail(maxQuery, "the query is longer than %d bytes; shorten it", maxQuery)
	case !utf8.ValidString(text):
		return q, l.fail(0, "the query is not UTF-8")
	}
	var starts []int
	for l.skipSpace() {
		starts = append(starts, l.pos)
		if len(q.Clauses) == maxClauses {
			return Query{}, l.fail(l.pos, "more than %d filters; several values of one filter take commas: id:1,2,3", maxClauses)
		}
		c, err := l.clause()
		if err != nil {
			return Query{}, err
		}
		q.Clauses = append(q.Clauses, c)
	}
	for i, c := range q.Clauses {
		if isValue(c.Key) && compares(c) && !nameFields(fieldsOf(q)) {
			return Query{}, l.fail(starts[i], "a comparison needs the name of the field: add field:price, or write field:price>10")
		}
	}
	return q, nil
}

func compares(c Clause) bool {
	return slices.ContainsFunc(c.Values, func(v Value) bool { return v.Op != NoOp })
}

// nameFields reports whether there are fields, all without wildcards.
func nameFields(fields []Value) bool {
	return len(fields) > 0 && !slices.ContainsFunc(fields, func(f Value) bool {
		_, ok := f.Text.Literal()
		return !ok
	})
}

// clause reads [-][key:]value[,value…].
func (l *lexer) clause() (Clause, error) {
	c := Clause{Not: l.take("-")}
	start := l.pos
	if name, ok := l.key(); ok {
		c.Key = Key(name)
		if !slices.Contains(allKeys(), c.Key) {
			return c, l.unknownKey(start, name)
		}
	}
	if c.Not && (c.Key == KeyFrom || c.Key == KeyTo) {
		return c, l.fail(start, "-%s: means nothing; from: and to: bound the time from both sides", c.Key)
	}
	for {
		start := l.pos
		v, err := l.value(c.Key)
		if err != nil {
			return c, err
		}
		if err := l.check(start, c.Key, &v); err != nil {
			return c, err
		}
		c.Values = append(c.Values, v)
		if !l.take(",") {
			break
		}
		if len(c.Values) == maxValues {
			return c, l.fail(l.pos, "more than %d values; search in several steps", maxValues)
		}
	}
	if r := l.peek(); r == '<' || r == '>' {
		return c, l.fail(l.pos, "a comparison ends here already; write one comparison for each value")
	}
	return c, l.onceOnly(start, c)
}

// onceOnly refuses lists where they mean nothing.
func (l *lexer) onceOnly(start int, c Clause) error {
	if len(c.Values) > 1 && (c.Key == KeyFrom || c.Key == KeyTo) {
		return l.fail(start, "%s: takes one time", c.Key)
	}
	return nil
}

func (l *lexer) unknownKey(start int, name string) error {
	known := make([]string, 0, len(allKeys()))
	for _, k := range allKeys() {
		known = append(known, string(k)+":")
	}
	return l.fail(start, "%s: is not a filter; use %s, or put a word with a colon in quotes", name, strings.Join(known, " "))
}

// value reads one value with its comparison.
func (l *lexer) value(key Key) (Value, error) {
	var v Value
	start := l.pos
	text, given, err := l.pattern()
	if err != nil {
		return v, err
	}
	v.Text = text
	if v.Op = l.op(); v.Op == NoOp {
		switch {
		case given:
			return v, nil
		case key == KeyWord:
			return v, l.fail(start, "a word is missing here")
		}
		return v, l.fail(start, "%s: needs a value right after the colon", key)
	}
	return v, l.operand(start, key, given, &v)
}

// operand reads what stands behind a comparison.
func (l *lexer) operand(start int, key Key, named bool, v *Value) error {
	switch {
	case key == KeyField && !named:
		return l.fail(start, "the name of the field is missing; write field:price%s10", v.Op)
	case key == KeyField:
		if _, ok := v.Text.Literal(); !ok {
			return l.fail(start, "a comparison needs one field, without wildcards")
		}
	case key != KeyOld && key != KeyNew && key != KeyTx:
		return l.fail(start, `%s: does not compare; put < and > in quotes where they are part of a word`, orWord(key))
	case named:
		return l.fail(start, "write the comparison right after the colon: %s:%s10", key, v.Op)
	}
	begin := l.pos
	text, _, err := l.pattern()
	if err != nil {
		return err
	}
	operand, ok := text.Literal()
	if _, isNumber := number(operand); !ok || !isNumber && (key == KeyTx || !isDate(operand)) {
		return l.fail(begin, "%s compares with a number%s", v.Op, orDate(key))
	}
	v.Operand = operand
	return nil
}

func orWord(key Key) string {
	if key == KeyWord {
		return "a word"
	}
	return string(key)
}

func orDate(key Key) string {
	if key == KeyTx {
		return ""
	}
	return " or a date such as 2026-03-04"
}

// check looks at what only some filters take.
func (l *lexer) check(start int, key Key, v *Value) error {
	text, literal := v.Text.Literal()
	switch {
	case len(v.Text) > maxValue:
		return l.fail(start, "the value is longer than %d bytes; use its beginning and a *", maxValue)
	case v.Op != NoOp:
		return nil
	case key == KeyType && literal:
		name := strings.ReplaceAll(strings.ToLower(text), "-", "_")
		if !slices.Contains(changeTypes(), name) {
			return l.fail(start, "%q is not a type of change; use %s", text, strings.Join(changeTypes(), ", "))
		}
		v.Text = Literal(name)
	case key == KeyFrom || key == KeyTo:
		if _, ok := parseMoment(text); !literal || !ok {
			return l.fail(start, "%q is not a time; write 2026-03-04, \"2026-03-04 10:15\", today, yesterday or -7d", string(v.Text))
		}
	case key == KeyTx:
		if _, ok := wholeNumber(text); !literal || !ok {
			return l.fail(start, "tx: takes the number of a transaction")
		}
	}
	return nil
}

// changeTypes lists trail.change.type.
func changeTypes() []string {
	return []string{
		string(document.Created), string(document.Changed), string(document.Deleted), string(document.SoftDeleted),
		string(document.Archived), string(document.Restored), string(document.Reverted), string(document.Truncated),
		string(document.Snapshot), string(document.EventLogged), string(document.Email), string(document.Access),
		string(document.Schema), string(document.Gap),
	}
}
