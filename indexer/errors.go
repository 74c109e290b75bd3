package indexer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Error is a refusal by Elasticsearch. Its text names the kind and, where the
// server's own words cannot quote a document, those words (invariant 7).
type Error struct {
	// Status is the HTTP status, Type the server's error.type, empty when the
	// answer did not come from Elasticsearch.
	Status int
	Type   string
	// reason may quote values of a document; only Error decides what is shown.
	reason string
	// shard is where a bulk item was refused, empty when not told.
	shard string
}

// Error implements error.
func (e *Error) Error() string {
	text := fmt.Sprintf("elasticsearch answers %d", e.Status)
	if e.Type == "" {
		return text + " and no error type: is there a proxy or another server behind the address?"
	}
	text += " " + e.Type
	if reason := e.shown(); reason != "" {
		text += ": " + reason
	}
	return text
}

// isType reports whether err is a refusal of that error.type.
func isType(err error, kind string) bool {
	var e *Error
	return errors.As(err, &e) && e.Type == kind
}

// shown is the part of the reason that may be read by everybody: all of it for
// kinds that speak of servers and indices, nothing for all others.
func (e *Error) shown() string {
	const longest = 300
	switch policyOfType(e.Type) {
	case transient, hold, createIndex:
		return e.reason[:min(len(e.reason), longest)]
	case unknown, conflict, quarantine, split:
	}
	return ""
}

// field returns the first of the mapped names that the reason mentions as a
// field: the one hint on a refused document that holds no value.
func (e *Error) field(mapped []string) string {
	for _, name := range mapped {
		if strings.Contains(e.reason, "["+name+"]") || strings.Contains(e.reason, `"`+name+`"`) {
			return name
		}
	}
	return ""
}

// causeJSON is an error object of Elasticsearch.
type causeJSON struct {
	Type      string      `json:"type"`
	Reason    string      `json:"reason"`
	Shard     string      `json:"shard"`
	RootCause []causeJSON `json:"root_cause"`
}

// readError makes an Error of a whole answer. Whatever the body is, there is one.
func readError(status int, body io.Reader) *Error {
	var answer struct {
		Error json.RawMessage `json:"error"`
	}
	e := &Error{Status: status}
	text, err := io.ReadAll(io.LimitReader(body, maxErrorBody))
	if err != nil || json.Unmarshal(text, &answer) != nil {
		return e
	}
	var cause causeJSON
	if json.Unmarshal(answer.Error, &cause) != nil {
		return e // older answers have a plain text here
	}
	e.Type, e.reason = cause.Type, cause.Reason
	if cause.Type == "search_phase_execution_exception" && len(cause.RootCause) > 0 {
		e.Type, e.reason = cause.RootCause[0].Type, cause.RootCause[0].Reason
	}
	return e
}
