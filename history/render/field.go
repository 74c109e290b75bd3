package render

import (
	"fmt"

	"github.com/waltrail/waltrail/document"
)

// What stands for values that have no text of their own. They never look like
// one: text is never written in these forms without quotes.
const (
	nullSign  = "∅"
	emptySign = `""`
	arrow     = " → "
)

// values writes old → new. The old value stands in brackets, so that it differs
// without colours too.
func (p *Printer) values(f *document.Field) string {
	switch {
	case f.Op == document.OpUnchanged:
		return p.style(dim, "unchanged, its value is not in the log")
	case f.Op == document.OpUnknown:
		return p.style(dim, "(unknown)") + arrow + p.style(green, p.side(&f.New))
	case f.Old.IsZero():
		return p.style(green, p.side(&f.New))
	case f.New.IsZero():
		return p.style(red, "("+p.side(&f.Old)+")")
	}
	return p.style(red, "("+p.side(&f.Old)+")") + arrow + p.style(green, p.side(&f.New))
}

// side writes one value as what it is.
func (p *Printer) side(s *document.Side) string {
	text := p.plain(s)
	switch {
	case s.Masked && s.HMAC != "":
		return "masked #" + safe(s.HMAC[:min(len(s.HMAC), shownHMAC)])
	case s.Masked && s.Value == "":
		return "masked"
	case s.Masked:
		return text + " masked"
	case s.Truncated:
		return fmt.Sprintf("%s … cut, %d bytes in all", text, s.Size)
	}
	return text
}

// shownHMAC is enough of a keyed hash to see whether two values are the same.
const shownHMAC = 12

func (p *Printer) plain(s *document.Side) string {
	switch {
	case s.Kind == document.Absent:
		return "unknown"
	case s.Kind == document.Null:
		return nullSign
	case s.Label != "":
		return p.chip(s.Color, safe(s.Label))
	case s.Value == "":
		return emptySign
	case s.Value == nullSign || s.Value == emptySign:
		return `"` + safe(s.Value) + `"`
	}
	return safe(shorten(s.Value, p.Limit))
}
