package render

import (
	"strconv"
	"strings"

	"github.com/waltrail/waltrail/document"
)

// headline says who did what to which item, and from where.
func (p *Printer) headline(c *document.Change) string {
	name, from := who(c)
	parts := []string{p.style(bold, name), what(c)}
	if item := p.item(c); item != "" {
		if countsFields(c.Trail.Change.Type) {
			parts = append(parts, "of")
		}
		parts = append(parts, item)
	}
	line := strings.Join(parts, " ")
	if from != "" {
		line += "   " + p.style(dim, from)
	}
	if c.Trail.Reconciled {
		line += "   " + p.style(yellow, "reconciled by the watchdog")
	}
	return line
}

// who names the user as well as is known, or the channel when nobody is, and
// what of the origin that does not say yet.
func who(c *document.Change) (name, from string) {
	name = userName(&c.User)
	if c.User.Effective != nil {
		if other := userName(c.User.Effective); other != "" {
			name += " for " + other
		}
	}
	o := c.Trail.Origin
	switch {
	case name != "":
	case o.DB.Role != "" && (o.Interface == "" || o.Interface == "sql"):
		name = "SQL user " + o.DB.Role
		o.Interface = ""
	case o.Interface != "":
		name = strings.TrimSpace(capital(o.Interface) + " " + o.Name)
		o.Interface, o.Name = "", ""
	case c.Trail.Change.Type == document.Gap:
		name = "The trail"
	default:
		name = "Unknown user"
	}
	return safe(name), origin(&o)
}

func userName(u *document.User) string {
	switch {
	case u.Name != "":
		return u.Name
	case u.Email != "":
		return u.Email
	case u.ID != "":
		return "User " + u.ID
	}
	return ""
}

// countsFields reports whether what says which fields there are.
func countsFields(t document.Type) bool { return t == document.Changed || t == document.Reverted }

// what is the verb, with what it counts.
func what(c *document.Change) string {
	d := &c.Trail.Change
	switch {
	case countsFields(d.Type) && len(c.Trail.Fields) == 1:
		return verb(d.Type) + " " + fieldLabel(&c.Trail.Fields[0])
	case countsFields(d.Type):
		return verb(d.Type) + " " + strconv.Itoa(len(c.Trail.Fields)) + " fields"
	case d.Type == document.EventLogged:
		return verb(d.Type) + " “" + safe(d.Title) + "”"
	case d.Type == document.Email:
		m := &c.Trail.Email
		return verb(d.Type) + " “" + safe(m.Subject) + "” to " + safe(m.To) + ": " + safe(m.Status)
	case d.Type == document.Gap:
		return verb(d.Type) + " from " + safe(c.Trail.Gap.From) + " to " + safe(c.Trail.Gap.To) + ": " + safe(c.Trail.Gap.Cause)
	}
	return verb(d.Type)
}

func verb(t document.Type) string {
	switch t {
	case document.SoftDeleted:
		return "soft-deleted"
	case document.Truncated:
		return "emptied the table of"
	case document.Snapshot:
		return "held as of the baseline"
	case document.EventLogged:
		return "recorded"
	case document.Email:
		return "recorded mail"
	case document.Access:
		return "viewed"
	case document.Schema:
		return "altered the table of"
	case document.Gap:
		return "has a gap"
	default:
		return safe(string(t))
	}
}

// item names what changed, unless it is the item whose History is shown.
func (p *Printer) item(c *document.Change) string {
	i := &c.Trail.Item
	if i.UID == p.Item && p.Item != "" || c.Trail.Change.Type == document.Gap {
		return ""
	}
	name := c.Trail.Entity.Name
	if label := p.Labels[name]; label != "" {
		name = label
	}
	text := safe(name)
	if c.Trail.Change.Type == document.Truncated {
		return text
	}
	text += " " + safe(firstOf(i.Identifier, i.ID))
	if i.Label != "" && i.Label != i.Identifier {
		text += " · " + safe(i.Label)
	}
	return text
}

// origin names the channel: Backoffice · Article form · req-8842.
func origin(o *document.Origin) string {
	var parts []string
	for _, part := range []string{capital(o.Interface), o.Name, o.Run.ID, o.DB.Application} {
		if part != "" {
			parts = append(parts, safe(part))
		}
	}
	return strings.Join(parts, " · ")
}

// capital writes an interface's name for people: client_ui becomes Client ui.
func capital(s string) string {
	s = strings.ReplaceAll(s, "_", " ")
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	if s == "api" || s == "sql" {
		return strings.ToUpper(s)
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// Title names an item: Article SKU-001 · Blue shirt (article:42).
func Title(entity string, i *document.Item) string {
	text := safe(entity) + " " + safe(firstOf(i.Identifier, i.ID))
	if i.Label != "" && i.Label != i.Identifier {
		text += " · " + safe(i.Label)
	}
	return text + " (" + safe(i.UID) + ")"
}
