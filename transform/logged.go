package transform

import (
	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

// loggedEvent is a business event or a mail as an application logs it.
type loggedEvent struct {
	entity, id, kind, title, html, data string
	messageID, subject, recipient       string
	status                              string
}

// set takes one member of the message. What is not known is left out.
func (l *loggedEvent) set(name, raw string) {
	if name == "data" {
		if raw != "null" {
			l.data = raw
		}
		return
	}
	place := l.place(name)
	if place == nil {
		return
	}
	switch raw[0] {
	case '"':
		*place = unquote(raw)
	case '{', '[', 'n':
	default:
		*place = raw
	}
}

func (l *loggedEvent) place(name string) *string {
	switch name {
	case "entity":
		return &l.entity
	case "id":
		return &l.id
	case "kind":
		return &l.kind
	case "title":
		return &l.title
	case "html":
		return &l.html
	case "message_id":
		return &l.messageID
	case "subject":
		return &l.subject
	case "recipient":
		return &l.recipient
	case "status":
		return &l.status
	}
	return nil
}

// logged appends the document of a business event or mail. It returns false for
// a message that names no item. The entity need not be configured.
func (t *Transformer) logged(dst *document.Batch, e *change.Event) bool {
	var l loggedEvent
	if !objectMembers(e.Content, l.set) || !entityName.MatchString(l.entity) || l.id == "" {
		return false
	}
	c := dst.Add()
	t.head(c, e)
	t.said(c)
	c.Trail.Origin.Source = sourceNone
	if t.context.message {
		c.Trail.Origin.Source = sourceMessage
	} else if c.Trail.Origin.DB.Role != "" {
		c.Trail.Origin.Source = sourceDatabase
	}
	c.Trail.Entity.Name = l.entity
	group, name := DefaultIndexGroup, humanize(l.entity)
	if entity := t.cfg.Entities[l.entity]; entity != nil {
		group = entity.Group()
		if entity.Label != "" {
			name = entity.Label
		}
	}
	c.Index = t.indexName(group)
	c.Trail.Item.UID = t.keep(append(append(append(t.scratch[:0], l.entity...), ':'), cutAt(l.id, maxID)...))
	c.Trail.Item.ID = c.Trail.Item.UID[len(l.entity)+1:]
	c.Trail.Root.UID = c.Trail.Item.UID
	if e.Prefix == prefixEmail {
		t.email(c, &l)
	} else {
		t.business(c, &l)
	}
	c.Message = t.loggedSentence(c, name)
	return true
}

// business fills a business event. Its kind is a field like a column's, so that it is
// found by the same searches.
func (t *Transformer) business(c *document.Change, l *loggedEvent) {
	c.Trail.Change.Type, c.Event.Action = document.EventLogged, "business-event"
	c.Trail.Change.Title = t.brief(l.title)
	if l.html != "" {
		html := cutAt(l.html, t.cfg.maxValue())
		c.Trail.Change.Truncated = len(html) < len(l.html)
		c.Trail.Change.DescriptionHTML = t.sanitizer.Sanitize(html)
	}
	if l.kind != "" {
		v := change.Value{Kind: change.Text, Text: t.brief(l.kind)}
		col := column{name: "kind", label: "Kind", sqlType: "text"}
		t.suffix = suffix{}
		f := t.field(c, &col)
		t.side(c, &f.New, &col, v)
		t.term(c, &col, document.TermNew, v, &f.New)
	}
	switch {
	case l.data == "":
	case len(l.data) > t.cfg.maxValue():
		c.Trail.Change.Truncated = true
		c.Trail.Data = document.RawJSON(quote(cutAt(l.data, t.cfg.maxValue())))
	case t.json.storable(l.data, true):
		c.Trail.Data = document.RawJSON(l.data)
	default:
		c.Trail.Data = document.RawJSON(quote(l.data))
	}
}

// email fills one step of a mail's way; readers group the steps by message id.
func (t *Transformer) email(c *document.Change, l *loggedEvent) {
	c.Trail.Change.Type, c.Event.Action = document.Email, "email-status"
	if l.status == "" || l.status == "sent" {
		c.Event.Action = "email-sent"
	}
	c.Trail.Email = document.Mail{
		MessageID: t.brief(l.messageID), Subject: t.brief(l.subject), To: t.brief(l.recipient), Status: t.brief(l.status),
	}
}
