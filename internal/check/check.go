// Package check is the vocabulary of `waltrail doctor`: what a station found
// when it looked at its preconditions. The stations fill Results, the
// command prints them; nothing here connects to anything.
package check

// Status is the outcome of one check.
type Status string

// The outcomes, from good to bad.
const (
	OK      Status = "ok"
	Warning Status = "warning"
	Failure Status = "failure"
)

// Result is one line of the doctor's report.
type Result struct {
	// Name says what was looked at, for example "postgres: wal_level".
	Name   string `json:"name"`
	Status Status `json:"status"`
	// Detail is what was found, without values of rows and without secrets.
	Detail string `json:"detail"`
	// Cure is what to do, empty for OK: a command or a setting where there is one.
	Cure string `json:"cure,omitempty"`
	// Doc is the anchor of the README section that explains it, for example "#postgresql".
	Doc string `json:"doc,omitempty"`
}
