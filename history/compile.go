package history

import (
	"errors"
	"time"
)

// The names of the document's fields that searches use.
const (
	atTime       = "@timestamp"
	atEntity     = "trail.entity.name"
	atUID        = "trail.item.uid"
	atID         = "trail.item.id"
	atIdentifier = "trail.item.identifier"
	atLabel      = "trail.item.label"
	atRoot       = "trail.root.uid"
	atAncestors  = "trail.ancestors.uid"
	atType       = "trail.change.type"
	atFields     = "trail.change.fields"
	atPaths      = "trail.change.paths"
	atTitle      = "trail.change.title"
	atComment    = "trail.change.comment"
	atSubject    = "trail.email.subject"
	atReason     = "event.reason"
	atTx         = "trail.tx.id"
	atTerms      = "trail.terms"
)

// ErrTooBroad means that a query combines more values than the index should be asked for.
var ErrTooBroad = errors.New("the query combines too many values; search in several steps")

// maxLeaves keeps below the index's own limit, indices.query.bool.max_clause_count.
const maxLeaves = 1000

// compiler turns one Query into a clause.
type compiler struct {
	now  time.Time
	zone *time.Location
	// leaves counts the clauses that were made.
	leaves int
}

// compile returns the query as the index understands it. Times without a zone
// are taken in zone, relative ones from now.
func compile(q Query, now time.Time, zone *time.Location) (clause, error) {
	c := &compiler{now: now, zone: zone}
	var b boolClause
	b.Filter = c.changes(q)
	for _, cl := range q.Clauses {
		switch {
		case cl.Key == KeyField && !cl.Not, isValue(cl.Key) && !cl.Not:
			// in changes
		case cl.Not && isValue(cl.Key):
			b.MustNot = append(b.MustNot, c.values(cl, fieldsOf(q)))
		case cl.Not:
			b.MustNot = append(b.MustNot, c.clause(cl))
		default:
			b.Filter = append(b.Filter, c.clause(cl))
		}
	}
	if c.leaves > maxLeaves {
		return clause{}, ErrTooBroad
	}
	if len(b.Filter) == 0 && len(b.MustNot) == 0 {
		return clause{MatchAll: &struct{}{}}, nil
	}
	return clause{Bool: &b}, nil
}

// clause compiles one filter other than a value.
func (c *compiler) clause(cl Clause) clause {
	switch cl.Key {
	case KeyFrom, KeyTo:
		return c.period(cl)
	case KeyTx:
		return c.each(cl, c.transaction)
	case KeyUser:
		return c.each(cl, c.user)
	case KeyWord:
		return c.each(cl, c.word)
	case KeyField:
		return c.each(cl, func(v Value) clause { return c.changed(v, nil) })
	case KeyID:
		return c.names(cl, atID, atUID, atIdentifier)
	}
	return c.names(cl, fieldOf(cl.Key))
}

// fieldOf names the document's field of a filter that has just one.
func fieldOf(k Key) string {
	switch k {
	case KeyEntity:
		return atEntity
	case KeyInterface:
		return "trail.origin.interface"
	case KeyRun:
		return "trail.origin.run.id"
	case KeyContainer:
		return "trail.container.id"
	case KeyKind:
		return "trail.container.kind"
	default:
		return atType
	}
}

// each holds when one of the clause's values does.
func (c *compiler) each(cl Clause, compile func(Value) clause) clause {
	all := make([]clause, len(cl.Values))
	for i, v := range cl.Values {
		all[i] = compile(v)
	}
	return anyOf(all)
}

// names matches exact values and wildcards against keyword fields. Exact values
// go together, since a pasted list may be long.
func (c *compiler) names(cl Clause, fields ...string) clause {
	var exact []string
	var all []clause
	for _, v := range cl.Values {
		if text, ok := v.Text.Literal(); ok {
			exact = append(exact, text)
			continue
		}
		for _, f := range fields {
			all = append(all, c.leaf(wildcard(f, lowerFor(f, v.Text))))
		}
	}
	for _, f := range fields {
		if len(exact) > 0 {
			all = append(all, c.leaf(terms(f, exact)))
		}
	}
	return anyOf(all)
}

// lowerFor lowers a pattern where the index holds lower case; there it does so
// by itself for exact values only.
func lowerFor(field string, p Pattern) Pattern {
	if field == atIdentifier || field == atLabel {
		return p.lower()
	}
	return p
}

// leaf counts a clause.
func (c *compiler) leaf(cl clause) clause {
	c.leaves++
	return cl
}

// user matches id or e-mail address, the name, or a word of the name, of who
// made the change and on whose behalf.
func (c *compiler) user(v Value) clause {
	var all []clause
	ignoreCase := func(field string, p Pattern) {
		all = append(all, c.leaf(clause{Wildcard: map[string]termValue{field: {Value: string(p), CaseInsensitive: true}}}))
	}
	for _, who := range []string{"user.", "user.effective."} {
		ignoreCase(who+"id", v.Text)
		ignoreCase(who+"email", v.Text)
		for _, p := range []Pattern{v.Text, v.Text + " *", "* " + v.Text, "* " + v.Text + " *"} {
			ignoreCase(who+"name", p)
		}
	}
	return anyOf(all)
}

// word matches a word without a filter: anywhere in what an item or change is
// called, at the beginning of a value.
func (c *compiler) word(v Value) clause {
	contains := "*" + v.Text.lower() + "*"
	var all []clause
	for _, f := range []string{atLabel, atIdentifier, atTitle, atComment, atSubject, atReason} {
		all = append(all, c.leaf(wildcard(f, contains)))
	}
	for _, f := range []string{atID, atUID} {
		all = append(all, c.leaf(wildcard(f, v.Text)))
	}
	all = append(all, c.user(v))
	for _, side := range []string{"o:", "n:"} {
		if text, ok := v.Text.lower().Literal(); ok {
			all = append(all, c.leaf(prefix(atTerms, side+text)))
		} else {
			all = append(all, c.leaf(wildcard(atTerms, Pattern(side)+v.Text.lower()+"=*")))
		}
	}
	return anyOf(all)
}

// The years that the index's date_nanos can hold.
const (
	firstYear = 1970
	lastYear  = 2262
)

func (c *compiler) period(cl Clause) clause {
	text, _ := cl.Values[0].Text.Literal()
	m, _ := parseMoment(text)
	from, until := m.span(c.now, c.zone)
	if cl.Key == KeyFrom {
		return c.leaf(within(atTime, rangeValue{From: indexed(from)}))
	}
	if until.Equal(from) {
		return c.leaf(within(atTime, rangeValue{To: indexed(until)}))
	}
	return c.leaf(within(atTime, rangeValue{Until: indexed(until)}))
}

// indexed writes a time for the index, moved to the years that it knows.
func indexed(t time.Time) string {
	switch t = t.UTC(); {
	case t.Year() < firstYear:
		t = time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC)
	case t.Year() >= lastYear:
		t = time.Date(lastYear, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return t.Format(time.RFC3339Nano)
}

func (c *compiler) transaction(v Value) clause {
	if v.Op == NoOp {
		text, _ := v.Text.Literal()
		n, _ := wholeNumber(text)
		return c.leaf(term(atTx, n))
	}
	n, _ := number(v.Operand)
	return c.leaf(within(atTx, compared(v.Op, n)))
}

// compared is the range of a comparison.
func compared(op Op, bound any) rangeValue {
	switch op {
	case Less:
		return rangeValue{Until: bound}
	case LessEqual:
		return rangeValue{To: bound}
	case Greater:
		return rangeValue{After: bound}
	case GreaterEqual, NoOp:
	}
	return rangeValue{From: bound}
}
