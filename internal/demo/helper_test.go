package demo

import (
	"encoding/json"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/waltrail/waltrail/deploy"
	"github.com/waltrail/waltrail/internal/testenv"
)

// newShop installs the shop in a database of its own.
func newShop(t *testing.T) *testenv.PG {
	t.Helper()
	pg := testenv.Postgres(t)
	if err := Install(t.Context(), pg.DSN); err != nil {
		t.Fatal(err)
	}
	return pg
}

// helpers installs the trail.* functions, as `waltrail setup` does.
func helpers(t *testing.T, pg *testenv.PG) {
	t.Helper()
	pg.Exec(t, deploy.TrailSQL())
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// transaction is what the log says of one transaction, read with test_decoding.
type transaction struct {
	context account  // what trail.set_context said; zero when nothing
	roles   []string // of the attribution messages
	rows    []string // "table.OPERATION"
	text    string   // all of it
}

var (
	rowLine     = regexp.MustCompile(`^table public\.(\w+): (INSERT|UPDATE|DELETE):`)
	messageLine = regexp.MustCompile(`(?s)^message: transactional: 1 prefix: ([\w.]+), sz: \d+ content:(.*)$`)
)

// record creates a slot; what is returned reads all transactions since then.
func record(t *testing.T, pg *testenv.PG) func() []transaction {
	t.Helper()
	pg.Exec(t, "SELECT pg_create_logical_replication_slot($1, 'test_decoding')", pg.Name)
	return func() []transaction {
		t.Helper()
		var all []transaction
		for _, line := range pg.Rows(t, "SELECT data FROM pg_logical_slot_peek_changes($1, NULL, NULL)", pg.Name) {
			if strings.HasPrefix(line[0], "BEGIN") {
				all = append(all, transaction{})
				continue
			}
			all[len(all)-1].add(t, line[0])
		}
		return all
	}
}

func (x *transaction) add(t *testing.T, line string) {
	t.Helper()
	x.text += line + "\n"
	if m := rowLine.FindStringSubmatch(line); m != nil {
		x.rows = append(x.rows, m[1]+"."+m[2])
	}
	m := messageLine.FindStringSubmatch(line)
	switch {
	case m == nil:
	case m[1] == "waltrail":
		if err := json.Unmarshal([]byte(m[2]), &x.context); err != nil {
			t.Errorf("context %s: %v", m[2], err)
		}
	case m[1] == "waltrail.attribute":
		var who struct{ Role string }
		if err := json.Unmarshal([]byte(m[2]), &who); err != nil {
			t.Errorf("attribution %s: %v", m[2], err)
		}
		x.roles = append(x.roles, who.Role)
	}
}
