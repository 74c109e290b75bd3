package transform

import (
	"strings"

	"github.com/waltrail/waltrail/document"
)

// set takes one member of a context in our own vocabulary.
func (c *txContext) set(name, raw string) {
	switch name {
	case "user":
		c.setUser(raw)
	case "origin":
		if raw == "null" {
			c.origin = document.Origin{DB: c.origin.DB}
			return
		}
		c.object(name, raw, c.setOrigin)
	case "revert":
		if raw == "null" {
			c.revert = document.Revert{}
			return
		}
		c.object(name, raw, c.setRevert)
	case "client_ip":
		c.setAddress(raw)
	default:
		c.text(name, raw, c.place(name))
	}
}

// place returns where a plain text of our vocabulary goes, nil for unknown names.
func (c *txContext) place(name string) *string {
	switch name {
	case "reason":
		return &c.reason
	case "request_id":
		return &c.requestID
	case "trace_id":
		return &c.traceID
	case "service":
		return &c.service
	}
	return nil
}

// setForeign takes one member of the free JSON of other client libraries.
func (c *txContext) setForeign(name, raw string) {
	switch name {
	case "user":
		c.setUser(raw)
	case "user_id", "userId", "user.id":
		c.text(name, raw, &c.user.ID)
	case "user_name", "userName", "user.name":
		c.text(name, raw, &c.user.Name)
	case "user_email", "userEmail", "user.email":
		c.text(name, raw, &c.user.Email)
	case "request_id", "requestId":
		c.text(name, raw, &c.requestID)
	case "reason":
		c.text(name, raw, &c.reason)
	case "endpoint":
		c.text(name, raw, &c.origin.Name)
	default:
		c.label(name, raw)
	}
}

// text puts a scalar at its place; without a place, or when it is no scalar, it
// becomes a label. JSON null takes a value back.
func (c *txContext) text(name, raw string, place *string) {
	text, ok := scalarText(raw)
	if place == nil || !ok {
		c.label(name, raw)
		return
	}
	*place = text
}

// object visits the members of an object; anything else becomes a label.
func (c *txContext) object(name, raw string, visit func(member, raw string)) {
	if !objectMembers(raw, visit) {
		c.label(name, raw)
	}
}

func (c *txContext) setUser(raw string) {
	switch {
	case raw == "null":
		c.user = document.User{}
	case raw[0] != '{':
		c.text("user", raw, &c.user.ID)
	default:
		objectMembers(raw, func(name, raw string) { c.userMember(&c.user, "user.", name, raw) })
	}
}

func (c *txContext) userMember(u *document.User, prefix, name, raw string) {
	switch name {
	case "id":
		c.text(prefix+name, raw, &u.ID)
	case "name":
		c.text(prefix+name, raw, &u.Name)
	case "email":
		c.text(prefix+name, raw, &u.Email)
	case "roles":
		u.Roles = roles(raw)
	case "effective":
		// A new one each time: documents share what earlier messages made.
		var effective document.User
		ok := u == &c.user && objectMembers(raw, func(name, raw string) {
			c.userMember(&effective, "user.effective.", name, raw)
		})
		if ok {
			u.Effective = &effective
		}
	default:
		c.label(prefix+name, raw)
	}
}

// maxRoles bounds how many roles of a user are recorded.
const maxRoles = 50

// roles reads an array of names, or one name.
func roles(raw string) []string {
	var names []string
	add := func(raw string) {
		if text, ok := scalarText(raw); ok && text != "" && len(names) < maxRoles {
			names = append(names, text)
		}
	}
	if !elements(raw, add) {
		add(raw)
	}
	return names
}

func (c *txContext) setOrigin(name, raw string) {
	o := &c.origin
	switch name {
	case "interface":
		c.text("origin.interface", raw, &o.Interface)
	case "name":
		c.text("origin.name", raw, &o.Name)
	case "run":
		if raw == "null" {
			o.Run = document.Run{}
			return
		}
		c.object("origin.run", raw, c.setRun)
	default:
		// Source and verified are not for a message to say.
		c.label("origin."+name, raw)
	}
}

func (c *txContext) setRun(name, raw string) {
	run := &c.origin.Run
	switch name {
	case "type":
		c.text("origin.run.type", raw, &run.Type)
	case "id":
		c.text("origin.run.id", raw, &run.ID)
	case "url":
		if text, ok := scalarText(raw); ok && linkable(text) {
			run.URL = text
			return
		}
		c.label("origin.run.url", raw)
	default:
		c.label("origin.run."+name, raw)
	}
}

// linkable says whether a text may stand where people click: a script may not.
func linkable(url string) bool {
	return url == "" || strings.HasPrefix(url, "/") || strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://")
}

func (c *txContext) setRevert(name, raw string) {
	switch name {
	case "of":
		c.text("revert.of", raw, &c.revert.Of)
	case "scope":
		c.text("revert.scope", raw, &c.revert.Scope)
	default:
		c.label("revert."+name, raw)
	}
}

// setAddress keeps what is no address as a label, because the index would
// refuse the document.
func (c *txContext) setAddress(raw string) {
	text, ok := scalarText(raw)
	c.clientIP = address(text)
	if !ok || text != "" && c.clientIP == "" {
		c.label("client_ip", raw)
	}
}

// label sets a label, or takes it back with null. JSON that cannot stand in a document is
// kept as its text.
func (c *txContext) label(name, raw string) {
	for i := range c.labels {
		if c.labels[i].name == name {
			c.labels = append(c.labels[:i], c.labels[i+1:]...)
			break
		}
	}
	if raw == "null" {
		return
	}
	var s jsonScanner
	if !s.storable(raw, true) {
		raw = quote(raw)
	}
	c.labels = append(c.labels, label{name, raw})
}

// scalarText returns the text of a JSON string, number or boolean, empty for
// null; ok is false for objects and arrays.
func scalarText(raw string) (text string, ok bool) {
	switch raw[0] {
	case '{', '[':
		return "", false
	case '"':
		return cutAt(unquote(raw), maxBrief), true
	case 'n':
		return "", true
	}
	return raw, true
}
