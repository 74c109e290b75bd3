package transform

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

// Prefixes of logical messages that say who and why.
const (
	prefixContext   = "waltrail"
	prefixAttribute = "waltrail.attribute"
	prefixEvent     = "waltrail.event"
	prefixEmail     = "waltrail.email"
	prefixBemi      = "_bemi"
	prefixSequin    = "sequin:transaction_annotations.set"
	prefixSequinEnd = "sequin:transaction_annotations.clear"
)

// The values of trail.origin.source that a Transformer gives: how it was learnt who
// made a change, best first.
const (
	sourceMessage  = "message"
	sourceColumn   = "column"
	sourceDatabase = "database"
	sourceNone     = "none"
)

// maxContext is the size in bytes above which a context loses its labels.
const maxContext = 8 << 10

// txContext is what the messages of one transaction said so far.
type txContext struct {
	// used says that anything is set at all, message that it came from a
	// context message rather than from the database session.
	used, message bool

	user      document.User
	origin    document.Origin
	reason    string
	clientIP  string
	requestID string
	traceID   string
	service   string
	revert    document.Revert
	labels    []label
	// labelJSON is labels as an object.
	labelJSON document.RawJSON
	// address is the client address of the database session.
	address string
}

// label is a member of a context that has no name in the document.
type label struct{ name, raw string }

// message takes a logical message. Messages of other programs pass unseen.
func (t *Transformer) message(dst *document.Batch, e *change.Event) {
	var ok bool
	switch e.Prefix {
	case prefixContext:
		ok = e.Tx != nil && t.merge(e.Content, (*txContext).set)
	case prefixBemi, prefixSequin:
		ok = e.Tx != nil && t.merge(e.Content, (*txContext).setForeign)
	case prefixSequinEnd:
		// What the session is stays known, what was said is taken back.
		t.context = txContext{
			used: t.context.used, origin: document.Origin{DB: t.context.origin.DB}, address: t.context.address,
		}
		ok = true
	case prefixAttribute:
		ok = e.Tx != nil && t.attribute(e.Content)
	case prefixEvent, prefixEmail:
		ok = e.Tx != nil && t.logged(dst, e)
	default:
		return
	}
	if ok {
		t.count.Messages++
	} else {
		t.count.BadMessages++
	}
}

// merge lays the members of a context message over what was said before. A
// message that is not a JSON object changes nothing.
func (t *Transformer) merge(content string, set func(c *txContext, name, raw string)) bool {
	next := t.context
	next.labels = slices.Clone(next.labels)
	if !objectMembers(content, func(name, raw string) { set(&next, name, raw) }) {
		return false
	}
	next.used, next.message = true, true
	if len(content) > maxContext {
		t.count.CutContexts++
		next.labels = []label{{"context_cut", "true"}}
	}
	next.labelJSON = labelObject(next.labels)
	t.context = next
	return true
}

// attribute takes what the statement trigger says of the database session.
func (t *Transformer) attribute(content string) bool {
	next := t.context
	next.used = true
	ok := objectMembers(content, func(name, raw string) {
		text, _ := scalarText(raw)
		switch name {
		case "role":
			next.origin.DB.Role = text
		case "application":
			next.origin.DB.Application = text
		case "client_addr":
			next.address = address(text)
		}
	})
	if ok {
		t.context = next
	}
	return ok
}

// address returns an IP address in the form that an index of addresses takes, empty
// when text is none.
func address(text string) string {
	text, _, _ = strings.Cut(text, "/")
	ip, err := netip.ParseAddr(text)
	if err != nil || ip.Zone() != "" {
		return ""
	}
	return text
}

func labelObject(labels []label) document.RawJSON {
	if len(labels) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteByte('{')
	for i, l := range labels {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quote(l.name))
		b.WriteByte(':')
		b.WriteString(l.raw)
	}
	b.WriteByte('}')
	return document.RawJSON(b.String())
}

// who fills who, why and from where of a row. What a message says goes before
// the actor column, and that before the database session.
func (t *Transformer) who(c *document.Change, r row) {
	t.said(c)
	if c.User.ID == "" && c.User.Name == "" {
		c.User.ID = t.actor(r)
	}
	origin := &c.Trail.Origin
	switch {
	case t.context.message:
		origin.Source = sourceMessage
	case c.User.ID != "":
		origin.Source = sourceColumn
	case origin.DB.Role != "":
		origin.Source, origin.Interface = sourceDatabase, "sql"
	default:
		origin.Source = sourceNone
	}
}

// said fills what the messages of the transaction said.
func (t *Transformer) said(c *document.Change) {
	x := &t.context
	if !x.used {
		return
	}
	c.User, c.Trail.Origin = x.user, x.origin
	c.Event.Reason = x.reason
	c.Client.IP = x.clientIP
	if c.Client.IP == "" {
		c.Client.IP = x.address
	}
	c.HTTP.Request.ID, c.Trace.ID, c.Service.Name = x.requestID, x.traceID, x.service
	c.Trail.Revert = x.revert
	c.Labels = x.labelJSON
}

// actor returns the user that the row itself names. A deleted row names who
// changed it last, not who deleted it. An update that left the column as it was may be
// by the same user again, or by somebody who does not keep the column, as in psql: it
// counts only while the database session is not known either.
func (t *Transformer) actor(r row) string {
	if r.plan.actor == none || r.event.Kind == change.Delete {
		return ""
	}
	untouched := r.event.Kind == change.Update && r.old(r.plan.actor) == r.new(r.plan.actor)
	if untouched && t.context.origin.DB.Role != "" {
		return ""
	}
	return t.brief(t.shown(&r.plan.columns[r.plan.actor], r.new(r.plan.actor)))
}
