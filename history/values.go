package history

import (
	"strings"
	"time"

	"github.com/waltrail/waltrail/document"
)

// Values are searched by the tokens of document/terms.go. Where a query names
// fields too, old: and new: mean the values of those fields: with one field:
// filter the very same field, with several any of them.

func isValue(k Key) bool { return k == KeyOld || k == KeyNew }

func sideOf(k Key) document.TermSide {
	if k == KeyOld {
		return document.TermOld
	}
	return document.TermNew
}

// fieldsOf returns the fields that the query asks for.
func fieldsOf(q Query) []Value {
	var fields []Value
	for _, cl := range q.Clauses {
		if cl.Key == KeyField && !cl.Not {
			fields = append(fields, cl.Values...)
		}
	}
	return fields
}

// changes compiles the filters on fields and on values together.
func (c *compiler) changes(q Query) []clause {
	var fields, values []Clause
	for _, cl := range q.Clauses {
		switch {
		case cl.Not:
		case cl.Key == KeyField:
			fields = append(fields, cl)
		case isValue(cl.Key):
			values = append(values, cl)
		}
	}
	if len(fields) == 1 {
		return []clause{c.each(fields[0], func(f Value) clause { return c.changed(f, values) })}
	}
	var all []clause
	for _, cl := range fields {
		all = append(all, c.each(cl, func(f Value) clause { return c.changed(f, nil) }))
	}
	for _, cl := range values {
		all = append(all, c.values(cl, fieldsOf(q)))
	}
	return all
}

// changed holds when field f changed, and every value filter holds for it.
func (c *compiler) changed(f Value, values []Clause) clause {
	at := atFields
	if strings.Contains(string(f.Text), "[") {
		at = atPaths
	}
	var all []clause
	if name, ok := f.Text.Literal(); ok {
		all = append(all, c.leaf(term(at, name)))
	} else {
		all = append(all, c.leaf(wildcard(at, f.Text)))
	}
	if f.Op != NoOp {
		all = append(all, c.comparison(document.TermNew, f.Op, f.Operand, f.Text))
	}
	for _, cl := range values {
		all = append(all, c.values(cl, []Value{f}))
	}
	return allOf(all)
}

// values holds when one of the clause's values is one of one of the fields; no
// fields means any field.
func (c *compiler) values(cl Clause, fields []Value) clause {
	if len(fields) == 0 {
		fields = []Value{{}}
	}
	var all []clause
	for _, f := range fields {
		for _, v := range cl.Values {
			if v.Op != NoOp {
				all = append(all, c.comparison(sideOf(cl.Key), v.Op, v.Operand, f.Text))
				continue
			}
			all = append(all, c.equal(sideOf(cl.Key), v.Text, f.Text)...)
		}
	}
	return anyOf(all)
}

// unqualified returns the part of a path that tokens have: price of price[currency=EUR].
func unqualified(field Pattern) Pattern {
	name, _, _ := strings.Cut(string(field), "[")
	return Pattern(name)
}

// equal lists what a value may be: a text, and where it looks like one, a number
// or a date.
func (c *compiler) equal(side document.TermSide, value, field Pattern) []clause {
	field = unqualified(field)
	text, literal := value.Literal()
	name, oneField := field.Literal()
	oneField = oneField && name != ""
	all := []clause{c.leaf(textToken(side, value, field))}
	if value == "*" {
		all = append(all, c.leaf(wildcard(atTerms, token(side, '#', field, "*"))), c.leaf(wildcard(atTerms, token(side, '@', field, "*"))))
	}
	if n, ok := number(text); ok && literal {
		all = append(all, c.leaf(numberToken(side, n, field)))
	}
	if m, ok := parseMoment(text); ok && literal && m.layout != "" {
		date := tokenDate(m)
		if oneField {
			all = append(all, c.leaf(prefix(atTerms, string(document.AppendDateTerm(nil, side, name, date)))))
		} else {
			all = append(all, c.leaf(wildcard(atTerms, token(side, '@', field, Literal(date)+"*"))))
		}
	}
	return all
}

// textToken matches a text value, of the given field or of any.
func textToken(side document.TermSide, value, field Pattern) clause {
	text, literal := value.lower().Literal()
	name, oneField := field.Literal()
	switch {
	case literal && oneField && name != "":
		return term(atTerms, string(document.AppendTextTerm(nil, side, text, name)))
	case literal && field == "":
		return anyField(string(document.AppendTextTerm(nil, side, text, "")))
	case field == "":
		field = "*"
	}
	return wildcard(atTerms, Pattern(side)+":"+value.lower()+"="+field)
}

// maxRegexp keeps below index.max_regex_length, 1000.
const maxRegexp = 900

// anyField matches a token up to its field. The value may hold the = that
// separates them, so that a prefix alone would find longer values too.
func anyField(upToField string) clause {
	pattern := escapeRegexp(upToField) + "[^=]+"
	if len(pattern) > maxRegexp {
		return prefix(atTerms, upToField)
	}
	return clause{Regexp: map[string]regexpValue{atTerms: {Value: pattern, Flags: "NONE"}}}
}

// escapeRegexp takes the meaning from the characters that Lucene's regular
// expressions give one, with the flag NONE.
func escapeRegexp(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(`.?+*|{}[]()"\#@&<>~^$-`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// token writes a token of a number or date with wildcards.
func token(side document.TermSide, kind byte, field, value Pattern) Pattern {
	if field == "" {
		field = "*"
	}
	return Pattern([]byte{byte(side), kind}) + field + "=" + value
}

func numberToken(side document.TermSide, n float64, field Pattern) clause {
	if name, ok := field.Literal(); ok && name != "" {
		return term(atTerms, string(document.AppendNumberTerm(nil, side, name, n)))
	}
	bare := document.AppendNumberTerm(nil, side, "", n)
	const upToValue = len("n#=")
	return wildcard(atTerms, token(side, '#', field, Pattern(bare[upToValue:])))
}

// comparison matches the numbers or dates of one field. Parse has seen to it
// that there is one: tokens have the field first, so that without it there is
// no range to walk.
func (c *compiler) comparison(side document.TermSide, op Op, operand string, field Pattern) clause {
	name, _ := unqualified(field).Literal()
	if n, ok := number(operand); ok {
		bound := func(n float64) string { return string(document.AppendNumberTerm(nil, side, name, n)) }
		first := string([]byte{byte(side), '#'}) + name
		return c.leaf(within(atTerms, bounded(compared(op, bound(n)), first)))
	}
	m, _ := parseMoment(operand)
	from, until := m.span(c.now, time.UTC)
	bound := func(t time.Time) string {
		return string(document.AppendDateTerm(nil, side, name, tokenTime(t, m.unit)))
	}
	first := string([]byte{byte(side), '@'}) + name
	return c.leaf(within(atTerms, bounded(dates(op, bound(from), bound(until), from.Equal(until)), first)))
}

// dates is the range of a comparison with a span of time: "after a day" begins
// when the day is over.
func dates(op Op, from, until string, exact bool) rangeValue {
	switch {
	case exact:
		return compared(op, from)
	case op == Less:
		return rangeValue{Until: from}
	case op == LessEqual:
		return rangeValue{Until: until}
	case op == Greater:
		return rangeValue{From: until}
	}
	return rangeValue{From: from}
}

// bounded closes the open end of a range where the tokens of the field end: '='
// ends the field's name, and '>' is the character after it.
func bounded(r rangeValue, field string) rangeValue {
	if r.From == nil && r.After == nil {
		r.From = field + "="
	}
	if r.Until == nil && r.To == nil {
		r.Until = field + ">"
	}
	return r
}

// tokenDate writes a time as tokens have it, cut to what was given, so that it
// is a prefix of what it means.
func tokenDate(m moment) string {
	from, _ := m.span(time.Time{}, time.UTC)
	switch m.unit {
	case year:
		return from.Format("2006")
	case month:
		return from.Format("2006-01")
	case minute:
		return from.UTC().Format("2006-01-02 15:04")
	case day:
		return from.Format("2006-01-02")
	default:
		return tokenTime(from, m.unit)
	}
}

// tokenTime writes a time in PostgreSQL's form at UTC; a whole day without
// its time, so that it sorts before all times of the day.
func tokenTime(t time.Time, u unit) string {
	if u == day || u == month || u == year {
		return t.Format("2006-01-02")
	}
	return t.UTC().Format("2006-01-02 15:04:05.999999")
}
