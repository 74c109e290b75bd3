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

// writer appends JSON with its members in the order of their names (the callers
// in encode.go see to it) and strings with the shortest escapes. That is canonical JSON (RFC
// 8785) but for what cuts lists.
type writer struct {
	buf  []byte
	cuts []cut
	// hash is where the 64 digits of event.hash belong.
	hash int
}

// cut is a part of buf that is not in the facts, or with raw set, a JSON value
// that stands there in its canonical form.
type cut struct {
	start, end int
	raw        string
}

// cut notes what was written since start as enrichment.
func (w *writer) cut(start int) {
	if len(w.buf) > start {
		w.cuts = append(w.cuts, cut{start: start, end: len(w.buf)})
	}
}

// appendFacts appends the facts of the document that begins at from. One pass
// writes the document, this copies: writing both would cost twice.
func (w *writer) appendFacts(dst []byte, from int) []byte {
	for i := range w.cuts {
		c := &w.cuts[i]
		dst = appendMembers(dst, w.buf[from:c.start])
		if c.raw != "" {
			dst = appendCanonical(dst, c.raw)
		}
		from = c.end
	}
	return appendMembers(dst, w.buf[from:])
}

// appendMembers appends a part of a document. Its first comma goes where the
// members before it were cut.
func appendMembers(dst, part []byte) []byte {
	if len(part) > 0 && part[0] == ',' && dst[len(dst)-1] == '{' {
		part = part[1:]
	}
	return append(dst, part...)
}

// comma separates a member or element from the one before it.
func (w *writer) comma() {
	if last := w.buf[len(w.buf)-1]; last != '{' && last != '[' {
		w.buf = append(w.buf, ',')
	}
}

// key begins a member whose name needs no escape.
func (w *writer) key(name string) {
	b := w.buf
	if last := b[len(b)-1]; last != '{' && last != '[' {
		b = append(b, ',')
	}
	b = append(b, '"')
	b = append(b, name...)
	w.buf = append(b, '"', ':')
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

// looked writes a member that was looked up, is no fact therefore, unless it is empty.
func (w *writer) looked(name, value string) {
	if value != "" {
		start := len(w.buf)
		w.must(name, value)
		w.cut(start)
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
	w.rawValue(value)
}

func (w *writer) rawValue(value string) {
	start := len(w.buf)
	w.buf = appendOneLine(w.buf, value)
	w.cuts = append(w.cuts, cut{start: start, end: len(w.buf), raw: value})
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
	switch c.Kind {
	case Text:
		w.buf = appendString(w.buf, c.Value)
	case JSON:
		w.rawValue(c.Value)
	default:
		w.buf = append(w.buf, "null"...)
	}
}

// timestamp writes microseconds, always six digits, so that it compares as text.
func (w *writer) timestamp(name string, t time.Time) {
	w.key(name)
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	b := append(w.buf, '"')
	b = append(appendDigits(b, year, 4), '-')
	b = append(appendDigits(b, int(month), 2), '-')
	b = append(appendDigits(b, day, 2), 'T')
	b = append(appendDigits(b, hour, 2), ':')
	b = append(appendDigits(b, minute, 2), ':')
	b = append(appendDigits(b, second, 2), '.')
	w.buf = append(appendDigits(b, t.Nanosecond()/1000, 6), 'Z', '"')
}

// appendDigits appends the last n decimal digits of v, which is not negative.
func appendDigits(dst []byte, v, n int) []byte {
	start := len(dst)
	dst = append(dst, "000000"[:n]...)
	for i := start + n - 1; i >= start; i-- {
		dst[i] = byte('0' + v%10) //nolint:gosec // a digit
		v /= 10
	}
	return dst
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
	escape, ascii := scan(s)
	if (!ascii || escape < len(s)) && !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
		escape, _ = scan(s)
	}
	dst = append(dst, '"')
	for escape < len(s) {
		dst = append(dst, s[:escape]...)
		dst = appendEscape(dst, s[escape])
		s = s[escape+1:]
		escape, _ = scan(s)
	}
	dst = append(dst, s...)
	return append(dst, '"')
}

// Eight bytes at a time, for scan.
const (
	eachByte = 0x0101010101010101
	highBits = 0x80 * eachByte
)

// scan returns the place of the first byte that needs an escape, or the length
// of s, and whether all bytes that it looked at are ASCII.
func scan(s string) (escape int, ascii bool) {
	i, seen := 0, uint64(0)
	for ; i+8 <= len(s); i += 8 {
		x := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
		seen |= x
		quote, slash := x^'"'*eachByte, x^'\\'*eachByte
		// Of each of the three, the high bit of a byte tells that it was below the number.
		if ((x-' '*eachByte)&^x|(quote-eachByte)&^quote|(slash-eachByte)&^slash)&highBits != 0 {
			break
		}
	}
	for ; i < len(s); i++ {
		c := s[i]
		seen |= uint64(c)
		if c < ' ' || c == '"' || c == '\\' {
			break
		}
	}
	return i, seen&highBits == 0
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
