package triggers

import (
	"slices"
	"strings"

	"github.com/waltrail/waltrail/document"
)

// subjectRoot begins every default subject and every CloudEvents type.
const subjectRoot = "trail"

// defaultSubject is where documents go without a rule's own subject.
func defaultSubject(system, entity string, t document.Type) string {
	return strings.Join([]string{subjectRoot, system, token(entity), token(string(t))}, ".")
}

// token makes one token of a subject. Configured names need no change; the rest
// is for safety, since a dot, a wildcard or a line break would change the meaning.
func token(name string) string {
	if name == "" {
		return "_"
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || r == '.' || r == '*' || r == '>' {
			return '_'
		}
		return r
	}, name)
}

// isLiteralSubject reports whether messages can be published to s and kept in
// a stream: not a wildcard, not one of the server's own.
func isLiteralSubject(s string) bool {
	if s == "" || len(s) > 255 || s[0] == '$' || s[0] == '_' {
		return false
	}
	return !slices.ContainsFunc(strings.Split(s, "."), func(tok string) bool {
		return tok == "" || token(tok) != tok
	})
}

// covers reports whether every subject that want stands for is also one of
// filter; both may hold the wildcards * and >.
func covers(filter, want string) bool {
	f, w := strings.Split(filter, "."), strings.Split(want, ".")
	for i, tok := range f {
		switch {
		case tok == ">":
			return i < len(w)
		case i >= len(w) || w[i] == ">":
			return false
		case tok != "*" && tok != w[i]:
			return false
		}
	}
	return len(f) == len(w)
}

// uncovered lists those of want that no filter covers.
func uncovered(filters, want []string) []string {
	var missing []string
	for _, w := range want {
		if !slices.ContainsFunc(filters, func(f string) bool { return covers(f, w) }) {
			missing = append(missing, w)
		}
	}
	return missing
}
