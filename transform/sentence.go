package transform

import (
	"strconv"
	"unicode"

	"github.com/waltrail/waltrail/document"
)

// shortRunes is how much of a value a sentence shows.
const shortRunes = 60

// sentence tells a change to a person:
// Jane Doe changed Price (EUR) (1.50) → 2.00 and 2 more on Article SKU-001.
func (t *Transformer) sentence(c *document.Change, r row) string {
	b := appendWho(t.scratch[:0], c)
	b = append(append(b, ' '), verb(c.Trail.Change.Type)...)
	if typ := c.Trail.Change.Type; typ == document.Changed || typ == document.Reverted {
		b = appendFields(append(b, ' '), c.Trail.Fields)
		b = append(b, " on"...)
	}
	b = append(append(b, ' '), r.plan.label...)
	if c.Trail.Change.Type == document.Truncated {
		return t.keep(b)
	}
	return t.keep(appendShort(append(b, ' '), itemName(&c.Trail.Item)))
}

// loggedSentence tells a business event or mail:
// Cron licence-expiry recorded “Licence expired” on Contact 42, and
// Mail “Your licence” to a@b.fr about Contact 42: sent.
func (t *Transformer) loggedSentence(c *document.Change, label string) string {
	mail := c.Trail.Change.Type == document.Email
	b := t.scratch[:0]
	if mail {
		b = appendShort(append(b, "Mail “"...), c.Trail.Email.Subject)
		b = appendShort(append(b, "” to "...), c.Trail.Email.To)
		b = append(b, " about "...)
	} else {
		b = append(appendWho(b, c), " recorded “"...)
		b = append(appendShort(b, c.Trail.Change.Title), "” on "...)
	}
	b = appendShort(append(append(b, label...), ' '), itemName(&c.Trail.Item))
	if mail && c.Trail.Email.Status != "" {
		b = appendShort(append(b, ": "...), c.Trail.Email.Status)
	}
	return t.keep(b)
}

// itemName is what people call the item by, the best that is known.
func itemName(i *document.Item) string {
	switch {
	case i.Identifier != "":
		return i.Identifier
	case i.Label != "":
		return i.Label
	}
	return i.ID
}

func verb(t document.Type) string {
	switch t {
	case document.Created:
		return "created"
	case document.Deleted:
		return "deleted"
	case document.SoftDeleted:
		return "soft-deleted"
	case document.Archived:
		return "archived"
	case document.Restored:
		return "restored"
	case document.Reverted:
		return "reverted"
	case document.Truncated:
		return "removed all rows of"
	}
	return "changed"
}

// appendWho names the user, else the channel, else the database role.
func appendWho(dst []byte, c *document.Change) []byte {
	o := &c.Trail.Origin
	switch {
	case c.User.Name != "" || c.User.ID != "":
		return appendUser(dst, &c.User)
	case o.Interface == "sql" && o.DB.Role != "" || o.Interface == "" && o.DB.Role != "":
		return appendShort(append(dst, "SQL user "...), o.DB.Role)
	case o.Interface == "" && o.Name == "":
		return append(dst, "Someone"...)
	}
	dst = appendShort(dst, interfaceName(o.Interface))
	if o.Interface != "" && o.Name != "" {
		dst = append(dst, ' ')
	}
	return appendShort(dst, o.Name)
}

func appendUser(dst []byte, u *document.User) []byte {
	if u.Name != "" {
		dst = appendShort(dst, u.Name)
	} else {
		dst = appendShort(dst, u.ID)
	}
	if e := u.Effective; e != nil && (e.Name != "" || e.ID != "") {
		dst = append(dst, " for "...)
		return appendUser(dst, &document.User{ID: e.ID, Name: e.Name})
	}
	return dst
}

// interfaceName is the channel for people; the list of channels is open.
func interfaceName(name string) string {
	switch name {
	case "api":
		return "API"
	case "client_ui":
		return "Client UI"
	case "backoffice":
		return "Back office"
	case "sql":
		return "SQL"
	case "":
		return ""
	}
	return humanize(name)
}

// appendFields tells one or two fields in full, of more the first and how many.
func appendFields(dst []byte, fields []document.Field) []byte {
	dst = appendField(dst, &fields[0])
	switch len(fields) {
	case 1:
		return dst
	case 2:
		return appendField(append(dst, " and "...), &fields[1])
	}
	dst = strconv.AppendInt(append(dst, " and "...), int64(len(fields)-1), 10)
	return append(dst, " more"...)
}

func appendField(dst []byte, f *document.Field) []byte {
	dst = appendShort(dst, f.Label)
	if f.Op == "" {
		dst = append(appendSide(append(dst, " ("...), &f.Old), ')')
	}
	return appendSide(append(dst, " → "...), &f.New)
}

// appendSide shows null, empty and masked as three different things.
func appendSide(dst []byte, s *document.Side) []byte {
	switch {
	case s.Label != "":
		return appendShort(dst, s.Label)
	case s.Kind == document.Null:
		return append(dst, "∅"...)
	case s.Masked && s.Kind == document.Absent:
		return append(dst, bullets...)
	case s.Value == "":
		return append(dst, `""`...)
	}
	return appendShort(dst, s.Value)
}

// appendShort appends the beginning of a text on one line. Control and
// direction characters, which could disguise the rest of the sentence, become spaces.
func appendShort(dst []byte, s string) []byte {
	n := 0
	for _, c := range s {
		if n == shortRunes {
			return append(dst, "…"...)
		}
		n++
		if c >= ' ' && c < 0x7f {
			dst = append(dst, byte(c))
			continue
		}
		if unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) || c == '\u2028' || c == '\u2029' {
			c = ' '
		}
		dst = append(dst, string(c)...)
	}
	return dst
}
