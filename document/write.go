package document

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
)

// writer appends canonical JSON (RFC 8785): members are written in the order of
// their names by the callers in encode.go, strings with the shortest escapes.
// With facts set, callers leave enrichment out.
type writer struct {
	buf   []byte
	facts bool
}

// comma separates a member or element from the one before it.
func (w *writer) comma() {
	if last := w.buf[len(w.buf)-1]; last != '{' && last != '[' {
		w.buf = append(w.buf, ',')
	}
}

// key begins a member whose name needs no escape.
func (w *writer) key(name string) {
	w.comma()
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, name...)
	w.buf = append(w.buf, '"', ':')
}

// object begins a member that is an object; end closes it.
func (w *writer) object(name string) {
	w.key(name)
	w.buf = append(w.buf, '{')
}

func (w *writer) end() { w.buf = append(w.buf, '}') }

// str writes a member unless it is empty.
func (w *writer) str(name, value string) {
	if value != "" {
		w.must(name, value)
	}
}

// must writes a member even when it is empty.
func (w *writer) must(name, value string) {
	w.key(name)
	w.buf = appendString(w.buf, value)
}

func (w *writer) flag(name string, value bool) {
	if value {
		w.key(name)
		w.buf = append(w.buf, "true"...)
	}
}

func (w *writer) number(name string, value uint64) {
	w.key(name)
	w.buf = strconv.AppendUint(w.buf, value, 10)
}

// list writes a member that is an array of strings, unless it is empty.
func (w *writer) list(name string, values []string) {
	if len(values) == 0 {
		return
	}
	w.key(name)
	w.buf = append(w.buf, '[')
	for _, v := range values {
		w.comma()
		w.buf = appendString(w.buf, v)
	}
	w.buf = append(w.buf, ']')
}

// raw writes a member that is JSON already. Among the facts it is made
// canonical; what cannot be (a number beyond a double) counts there as its text.
func (w *writer) raw(name string, value string) {
	w.key(name)
	if w.facts {
		w.buf = appendCanonical(w.buf, value)
		return
	}
	w.buf = appendOneLine(w.buf, value)
}

// row writes a member that is an object with a member per column.
func (w *writer) row(name string, cells Row) {
	if len(cells) == 0 {
		return
	}
	w.key(name)
	w.rowObject(cells)
}

func (w *writer) rowObject(cells Row) {
	if !slices.IsSortedFunc(cells, compareCells) {
		cells = slices.Clone(cells)
		slices.SortFunc(cells, compareCells)
	}
	w.buf = append(w.buf, '{')
	for i := range cells {
		w.cell(&cells[i])
	}
	w.end()
}

func (w *writer) cell(c *Cell) {
	w.comma()
	w.buf = append(appendString(w.buf, c.Name), ':')
	switch {
	case c.Kind == Text:
		w.buf = appendString(w.buf, c.Value)
	case c.Kind == JSON && w.facts:
		w.buf = appendCanonical(w.buf, c.Value)
	case c.Kind == JSON:
		w.buf = appendOneLine(w.buf, c.Value)
	default:
		w.buf = append(w.buf, "null"...)
	}
}

// timestamp writes microseconds, always six digits, so that it compares as text.
func (w *writer) timestamp(name string, t time.Time) {
	w.key(name)
	w.buf = append(w.buf, '"')
	w.buf = t.UTC().AppendFormat(w.buf, "2006-01-02T15:04:05.000000Z07:00")
	w.buf = append(w.buf, '"')
}

// compareCells is the member order of RFC 8785, by UTF-16 code units. It differs from byte
// order only where names go beyond the basic plane.
func compareCells(a, b Cell) int {
	if isASCII(a.Name) || isASCII(b.Name) {
		return strings.Compare(a.Name, b.Name)
	}
	return slices.Compare(utf16.Encode([]rune(a.Name)), utf16.Encode([]rune(b.Name)))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// appendOneLine appends JSON with its line breaks as spaces: outside strings
// they mean the same, inside strings JSON has none, and a bulk request needs one line.
func appendOneLine(dst []byte, raw string) []byte {
	start := len(dst)
	dst = append(dst, raw...)
	for i := start; i < len(dst); i++ {
		if dst[i] == '\n' || dst[i] == '\r' {
			dst[i] = ' '
		}
	}
	return dst
}

func appendCanonical(dst []byte, raw string) []byte {
	// The library takes objects and arrays only, so a scalar travels in an array.
	canonical, err := jcs.Transform([]byte("[" + raw + "]"))
	if err != nil {
		return appendString(dst, raw)
	}
	return append(dst, canonical[1:len(canonical)-1]...)
}

const hexDigits = "0123456789abcdef"

// appendString appends a JSON string with the escapes of RFC 8785, section
// 3.2.2.2. Bytes that are not UTF-8 become U+FFFD.
func appendString(dst []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	dst = append(dst, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		dst = appendEscape(dst, c)
		start = i + 1
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}
