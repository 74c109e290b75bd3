package history

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SyntaxError is a mistake in the text of a query.
type SyntaxError struct {
	// Pos is where in the text, in bytes.
	Pos int
	// Problem says what is wrong and what to write instead.
	Problem string
}

// Error returns the problem with its place, counted from 1.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("query, character %d: %s", e.Pos+1, e.Problem)
}

func isSpace(r rune) bool { return unicode.IsSpace(r) }

// lexer walks over the text of a query.
type lexer struct {
	text string
	pos  int
}

func (l *lexer) fail(pos int, format string, args ...any) error {
	return &SyntaxError{Pos: pos, Problem: fmt.Sprintf(format, args...)}
}

// skipSpace moves to the next clause and reports whether there is one.
func (l *lexer) skipSpace() bool {
	rest := strings.TrimLeftFunc(l.text[l.pos:], isSpace)
	l.pos = len(l.text) - len(rest)
	return rest != ""
}

// peek returns the next rune, 0 at the end.
func (l *lexer) peek() rune {
	if l.pos == len(l.text) {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(l.text[l.pos:])
	return r
}

// take moves over a text if it comes next.
func (l *lexer) take(text string) bool {
	if !strings.HasPrefix(l.text[l.pos:], text) {
		return false
	}
	l.pos += len(text)
	return true
}

// key moves over "name:" if that comes next, and returns the name. A word in quotes
// is never one.
func (l *lexer) key() (name string, ok bool) {
	rest := l.text[l.pos:]
	end := strings.IndexFunc(rest, func(r rune) bool { return isSpace(r) || strings.ContainsRune(special, r) })
	if end <= 0 || rest[end] != ':' {
		return "", false
	}
	l.pos += end + 1
	return rest[:end], true
}

// op moves over a comparison if one comes next.
func (l *lexer) op() Op {
	for _, op := range []Op{LessEqual, GreaterEqual, Less, Greater} {
		if l.take(string(op)) {
			return op
		}
	}
	return NoOp
}

// pattern reads a value up to a space, a comma or a comparison. Parts in quotes
// are literal and may stand beside parts without.
func (l *lexer) pattern() (p Pattern, given bool, err error) {
	start := l.pos
	var b strings.Builder
	for {
		switch r := l.peek(); {
		case r == 0 && l.pos == len(l.text), isSpace(r), r == ',', r == '<', r == '>':
			return Pattern(b.String()), l.pos > start, nil
		case r == '"':
			text, err := l.quoted()
			if err != nil {
				return "", false, err
			}
			b.WriteString(string(Literal(text)))
		default:
			_, size := utf8.DecodeRuneInString(l.text[l.pos:])
			part := l.text[l.pos : l.pos+size]
			if r == '\\' {
				part = `\\`
			}
			b.WriteString(part)
			l.pos += size
		}
	}
}

// quoted reads a part in quotes, in which a backslash takes the meaning of the
// character after it.
func (l *lexer) quoted() (string, error) {
	start := l.pos
	var b strings.Builder
	for l.pos++; l.pos < len(l.text); l.pos++ {
		switch c := l.text[l.pos]; {
		case c == '"':
			l.pos++
			return b.String(), nil
		case c == '\\' && l.pos+1 < len(l.text):
			l.pos++
			b.WriteByte(l.text[l.pos])
		default:
			b.WriteByte(c)
		}
	}
	return "", l.fail(start, `the quote that opens here is not closed; add a "`)
}
