package capture

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waltrail/waltrail/deploy"
	"github.com/waltrail/waltrail/internal/testenv"
)

// TestSQLHelpers runs each helper as a role without any grants and reads what it put into the log.
func TestSQLHelpers(t *testing.T) {
	for _, c := range []struct {
		name string
		sql  string
		want string
	}{
		{"context merges", `BEGIN; SELECT trail.set_context('{"user":{"id":"1","name":"Jane"},"reason":"a","origin":{"name":"x","run":{"type":"cron","id":"7"}}}');
			SELECT trail.set_context('{"user":{"name":"Joe"},"reason":null,"origin":{"run":{"id":"8"}},"request_id":"r"}'); COMMIT`, `
message waltrail {"user":{"id":"1","name":"Jane"},"origin":{"run":{"id":"7","type":"cron"},"name":"x"},"reason":"a"}
message waltrail {"user":{"id":"1","name":"Joe"},"origin":{"run":{"id":"8","type":"cron"},"name":"x"},"reason":null,"request_id":"r"}`},
		{"context ends with the transaction", `BEGIN; SELECT trail.set_context('{"reason":"a"}'); COMMIT; BEGIN; SELECT trail.set_context('{"request_id":"r"}'); COMMIT`, `
message waltrail {"reason":"a"}
message waltrail {"request_id":"r"}`},
		{"context and savepoint", `BEGIN; SELECT trail.set_context('{"reason":"a"}'); SAVEPOINT s; SELECT trail.set_context('{"reason":"b","request_id":"r"}');
			ROLLBACK TO SAVEPOINT s; SELECT trail.set_context('{"trace_id":"t"}'); COMMIT`, `
message waltrail {"reason":"a"}
message waltrail {"reason":"a","trace_id":"t"}`},
		{"context from a setting", `SET trail.context = '{"user":{"id":"1"}}'; SELECT trail.set_context('{}'); RESET trail.context`, `
message waltrail {"user":{"id":"1"}}`},
		{"a broken setting fails nothing", `SET trail.context = 'no json'; SELECT trail.set_context('{"reason":"a"}'); SET trail.context = '[1]'; SELECT trail.set_context('{"reason":"b"}'); RESET trail.context`, `
message waltrail {"reason":"a"}
message waltrail {"reason":"b"}`},
		{"events", `SELECT trail.log_event('contact', '42', 'payment'); SELECT trail.log_event('contact', '42', 'call', 'Call', '<b>x</b>', '{"a":null}')`, `
message waltrail.event {"id":"42","kind":"payment","entity":"contact"}
message waltrail.event {"id":"42","data":{"a":null},"html":"<b>x</b>","kind":"call","title":"Call","entity":"contact"}`},
		{"mails", `SELECT trail.log_email('contact', '42', '<m@x>', status => 'delivered'); SELECT trail.log_email('contact', '42', '<m@x>', 'Hi', 'j@x', 'sent')`, `
message waltrail.email {"id":"42","entity":"contact","status":"delivered","message_id":"<m@x>"}
message waltrail.email {"id":"42","entity":"contact","status":"sent","subject":"Hi","recipient":"j@x","message_id":"<m@x>"}`},
		{"attribution once per transaction", `SET application_name = 'psql'; BEGIN; INSERT INTO c VALUES (1); SAVEPOINT s; UPDATE c SET id = 2; COMMIT; DELETE FROM c`, `
message waltrail.attribute {"role":"ROLE","application":"psql","client_addr":"127.0.0.1"}
insert c new('1')
update c old('1') new('2')
message waltrail.attribute {"role":"ROLE","application":"psql","client_addr":"127.0.0.1"}
delete c old('2')`},
		{"attribution and savepoint", `SET application_name = ''; BEGIN; SAVEPOINT s; INSERT INTO c VALUES (1); ROLLBACK TO SAVEPOINT s; TRUNCATE c; COMMIT`, `
message waltrail.attribute {"role":"ROLE","client_addr":"127.0.0.1"}
truncate c`},
	} {
		t.Run(c.name, func(t *testing.T) {
			pg := testenv.Postgres(t)
			role := "app_" + pg.Name
			pg.Exec(t, `CREATE TABLE c (id int PRIMARY KEY); `+deploy.TrailSQL()+`; `+deploy.TrailSQL()+`;
				SELECT trail.attribute('c'); SELECT trail.attribute('public.c');
				CREATE ROLE `+role+` LOGIN; GRANT INSERT, UPDATE, DELETE, SELECT, TRUNCATE ON c TO `+role)
			defer pg.Exec(t, `DROP OWNED BY `+role+`; DROP ROLE `+role)
			r := open(t, config(pg, "public.c"))
			pg.Exec(t, `SET SESSION AUTHORIZATION `+role)
			pg.Exec(t, `SET check_function_bodies = on`)
			for _, statement := range strings.Split(c.sql, ";") {
				pg.Exec(t, statement)
			}
			pg.Exec(t, `RESET SESSION AUTHORIZATION`)
			want := strings.TrimPrefix(strings.ReplaceAll(c.want, "ROLE", role), "\n")
			got, _ := events(t, r, strings.Count(want, "\n")+1)
			for i := range got {
				got[i].Content = compact(t, got[i].Content)
			}
			if d := cmp.Diff(want, shown(got)); d != "" {
				t.Error(d)
			}
		})
	}
}

// compact takes the spaces out of a JSON text, keeping the order of its keys.
func compact(t *testing.T, text string) string {
	t.Helper()
	if text == "" {
		return ""
	}
	if !json.Valid([]byte(text)) {
		t.Errorf("not JSON: %s", text)
	}
	return strings.NewReplacer(`": `, `":`, `, "`, `,"`).Replace(text)
}

// TestSQLHelperMistakes are told to the developer at once.
func TestSQLHelperMistakes(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, deploy.TrailSQL())
	conn := pg.Conn(t)
	for sql, want := range map[string]string{
		`SELECT trail.set_context('[1]')`:              "want a JSON object, got array",
		`SELECT trail.log_event('contact', NULL, 'x')`: "entity, id and kind are required",
		`SELECT trail.log_email('contact', '1', NULL)`: "message_id are required",
	} {
		_, err := conn.Exec(t.Context(), sql)
		wantError(t, err, want)
	}
	pg.Exec(t, `SELECT trail.set_context(NULL)`) // a wish for nothing is no mistake
	if v := pg.Value(t, `SELECT trail.version()`); v != "1" {
		t.Errorf("version %s, TrailVersion %d", v, deploy.TrailVersion)
	}
}
