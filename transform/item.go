package transform

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

const (
	// maxID is the longest item id in bytes; longer ones end in a hash.
	maxID = 512
	// maxBrief is the longest identifier, label or code in bytes; index keywords
	// are not longer.
	maxBrief = 1000
	// wholeTable is the id of a change that concerns every row.
	wholeTable = "*"
	// unknownPart stands in an id for a key column that the log does not carry.
	unknownPart = "?"
)

// item fills who the item is, and its place among others.
func (t *Transformer) item(c *document.Change, r row) {
	item := &c.Trail.Item
	uid := append(t.scratch[:0], r.plan.prefix...)
	if r.event.Kind == change.Truncate {
		uid = append(uid, wholeTable...)
	} else {
		uid = t.appendID(uid, r)
	}
	item.UID = t.keep(uid)
	item.ID = item.UID[len(r.plan.prefix):]
	c.Trail.Root.UID = item.UID
	if r.event.Kind == change.Truncate {
		return
	}
	for _, i := range r.plan.key {
		if v := r.last(i); v.Known() {
			item.Key = append(item.Key, t.cell(c, &r.plan.columns[i], v))
		}
	}
	item.Identifier, item.Label = t.joined(r, r.plan.identifier), t.joined(r, r.plan.title)
	t.place(c, r)
}

// appendID appends the id of an item: its key, the parts of a composite key
// joined by commas with a backslash before a comma or backslash in a part. A
// row without a key has a hash of its recorded values.
func (t *Transformer) appendID(dst []byte, r row) []byte {
	key, start := r.plan.key, len(dst)
	if len(key) == 0 {
		return append(dst, rowHash(r)...)
	}
	for n, i := range key {
		part := unknownPart
		if v := r.last(i); v.Kind == change.Text {
			part = t.maskedText(r.plan.columns[i].mask, v.Text)
		}
		if n > 0 {
			dst = append(dst, ',')
		}
		if len(key) > 1 {
			dst = appendEscaped(dst, part)
		} else {
			dst = append(dst, part...)
		}
	}
	if len(dst)-start > maxID {
		sum := sha256.Sum256(dst[start:])
		kept := cutAt(string(dst[start:]), maxID/2)
		dst = append(append(dst[:start], kept...), '~')
		dst = hex.AppendEncode(dst, sum[:16])
	}
	return dst
}

func appendEscaped(dst []byte, part string) []byte {
	for i := range len(part) {
		if part[i] == ',' || part[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, part[i])
	}
	return dst
}

// rowHash identifies a row by its content. Masked columns stay out: a hash
// over few possible values would give them away.
func rowHash(r row) string {
	h := sha256.New()
	for i := range r.plan.columns {
		col := &r.plan.columns[i]
		if v := r.last(i); !col.skip && col.mask == maskNone && v.Known() {
			_, _ = h.Write([]byte{byte(v.Kind)})
			_, _ = h.Write([]byte(v.Text))
			_, _ = h.Write([]byte{0}) // no PostgreSQL text holds a zero byte
		}
	}
	return "~" + hex.EncodeToString(h.Sum(nil)[:16])
}

// joined returns the shown texts of columns with a space between.
func (t *Transformer) joined(r row, places []int) string {
	if len(places) == 1 {
		return t.brief(t.shown(&r.plan.columns[places[0]], r.last(places[0])))
	}
	b := t.scratch[:0]
	for _, i := range places {
		text := t.brief(t.shown(&r.plan.columns[i], r.last(i)))
		if text != "" && len(b) > 0 {
			b = append(b, ' ')
		}
		b = append(b, text...)
	}
	return t.brief(t.keep(b))
}

// brief cuts a text to the length of an index keyword.
func (t *Transformer) brief(s string) string { return cutAt(s, maxBrief) }

// place fills root and container, as far as the row itself knows them: of an item
// whose parent has a parent too, the root is the parent.
func (t *Transformer) place(c *document.Change, r row) {
	p := r.plan
	if parent := t.reference(p, p.parent, r); parent != "" {
		c.Trail.Root.UID = t.keep(append(append(t.scratch[:0], p.parentPrefix...), parent...))
	}
	if id := t.reference(p, p.container, r); id != "" {
		c.Trail.Container = document.Container{Type: p.containerType, ID: id, Kind: t.reference(p, p.kind, r)}
	}
}

func (t *Transformer) reference(p *plan, place int, r row) string {
	if place == none {
		return ""
	}
	return cutAt(t.shown(&p.columns[place], r.last(place)), maxID)
}

// suffix is what the qualifiers of a row put behind its fields: [currency=EUR]
// behind the path and (EUR) behind the label. Empty without qualifiers.
type suffix struct{ path, label string }

// maxQualifier is the longest part in bytes of a qualifier's value in a path.
const maxQualifier = 100

func (t *Transformer) suffixOf(r row) suffix {
	if len(r.plan.qualifiers) == 0 || r.event.Kind == change.Truncate {
		return suffix{}
	}
	var path, label []string
	for _, i := range r.plan.qualifiers {
		col := &r.plan.columns[i]
		if value := cutAt(t.shown(col, r.last(i)), maxQualifier); value != "" {
			path, label = append(path, col.name+"="+value), append(label, value)
		}
	}
	if len(path) == 0 {
		return suffix{}
	}
	return suffix{path: "[" + strings.Join(path, ",") + "]", label: " (" + strings.Join(label, ", ") + ")"}
}
