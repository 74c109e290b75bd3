package render

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// safe makes text of unknown origin harmless for a terminal and unable to
// deceive its reader: control characters, which could move the cursor or start
// an escape sequence, and invisible ones, such as those that turn the direction of
// writing, are shown by their codes.
func safe(text string) string {
	if !strings.ContainsFunc(text, isUnsafe) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case r == '\\': // so that a code cannot be taken for text
			b.WriteString(`\\`)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case isUnsafe(r):
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// zeroWidthJoiner holds many emoji together.
const zeroWidthJoiner = '\u200D'

// isUnsafe reports whether a character is neither visible nor a space of some
// width, as French has them before punctuation.
func isUnsafe(r rune) bool {
	return !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) && r != zeroWidthJoiner
}

// shorten cuts text to so many characters and says how many it left out.
func shorten(text string, limit int) string {
	n := utf8.RuneCountInString(text)
	if limit <= 0 || n <= limit {
		return text
	}
	end := 0
	for range limit {
		_, size := utf8.DecodeRuneInString(text[end:])
		end += size
	}
	return fmt.Sprintf("%s… (%d more characters)", text[:end], n-limit)
}
