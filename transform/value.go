package transform

import (
	"strings"
	"unicode/utf8"
)

// maxNumber is the longest number in bytes that is given as a JSON number too.
const maxNumber = 300

// numberOf returns the JSON number of a numeric text without the zeros at its
// end, empty for NaN, infinities and what is too long to be of use as a double.
func numberOf(s string) string {
	if len(s) > maxNumber || !isNumber(s) {
		return ""
	}
	if strings.IndexByte(s, '.') < 0 || strings.ContainsAny(s, "eE") {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// isNumber reports whether s follows the grammar of JSON numbers (RFC 8259, section 6).
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole := digits(s)
	if whole == 0 || whole > 1 && s[0] == '0' {
		return false
	}
	s = s[whole:]
	if rest, ok := strings.CutPrefix(s, "."); ok {
		n := digits(rest)
		if n == 0 {
			return false
		}
		s = rest[n:]
	}
	if s == "" {
		return true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return false
	}
	s = s[1:]
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	return s != "" && digits(s) == len(s)
}

// digits counts the decimal digits that s begins with.
func digits(s string) int {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return i
		}
	}
	return len(s)
}

const (
	dateLen = len("2006-01-02")
	timeLen = len("2006-01-02 15:04:05")
)

// instant returns a date or timestamp of the years 1 to 9999 without its zone,
// which must be UTC; ok is false for all else: infinity, BC, other zones.
func instant(s string) (iso string, ok bool) {
	s = strings.TrimSuffix(s, "+00")
	if !matches(s, "dddd-dd-dd") || s[:4] == "0000" {
		return "", false
	}
	if len(s) == dateLen {
		return s, true
	}
	if !matches(s[dateLen:], " dd:dd:dd") {
		return "", false
	}
	fraction := s[timeLen:]
	if fraction == "" {
		return s, true
	}
	return s, fraction[0] == '.' && len(fraction) > 1 && digits(fraction[1:]) == len(fraction)-1
}

// matches reports whether s begins with the pattern, in which d is a digit.
func matches(s, pattern string) bool {
	if len(s) < len(pattern) {
		return false
	}
	for i := range len(pattern) {
		switch c := s[i]; {
		case pattern[i] == 'd' && (c < '0' || c > '9'):
			return false
		case pattern[i] != 'd' && c != pattern[i]:
			return false
		}
	}
	return true
}

// appendRFC3339 appends what instant returned as RFC 3339 at UTC.
func appendRFC3339(dst []byte, iso string) []byte {
	dst = append(append(dst, iso[:dateLen]...), 'T')
	if len(iso) == dateLen {
		return append(dst, "00:00:00Z"...)
	}
	return append(append(dst, iso[dateLen+1:]...), 'Z')
}

// cutAt returns the longest beginning of s of at most limit bytes that ends
// between runes.
func cutAt(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
