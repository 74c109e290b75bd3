package render

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/waltrail/waltrail/document"
)

// Printer writes changes for a person. Its zero value writes nothing; Out is required.
type Printer struct {
	Out io.Writer
	// Colors allows escape sequences.
	Colors bool
	// Zone is that of the times; nil means UTC.
	Zone *time.Location
	// Limit is how many characters of a value are shown; 0 means all.
	Limit int
	// Item is the uid of the item whose History is shown. Entries about it do
	// not name it again.
	Item string
	// Labels names entities for people, by their name.
	Labels map[string]string

	day string // the day of the entry before
}

// Heading writes what the page shows, and details of it.
func (p *Printer) Heading(title, details string) error {
	_, err := io.WriteString(p.Out, p.style(bold, safe(title))+"   "+p.style(dim, safe(details))+"\n\n")
	return err
}

// Change writes one entry, under a heading when its day differs from that of
// the entry before. Errors of Out are returned.
func (p *Printer) Change(c *document.Change) error {
	var b strings.Builder
	zone := p.Zone
	if zone == nil {
		zone = time.UTC
	}
	at := c.Timestamp.In(zone)
	if day := at.Format("Mon 2 January 2006"); day != p.day {
		if p.day != "" {
			b.WriteByte('\n')
		}
		p.day = day
		b.WriteString(p.style(bold, day) + "\n")
	}
	b.WriteString("  " + p.style(dim, at.Format("15:04:05")) + "  " + p.headline(c) + "\n")
	p.fields(&b, c.Trail.Fields)
	for _, text := range []string{c.Event.Reason, c.Trail.Change.Comment} {
		if text != "" {
			b.WriteString(indent + "“" + safe(shorten(text, p.Limit)) + "”\n")
		}
	}
	_, err := io.WriteString(p.Out, b.String())
	return err
}

// indent is the width of a time and the spaces around it.
const indent = "            "

// maxLabel keeps one long label from moving all values to the right.
const maxLabel = 30

// fields writes one line for each field, the values under each other.
func (p *Printer) fields(b *strings.Builder, fields []document.Field) {
	width := 0
	for i := range fields {
		if w := runewidth.StringWidth(fieldLabel(&fields[i])); w <= maxLabel {
			width = max(width, w)
		}
	}
	for i := range fields {
		label := fieldLabel(&fields[i])
		pad := strings.Repeat(" ", max(width-runewidth.StringWidth(label), 0))
		b.WriteString(indent + label + pad + "   " + p.values(&fields[i]) + "\n")
	}
}

// fieldLabel is the field's name for people: its label, else its qualified name.
func fieldLabel(f *document.Field) string {
	switch {
	case f.Label != "":
		return safe(f.Label)
	case f.Path != "":
		return safe(f.Path)
	}
	return safe(f.Field)
}

// The styles of a terminal (ECMA-48, SGR).
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
)

// style puts text, which must be safe, into an SGR style when colours are on.
func (p *Printer) style(code, text string) string {
	if !p.Colors || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// chip puts a dot of a status colour, #rrggbb or #rgb, before a label.
func (p *Printer) chip(color, label string) string {
	var r, g, b int
	switch n, _ := fmt.Sscanf(color, "#%02x%02x%02x", &r, &g, &b); {
	case n == 3 && len(color) == len("#rrggbb"):
	default:
		return label
	}
	if !p.Colors {
		return label
	}
	return p.style(fmt.Sprintf("38;2;%d;%d;%d", r, g, b), "●") + " " + label
}
