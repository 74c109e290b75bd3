package history

import (
	"strings"
)

// Key names a filter of the search language. The empty Key is that of free words.
type Key string

// The filters.
const (
	KeyWord      Key = ""
	KeyEntity    Key = "entity"
	KeyID        Key = "id"
	KeyField     Key = "field"
	KeyOld       Key = "old"
	KeyNew       Key = "new"
	KeyUser      Key = "user"
	KeyInterface Key = "interface"
	KeyRun       Key = "run"
	KeyType      Key = "type"
	KeyContainer Key = "container"
	KeyKind      Key = "kind"
	KeyFrom      Key = "from"
	KeyTo        Key = "to"
	KeyTx        Key = "tx"
)

// allKeys lists the filters that have a name.
func allKeys() []Key {
	return []Key{
		KeyEntity, KeyID, KeyField, KeyOld, KeyNew, KeyUser, KeyInterface, KeyRun, KeyType,
		KeyContainer, KeyKind, KeyFrom, KeyTo, KeyTx,
	}
}

// Query is what to look for: every clause must hold. The zero Query finds everything.
type Query struct {
	Clauses []Clause
}

// Clause holds when one of its values does, or with Not, when none does.
type Clause struct {
	Not    bool
	Key    Key
	Values []Value
}

// Value is one value of a clause.
type Value struct {
	// Text is the value, or under KeyField the name of the field. Empty with an Op
	// under other keys.
	Text Pattern
	// Op compares with Operand: the new value of a field, a value, or a transaction's id.
	Op Op
	// Operand is a number or a date, as it was written.
	Operand string
}

// Op is a comparison.
type Op string

// The comparisons. NoOp means equality with Value.Text.
const (
	NoOp         Op = ""
	Less         Op = "<"
	LessEqual    Op = "<="
	Greater      Op = ">"
	GreaterEqual Op = ">="
)

// Pattern is text in which * stands for any characters and ? for one, unless a
// backslash stands before; a backslash stands before a backslash too. This is how the
// index's wildcard queries are written.
type Pattern string

// Literal returns a pattern that matches text only.
func Literal(text string) Pattern {
	return Pattern(strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(text))
}

// Literal returns the text that a pattern without wildcards matches.
func (p Pattern) Literal() (text string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '*', '?':
			return "", false
		case '\\':
			i++
		}
		if i < len(p) {
			b.WriteByte(p[i])
		}
	}
	return b.String(), true
}

// lower returns the pattern in lower case, as values are indexed.
func (p Pattern) lower() Pattern { return Pattern(strings.ToLower(string(p))) }

// String returns the text of the query, which Parse reads back as the same query.
func (q Query) String() string {
	parts := make([]string, len(q.Clauses))
	for i, c := range q.Clauses {
		parts[i] = c.String()
	}
	return strings.Join(parts, " ")
}

// String returns the text of one clause.
func (c Clause) String() string {
	var b strings.Builder
	if c.Not {
		b.WriteByte('-')
	}
	if c.Key != KeyWord {
		b.WriteString(string(c.Key) + ":")
	}
	for i, v := range c.Values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(v.String())
	}
	return b.String()
}

// String returns the text of one value.
func (v Value) String() string {
	if v.Op == NoOp {
		return v.Text.String()
	}
	name := ""
	if v.Text != "" {
		name = v.Text.String()
	}
	return name + string(v.Op) + quote(v.Operand, true)
}

// String returns the pattern as it is written in a query: with quotes where
// something in it would mean something else.
func (p Pattern) String() string {
	if text, ok := p.Literal(); ok {
		return quote(text, false)
	}
	var b, run strings.Builder
	flush := func() {
		if run.Len() > 0 {
			b.WriteString(quote(run.String(), b.Len() > 0))
			run.Reset()
		}
	}
	for i := 0; i < len(p); i++ {
		switch {
		case p[i] == '*' || p[i] == '?':
			flush()
			b.WriteByte(p[i])
			continue
		case p[i] == '\\' && i+1 < len(p):
			i++
		}
		run.WriteByte(p[i])
	}
	flush()
	return b.String()
}

// quote puts text in quotes unless it is a plain word. Inside a value (behind
// its beginning) a minus is plain.
func quote(text string, inside bool) string {
	if text != "" && !strings.ContainsAny(text, special) && !strings.ContainsFunc(text, isSpace) &&
		(inside || text[0] != '-') {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// special are the characters with a meaning somewhere in a query.
const special = "\"*?,:<>\\"
