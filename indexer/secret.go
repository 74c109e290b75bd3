package indexer

import (
	"fmt"
	"os"
	"strings"
)

// Secret is a text that no log, error or dump of the configuration shows.
type Secret string

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "[redacted]"
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the secret from every encoder.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// readSecret returns the contents of file without the newline that editors
// leave, or inline when no file is named.
func readSecret(key, file string, inline Secret) (string, error) {
	if file == "" {
		return string(inline), nil
	}
	text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return "", fmt.Errorf("elasticsearch.%s: %w", key, err)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}
