package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/config"
	"github.com/waltrail/waltrail/document"
	"github.com/waltrail/waltrail/indexer"
	"github.com/waltrail/waltrail/internal/check"
	"github.com/waltrail/waltrail/internal/testenv"
)

// servers are real ones, and a configuration file that names them.
type servers struct {
	pg   *testenv.PG
	es   *testenv.ES
	bus  *testenv.Bus
	file string
}

func start(t *testing.T) *servers {
	t.Helper()
	s := &servers{pg: testenv.Postgres(t), es: testenv.Elasticsearch(t), bus: testenv.NATS(t)}
	alone(t) // after the servers, whose downloads lie in the real cache folder
	s.pg.Exec(t, "create table contacts (id bigint primary key, name text); alter table contacts replica identity full")
	s.file = s.configure(t, s.es.URL, s.bus.URL)
	return s
}

// configure writes a configuration file into a folder of its own.
func (s *servers) configure(t *testing.T, es, nats string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "shop.yaml")
	text := fmt.Sprintf(`system: %s
postgres: {dsn: '%s', slot: %s, publication: %[3]s}
elasticsearch: {addresses: ['%[4]s'], replicas: 0}
nats: {url: '%s'}
entities:
  contact: {table: contacts, label: Contact, title: name}
`, s.es.System, s.pg.DSN, s.pg.Name, es, nats)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// lines runs a command that must end with a code, and checks that its output has
// all of the parts.
func lines(t *testing.T, code int, args []string, parts ...string) string {
	t.Helper()
	got, output := run(t, args...)
	if got != code {
		t.Errorf("%q: want exit %d, got %d:\n%s", args, code, got, output)
	}
	for _, part := range parts {
		if !strings.Contains(output, part) {
			t.Errorf("%q: %q is missing in\n%s", args, part, output)
		}
	}
	return output
}

func TestSetupAndDoctor(t *testing.T) {
	s := start(t)
	setup := []string{"setup", "--config", s.file}
	slots := func() string {
		return s.pg.Value(t, "select count(*)::text from pg_replication_slots where slot_name = $1", s.pg.Name)
	}
	lines(t, exitFailed, []string{"doctor", "--config", s.file}, "failure", "cure: ", "waltrail setup", "see:  README.md#")

	lines(t, exitOK, append(setup, "--dry-run"), "CREATE PUBLICATION", "PUT /_index_template/trail-"+s.es.System, `"name": "TRAIL"`)
	if slots() != "0" {
		t.Error("a dry run made the slot")
	}
	lines(t, exitOK, setup, "postgres: done", "elasticsearch: templates are in place", "nats: stream TRAIL is in place")
	if slots() != "1" {
		t.Error("setup made no slot")
	}
	lines(t, exitOK, setup, "postgres: nothing was missing")

	output := lines(t, exitOK, []string{"doctor", "--config", s.file}, "ok       config: file", "0 failures")
	for _, server := range []string{"postgres: ", "elasticsearch: ", "nats: "} {
		if !strings.Contains(output, "ok       "+server) {
			t.Errorf("nothing of %sis ok:\n%s", server, output)
		}
	}
	var results []check.Result
	if err := json.Unmarshal([]byte(lines(t, exitOK, []string{"doctor", "--config", s.file, "-o", "json"})), &results); err != nil || len(results) < 10 {
		t.Errorf("%d results as JSON (%v)", len(results), err)
	}
	for _, r := range results {
		if r.Name == "" || r.Detail == "" || (r.Status != check.OK) != (r.Cure != "") {
			t.Errorf("a line without a name, a detail or a cure: %+v", r)
		}
	}
}

// TestSetupGoesOn: what one server refuses does not keep the others from being set up.
func TestSetupGoesOn(t *testing.T) {
	s := start(t)
	file := s.configure(t, "http://127.0.0.1:1", s.bus.URL)
	lines(t, exitFailed, []string{"setup", "--config", file}, "postgres: done", "nats: stream TRAIL is in place", "waltrail: elasticsearch: ")
	lines(t, exitFailed, []string{"doctor", "--config", file}, "ok       postgres: ", "failure  elasticsearch: ")
}

// record stores changes of contact 42, and one of contact 7, oldest first.
func (s *servers) record(t *testing.T, n int) {
	t.Helper()
	cfg := indexer.Config{Addresses: []string{s.es.URL}, Replicas: new(int)}
	cfg.SetDefaults()
	x, err := indexer.New(cfg, s.es.System, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if err := x.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	var b document.Batch
	for i := range n {
		id := "42"
		if i == 0 {
			id = "7"
		}
		describe(b.Add(), s.es.System, id, i)
	}
	b.Encode(&document.Encoder{})
	if err := x.Write(t.Context(), b.Changes); err != nil {
		t.Fatal(err)
	}
	s.es.Refresh(t)
}

func describe(c *document.Change, system, id string, i int) {
	pos := change.Position{Commit: change.LSN(0x1000 + i), Change: change.LSN(0xf00 + i)} //nolint:gosec // small
	c.Timestamp = time.Date(2026, 3, 4, 9, 15, i, 0, time.UTC)
	c.Event = document.Event{ID: "9f2c11ab-" + pos.String(), Action: "item-changed"}
	c.User = document.User{ID: "1", Name: "Jane Doe"}
	c.Index = "trail-" + system + "-default-2026.03"
	c.Position = pos
	c.Trail.V, c.Trail.Sequence = document.Version, pos.String()
	c.Trail.Entity = document.Entity{Name: "contact", Table: "public.contacts"}
	c.Trail.Item = document.Item{UID: "contact:" + id, ID: id, Identifier: "+33 " + id, Label: "Ann\x1b[31m"}
	c.Trail.Root = document.Ref{UID: c.Trail.Item.UID}
	c.Trail.Change = document.Detail{Type: document.Changed, Fields: append(c.Trail.Change.Fields, "name")}
	c.Trail.Fields = append(c.Trail.Fields, document.Field{
		Field: "name", Label: "Name", Type: "text",
		Old: document.Side{Kind: document.Text, Value: fmt.Sprint("old ", i)}, New: document.Side{Kind: document.Text, Value: fmt.Sprint("new ", i)},
	})
	c.Trail.Tx = document.Tx{ID: 700, CommitLSN: pos.Commit, ChangeLSN: pos.Change, Timeline: 1}
}

func TestHistoryAndSearch(t *testing.T) {
	s := start(t)
	s.record(t, 6)
	t.Setenv("WALTRAIL_CONFIG", s.file)

	const heading = `Contact +33 42 · Ann\u{1b}[31m (contact:42)   5 changes, newest first, times in UTC`
	output := lines(t, exitOK, []string{"history", "contact", "42", "--utc"},
		heading, "Wed 4 March 2026", "09:15:05  Jane Doe changed Name\n", "            Name   (old 5) → new 5\n")
	if strings.Contains(output, "\x1b") {
		t.Errorf("an escape sequence reaches the terminal: %q", output)
	}
	if first, last := strings.Index(output, "old 5"), strings.Index(output, "old 1"); first < 0 || last < first {
		t.Errorf("not newest first:\n%s", output)
	}
	lines(t, exitOK, []string{"history", "contact", "+33 42", "--utc"}, heading)

	output = lines(t, exitOK, []string{"history", "contact", "42", "--size", "3"}, "old 3", "\nearlier: waltrail history --cursor ")
	_, next, _ := strings.Cut(output, "earlier: waltrail ")
	output = lines(t, exitOK, strings.Fields(next), "old 2", "old 1")
	if strings.Contains(output, "old 3") || strings.Contains(output, "earlier:") {
		t.Errorf("the second page is not what is left:\n%s", output)
	}

	lines(t, exitOK, []string{"search", "entity:contact", "id:7"}, "1 change, newest first", "changed Name of Contact +33 7 · Ann")
	lines(t, exitOK, []string{"search", "id:8"}, "Nothing was found.")
	lines(t, exitOK, []string{"history", "contact", "8"}, "No change of contact 8 is recorded.")
	lines(t, exitUsage, []string{"history", "contract", "8"}, "contract is not an audited entity; configured are contact")
	lines(t, exitFailed, []string{"history", "contact", "42", "--cursor", "x"}, "the cursor is not one")
}

func TestHistoryAsJSON(t *testing.T) {
	s := start(t)
	s.record(t, 4)
	var out, errOut bytes.Buffer
	code := execute(t.Context(), []string{"history", "contact", "42", "-o", "json", "--size", "2", "-c", s.file}, &out, &errOut)
	if code != exitOK || !strings.HasPrefix(errOut.String(), "earlier: --cursor ") {
		t.Errorf("exit %d: %s", code, &errOut)
	}
	documents := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(documents) != 2 {
		t.Fatalf("want a document in each of 2 lines, got\n%s", &out)
	}
	var c document.Change
	if err := json.Unmarshal([]byte(documents[0]), &c); err != nil || c.Trail.Fields[0].New.Value != "new 3" {
		t.Errorf("got %+v, %v", c, err)
	}
}

// TestRunningDevIsFound: without a configuration of one's own, the commands read
// that of a running waltrail dev, and say so.
func TestRunningDevIsFound(t *testing.T) {
	s := start(t)
	s.record(t, 2)
	path, err := config.DevPath()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, s.file, path)
	lines(t, exitOK, []string{"history", "contact", "42"}, "using "+path+", of a running waltrail dev", "old 1")
}

func TestServersThatAreDown(t *testing.T) {
	s := start(t)
	file := s.configure(t, "http://127.0.0.1:1", "nats://127.0.0.1:1")
	lines(t, exitFailed, []string{"history", "contact", "42", "-c", file}, "waltrail: searching the trail: ")
}
