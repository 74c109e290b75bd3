package config

import (
	"fmt"
	"strings"
)

// Problem is one mistake in a file.
type Problem struct {
	// File is the name that Parse was given, Line and Column are 1-based.
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	// Key is the place in the document, for example postgres.dsn; it is empty for the file as a whole.
	Key string `json:"key,omitempty"`
	// Message says what is wrong and what to write instead.
	Message string `json:"message"`
}

// String returns file:line:column: key: message.
func (p Problem) String() string {
	key := p.Key
	if key != "" {
		key += ": "
	}
	return fmt.Sprintf("%s:%d:%d: %s%s", p.File, p.Line, p.Column, key, p.Message)
}

// Error is all that is wrong with a file, in the order of its lines.
type Error struct {
	Problems []Problem
}

// Error returns one line for each mistake.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}
