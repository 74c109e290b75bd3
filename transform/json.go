package transform

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// maxJSONDepth is the deepest nesting that is passed through, well below
	// what the index and common libraries take.
	maxJSONDepth = 400
	// fewNames is up to how many members names are compared one by one.
	fewNames = 16
)

// jsonScanner walks JSON text without building anything of it. PostgreSQL has
// checked that a json value is JSON; what it allows and the index refuses
// is looked for here. The zero value is ready, and is kept for its memory.
type jsonScanner struct {
	text   string
	pos    int
	unique bool
	names  []string // of the objects that are open, with unique
}

// storable reports whether JSON text may stand in a document as it is: not nested
// too deep, no endless number, no broken UTF-8, and with unique no name twice in one object.
func (s *jsonScanner) storable(text string, unique bool) bool {
	s.text, s.pos, s.unique, s.names = text, 0, unique, s.names[:0]
	ok := utf8.ValidString(text) && s.value(0) // a message may hold any bytes
	s.space()
	return ok && s.pos == len(s.text)
}

// objectMembers calls visit for every member of a JSON object with its name and the text
// of its value. It returns false where text is no such object; some
// members may have been visited then.
func objectMembers(text string, visit func(name, raw string)) bool {
	s := jsonScanner{text: text}
	s.space()
	if !s.take('{') {
		return false
	}
	return s.list('}', func() bool {
		name, ok := s.name()
		if !ok {
			return false
		}
		raw, ok := s.raw()
		if ok {
			visit(name, raw)
		}
		return ok
	}) && s.atEnd()
}

// elements calls visit with the text of every element of a JSON array.
func elements(text string, visit func(raw string)) bool {
	s := jsonScanner{text: text}
	s.space()
	if !s.take('[') {
		return false
	}
	return s.list(']', func() bool {
		raw, ok := s.raw()
		if ok {
			visit(raw)
		}
		return ok
	}) && s.atEnd()
}

// raw scans a value and returns its text without the space around it.
func (s *jsonScanner) raw() (string, bool) {
	s.space()
	start := s.pos
	ok := s.value(1)
	return s.text[start:s.pos], ok
}

func (s *jsonScanner) atEnd() bool {
	s.space()
	return s.pos == len(s.text)
}

func (s *jsonScanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

func (s *jsonScanner) take(c byte) bool {
	if s.pos < len(s.text) && s.text[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *jsonScanner) value(depth int) bool {
	s.space()
	if depth > maxJSONDepth || s.pos == len(s.text) {
		return false
	}
	switch s.text[s.pos] {
	case '{':
		return s.object(depth)
	case '[':
		s.pos++
		return s.list(']', func() bool { return s.value(depth + 1) })
	case '"':
		return s.str()
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	return s.number()
}

func (s *jsonScanner) word(w string) bool {
	ok := strings.HasPrefix(s.text[s.pos:], w)
	if ok {
		s.pos += len(w)
	}
	return ok
}

func (s *jsonScanner) number() bool {
	start := s.pos
	for s.pos < len(s.text) && strings.IndexByte("+-.0123456789eE", s.text[s.pos]) >= 0 {
		s.pos++
	}
	literal := s.text[start:s.pos]
	return len(literal) <= maxNumber && isNumber(literal)
}

// list scans items with commas between, after the opening bracket.
func (s *jsonScanner) list(closing byte, item func() bool) bool {
	s.space()
	if s.take(closing) {
		return true
	}
	for item() {
		s.space()
		if s.take(closing) {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
	return false
}

func (s *jsonScanner) object(depth int) bool {
	s.pos++
	base := len(s.names)
	var many map[string]bool
	ok := s.list('}', func() bool {
		name, ok := s.name()
		if !ok || s.unique && !s.fresh(name, base, &many) {
			return false
		}
		return s.value(depth + 1)
	})
	s.names = s.names[:base]
	return ok
}

// fresh notes a name of the innermost object and reports whether it is new there.
func (s *jsonScanner) fresh(name string, base int, many *map[string]bool) bool {
	if own := s.names[base:]; len(own) < fewNames {
		s.names = append(s.names, name)
		return !slices.Contains(own, name)
	}
	if *many == nil {
		*many = setOf(s.names[base:])
	}
	if (*many)[name] {
		return false
	}
	(*many)[name] = true
	return true
}

// name scans a member's name and the colon behind it.
func (s *jsonScanner) name() (string, bool) {
	s.space()
	start := s.pos
	if !s.str() {
		return "", false
	}
	name := unquote(s.text[start:s.pos])
	s.space()
	return name, s.take(':')
}

func (s *jsonScanner) str() bool {
	if !s.take('"') {
		return false
	}
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '"':
			s.pos++
			return true
		case c < ' ':
			return false
		case c != '\\':
			s.pos++
		case !s.escape():
			return false
		}
	}
	return false
}

func (s *jsonScanner) escape() bool {
	rest := s.text[s.pos+1:]
	if rest == "" {
		return false
	}
	if rest[0] != 'u' {
		s.pos += 2
		return strings.IndexByte(`"\/bfnrt`, rest[0]) >= 0
	}
	if len(rest) < 5 { // the place stays within the text, also of broken JSON
		return false
	}
	s.pos += 6
	return strings.Trim(rest[1:5], "0123456789abcdefABCDEF") == ""
}

// unquote returns the text of a JSON string that str accepted.
func unquote(raw string) string {
	if strings.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	var text string
	_ = json.Unmarshal([]byte(raw), &text) // it was accepted
	return text
}

// quote returns the JSON string of a text.
func quote(text string) string {
	b, _ := json.Marshal(text) // strings never fail
	return string(b)
}

// structured reports whether JSON text is an object or array.
func structured(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	return text != "" && (text[0] == '{' || text[0] == '[')
}
