package capture

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// Conditions that a caller treats in a way of their own. All other errors of a
// session end it, and a new one may be tried after a pause.
var (
	// ErrSlotActive: another connection reads the slot. A standby waits for it; after
	// a broken connection it passes when the server notices.
	ErrSlotActive = errors.New("the replication slot is in use by another connection")
	// ErrSlotLost: the server removed log that the slot needed. Changes are
	// missing for good, a new slot leaves a gap in the trail.
	ErrSlotLost = errors.New("the replication slot is lost: the server removed log that it needed")
	// ErrClosed: the Reader was closed.
	ErrClosed = errors.New("capture is closed")
)

// The SQLSTATEs that are told apart (PostgreSQL documentation, appendix A).
const (
	stateObjectInUse   = "55006"
	stateNotInState    = "55000" // START_REPLICATION on an invalidated slot
	stateUndefined     = "42704"
	stateNotPrivileged = "42501"
)

// serverError is an error that PostgreSQL reported, without DETAIL, HINT and
// CONTEXT: these may quote rows (invariant 7). The original is not wrapped, so
// that nothing further up can bring them back.
type serverError struct {
	state string
	text  string
	class error // one of the sentinels, or nil
}

func (e *serverError) Error() string { return e.text }
func (e *serverError) Unwrap() error { return e.class }

// clean strips err of what a server error may disclose and says what was being
// done. It returns nil for nil.
func clean(doing string, err error) error {
	if err == nil {
		return nil
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return fmt.Errorf("postgres: %s: %w", doing, err)
	}
	e := &serverError{state: pg.Code, text: "postgres: " + doing + ": " + pg.Message + " (SQLSTATE " + pg.Code + ")"}
	if pg.Code == stateObjectInUse {
		e.class = ErrSlotActive
	}
	return e
}

// hasState reports whether err is a server error with the SQLSTATE.
func hasState(err error, state string) bool {
	var e *serverError
	return errors.As(err, &e) && e.state == state
}
