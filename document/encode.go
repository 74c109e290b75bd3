package document

import (
	"crypto/sha256"
	"encoding/hex"
)

// Encoder writes documents. It keeps scratch memory between calls, so reuse
// one per goroutine. The zero value is ready.
type Encoder struct {
	body, facts []byte
	cuts        []cut
}

// noHash holds the place of event.hash until the hash is known.
const noHash = "0000000000000000000000000000000000000000000000000000000000000000"

// Append appends the JSON of c, on one line and without a newline at its end,
// and returns the extended buffer. It computes the hash over the facts, leaves it in c.Sum
// and writes it as event.hash, whatever c.Event.Hash holds.
func (e *Encoder) Append(dst []byte, c *Change) []byte {
	w := writer{buf: dst, cuts: e.cuts[:0]}
	w.change(c)
	e.cuts = w.cuts
	e.facts = w.appendFacts(e.facts[:0], len(dst))
	c.Sum = sha256.Sum256(e.facts)
	hex.Encode(w.buf[w.hash:], c.Sum[:])
	return w.buf
}

// Hash returns the SHA-256 of the canonical JSON of the facts. A document read
// back from an index or an archive is untouched when it equals event.hash.
func (e *Encoder) Hash(c *Change) [sha256.Size]byte {
	w := writer{buf: e.body[:0], cuts: e.cuts[:0]}
	w.change(c)
	e.body, e.cuts = w.buf, w.cuts
	e.facts = w.appendFacts(e.facts[:0], 0)
	return sha256.Sum256(e.facts)
}

// change writes the whole document, and notes in cuts what of it is no fact. Members
// stand in the order of their names, here and below, because that is what makes
// the JSON canonical.
func (w *writer) change(c *Change) {
	w.buf = append(w.buf, '{')
	w.timestamp("@timestamp", c.Timestamp)
	if c.Client.IP != "" {
		w.object("client")
		w.str("ip", c.Client.IP)
		w.end()
	}
	w.event(&c.Event)
	if c.HTTP.Request.ID != "" {
		w.object("http")
		w.object("request")
		w.str("id", c.HTTP.Request.ID)
		w.end()
		w.end()
	}
	if c.Labels != "" {
		w.raw("labels", string(c.Labels))
	}
	w.looked("message", c.Message)
	if c.Service.Name != "" {
		w.object("service")
		w.str("name", c.Service.Name)
		w.end()
	}
	if c.Trace.ID != "" {
		w.object("trace")
		w.str("id", c.Trace.ID)
		w.end()
	}
	w.trail(&c.Trail)
	if c.User.known() {
		w.object("user")
		w.user(&c.User)
		w.end()
	}
	w.end()
}

func (u *User) known() bool {
	return u.ID != "" || u.Name != "" || u.Email != "" || len(u.Roles) > 0 || u.Effective != nil
}

func (w *writer) event(e *Event) {
	w.object("event")
	w.must("action", e.Action)
	w.looked("hash", noHash)
	w.hash = len(w.buf) - len(noHash) - 1
	w.must("id", e.ID)
	w.str("reason", e.Reason)
	w.end()
}

// user writes the members of a user into an object that is open.
func (w *writer) user(u *User) {
	if u.Effective != nil {
		w.object("effective")
		w.user(u.Effective)
		w.end()
	}
	w.str("email", u.Email)
	w.str("id", u.ID)
	w.str("name", u.Name)
	w.list("roles", u.Roles)
}

func (w *writer) trail(t *Trail) {
	w.object("trail")
	start := len(w.buf)
	w.refs("ancestors", t.Ancestors)
	w.cut(start)
	w.detail(&t.Change)
	start = len(w.buf)
	w.container(&t.Container)
	w.cut(start)
	if t.Data != "" {
		w.raw("data", string(t.Data))
	}
	w.mail(&t.Email)
	w.object("entity")
	w.must("name", t.Entity.Name)
	w.str("table", t.Entity.Table)
	w.end()
	w.fields(t.Fields)
	w.gap(&t.Gap)
	w.item(&t.Item)
	w.origin(&t.Origin)
	w.flag("reconciled", t.Reconciled)
	w.revert(&t.Revert)
	start = len(w.buf)
	w.root(&t.Root)
	w.cut(start)
	w.must("sequence", t.Sequence)
	w.row("snapshot", t.Snapshot)
	w.status(&t.Status)
	start = len(w.buf)
	w.list("terms", t.Terms)
	w.cut(start)
	w.tx(&t.Tx)
	w.number("v", uint64(t.V)) //nolint:gosec // a small positive constant
	w.end()
}

func (w *writer) refs(name string, refs []Ref) {
	if len(refs) == 0 {
		return
	}
	w.key(name)
	w.buf = append(w.buf, '[')
	for i := range refs {
		w.comma()
		w.buf = append(w.buf, '{')
		w.ref(&refs[i])
		w.end()
	}
	w.buf = append(w.buf, ']')
}

func (w *writer) root(r *Ref) {
	if *r == (Ref{}) {
		return
	}
	w.object("root")
	w.ref(r)
	w.end()
}

func (w *writer) ref(r *Ref) {
	w.str("label", r.Label)
	w.str("uid", r.UID)
}

func (w *writer) detail(d *Detail) {
	w.object("change")
	w.str("comment", d.Comment)
	w.str("description_html", d.DescriptionHTML)
	w.list("fields", d.Fields)
	w.flag("masked", d.Masked)
	w.list("paths", d.Paths)
	w.str("title", d.Title)
	w.flag("truncated", d.Truncated)
	w.must("type", string(d.Type))
	w.end()
}

func (w *writer) container(c *Container) {
	if *c == (Container{}) {
		return
	}
	w.object("container")
	w.str("id", c.ID)
	w.str("kind", c.Kind)
	w.str("label", c.Label)
	w.str("type", c.Type)
	w.end()
}

func (w *writer) mail(m *Mail) {
	if *m == (Mail{}) {
		return
	}
	w.object("email")
	w.str("message_id", m.MessageID)
	w.str("status", m.Status)
	w.str("subject", m.Subject)
	w.str("to", m.To)
	w.end()
}

func (w *writer) gap(g *GapRange) {
	if *g == (GapRange{}) {
		return
	}
	w.object("gap")
	w.str("cause", g.Cause)
	w.str("from", g.From)
	w.str("to", g.To)
	w.end()
}

func (w *writer) item(i *Item) {
	w.object("item")
	w.must("id", i.ID)
	w.looked("identifier", i.Identifier)
	w.row("key", i.Key)
	w.looked("label", i.Label)
	w.must("uid", i.UID)
	w.end()
}

func (w *writer) origin(o *Origin) {
	if *o == (Origin{}) {
		return
	}
	w.object("origin")
	if o.DB != (DB{}) {
		w.object("db")
		w.str("application", o.DB.Application)
		w.str("role", o.DB.Role)
		w.end()
	}
	w.str("interface", o.Interface)
	w.str("name", o.Name)
	if o.Run != (Run{}) {
		w.object("run")
		w.str("id", o.Run.ID)
		w.str("type", o.Run.Type)
		w.str("url", o.Run.URL)
		w.end()
	}
	w.str("source", o.Source)
	w.flag("verified", o.Verified)
	w.end()
}

func (w *writer) revert(r *Revert) {
	if *r == (Revert{}) {
		return
	}
	w.object("revert")
	w.str("of", r.Of)
	w.str("scope", r.Scope)
	w.end()
}

func (w *writer) status(s *Status) {
	if *s == (Status{}) {
		return
	}
	w.object("status")
	w.str("field", s.Field)
	w.str("from", s.From)
	w.str("to", s.To)
	w.end()
}

func (w *writer) tx(t *Tx) {
	w.object("tx")
	w.number("change_lsn", uint64(t.ChangeLSN))
	w.number("commit_lsn", uint64(t.CommitLSN))
	w.number("id", t.ID)
	w.number("n", uint64(t.N))
	w.number("timeline", uint64(t.Timeline))
	w.end()
}

func (w *writer) fields(fields []Field) {
	if len(fields) == 0 {
		return
	}
	w.key("fields")
	w.buf = append(w.buf, '[')
	for i := range fields {
		w.comma()
		w.field(&fields[i])
	}
	w.buf = append(w.buf, ']')
}

func (w *writer) field(f *Field) {
	w.buf = append(w.buf, '{')
	w.must("field", f.Field)
	w.looked("label", f.Label)
	if !f.New.IsZero() {
		w.key("new")
		w.side(&f.New)
	}
	if !f.Old.IsZero() {
		w.key("old")
		w.side(&f.Old)
	}
	w.str("op", f.Op)
	w.str("path", f.Path)
	w.str("type", f.Type)
	w.end()
}

func (w *writer) side(s *Side) {
	w.buf = append(w.buf, '{')
	w.looked("color", s.Color)
	w.looked("date", s.Date)
	w.str("hmac", s.HMAC)
	if s.Kind == JSON {
		w.raw("json", s.Value)
	}
	w.looked("label", s.Label)
	w.flag("masked", s.Masked)
	if s.Number != "" {
		start := len(w.buf)
		w.key("number")
		w.buf = append(w.buf, s.Number...)
		w.cut(start)
	}
	w.str("sha256", s.SHA256)
	if s.Size > 0 {
		w.number("size", uint64(s.Size))
	}
	w.flag("truncated", s.Truncated)
	switch s.Kind {
	case Text:
		w.must("value", s.Value)
	case Null:
		w.key("value")
		w.buf = append(w.buf, "null"...)
	case Absent, JSON:
	}
	w.end()
}
