package indexer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/waltrail/waltrail/internal/check"
	"github.com/waltrail/waltrail/internal/devstack"
	"github.com/waltrail/waltrail/internal/testenv"
)

// secured is a server with security, and an address that acts as its administrator.
type secured struct {
	*devstack.Elasticsearch
	admin string
}

// TestPrivateServer does on one server, with security, what must not happen to
// the shared one.
func TestPrivateServer(t *testing.T) {
	srv := secured{Elasticsearch: testenv.ElasticsearchServer(t, devstack.ElasticsearchOptions{Settings: map[string]string{
		"xpack.security.enabled":                  "true",
		"xpack.security.enrollment.enabled":       "false",
		"xpack.security.authc.anonymous.username": "anybody",
		"xpack.security.authc.anonymous.roles":    "logstash_system", // may ask for the cluster's health
	}})}
	addUsers(t, srv.DataDir, "../deploy/elasticsearch/waltrail-writer.json")
	srv.admin = asAdmin(t, srv.URL)
	testenv.Eventually(t, "the server knows the users", time.Minute, func() bool {
		return doAs(t, srv.URL, "admin", http.MethodGet, "/_cat/indices", "") == http.StatusOK &&
			doAs(t, srv.URL, "writer", http.MethodGet, "/_cat/indices", "") == http.StatusOK
	})
	t.Run("shipped role", func(t *testing.T) { testRole(t, srv) })
	t.Run("slow", func(t *testing.T) { testSlow(t, srv) })
	t.Run("killed", func(t *testing.T) { testKilled(t, srv) })
}

// password is that of every user of the server.
const password = "not so secret"

// as sets the user.
func as(name string) func(*Config) {
	return func(c *Config) { c.Username, c.Password = name, password }
}

// asAdmin returns an address that passes everything on as the administrator.
func asAdmin(t *testing.T, target string) string {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(u)
		r.Out.SetBasicAuth("admin", password)
	}, Transport: &http.Transport{DisableKeepAlives: true}})
	t.Cleanup(s.Close)
	return s.URL
}

// testRole lives a whole life under the role of deploy/elasticsearch.
func testRole(t *testing.T, srv secured) {
	es := testenv.ElasticsearchAt(t, srv.admin)
	x := open(t, srv.URL, es.System, as("writer"))
	if err := x.Setup(limited(t)); err == nil {
		t.Error("the daemon's role may store templates")
	}
	for _, user := range []string{"admin", "writer"} { // what is there already needs no rights
		if err := open(t, srv.URL, es.System, as(user)).Setup(limited(t)); err != nil {
			t.Fatalf("Setup by %s: %v", user, err)
		}
	}
	b := sample(es.System, 0, 10)
	poison(&b.Changes[4])
	for range 2 { // the second time reads back
		if err := x.Write(limited(t), b.Changes); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.AppendReceipt(limited(t), receipt(t, 1, 2, commitTime())); err != nil {
		t.Fatal(err)
	}
	if head, found, err := x.Head(limited(t)); err != nil || !found || head.To != 2 {
		t.Errorf("Head: %v, %v, %v", head.To, found, err)
	}
	for _, r := range x.Check(limited(t)) {
		if r.Status != check.OK && !strings.HasSuffix(r.Name, "disk") {
			t.Errorf("doctor: %+v", r)
		}
	}
	for _, forbidden := range []struct{ method, path, body string }{
		{http.MethodDelete, "/" + b.Changes[0].Index, ""},
		{http.MethodDelete, "/" + b.Changes[0].Index + "/_doc/" + b.Changes[0].Event.ID, ""},
		{http.MethodPut, "/" + b.Changes[0].Index + "/_doc/" + b.Changes[0].Event.ID, "{}"},
		{http.MethodPost, "/_aliases", `{"actions":[{"remove_index":{"index":"` + b.Changes[0].Index + `"}}]}`},
	} {
		if status := doAs(t, srv.URL, "writer", forbidden.method, forbidden.path, forbidden.body); status != http.StatusForbidden {
			t.Errorf("%s %s answers %d, want 403", forbidden.method, forbidden.path, status)
		}
	}
}

// addUsers makes an administrator, and a writer with the role of a file.
func addUsers(t *testing.T, dataDir, roleFile string) {
	t.Helper()
	role, err := os.ReadFile(roleFile)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{
		"roles.yml":   "shipped: " + strings.ReplaceAll(string(role), "\n", " ") + "\n", // JSON is YAML
		"users":       fmt.Sprintf("admin:%[1]s\nwriter:%[1]s\n", hash),
		"users_roles": "superuser:admin\nshipped:writer\n",
	} {
		if err := os.WriteFile(filepath.Join(dataDir, "config", file), []byte(text), 0o644); err != nil { //nolint:gosec // the server runs as another user
			t.Fatal(err)
		}
	}
}

func doAs(t *testing.T, url, user, method, path, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(user, password)
	req.Header.Set("Content-Type", "application/json")
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// testSlow freezes the server until requests time out.
func testSlow(t *testing.T, srv secured) {
	es := testenv.ElasticsearchAt(t, srv.admin)
	x := open(t, srv.URL, es.System, as("admin"), func(c *Config) { c.Timeout = time.Second })
	if err := x.Write(limited(t), sample(es.System, 0, 10).Changes); err != nil {
		t.Fatal(err)
	}
	if err := srv.Pause(); err != nil {
		t.Fatal(err)
	}
	done, ctx := make(chan error, 1), limited(t)
	go func() { done <- x.Write(ctx, sample(es.System, 10, 10).Changes) }()
	testenv.Eventually(t, "the Write waits", time.Minute, func() bool { return x.Healthy() != nil })
	if err := srv.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := es.Count(t, es.Indices()); n != 20 {
		t.Fatalf("%d documents, want 20", n)
	}
}

// testKilled kills the server in the middle of several Writes.
func testKilled(t *testing.T, srv secured) {
	es := testenv.ElasticsearchAt(t, srv.admin)
	x := open(t, srv.URL, es.System, as("admin"))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	const writers, batches, size = 3, 10, 100
	errs := make(chan error, writers)
	for i := range writers {
		go func() {
			var err error
			for j := range batches {
				err = errors.Join(err, x.Write(ctx, sample(es.System, (batches*i+j)*size, size).Changes))
			}
			errs <- err
		}()
	}
	testenv.Eventually(t, "some documents are there", time.Minute, func() bool {
		status, answer := es.Do(t, http.MethodGet, "/"+es.Indices()+"/_count", "")
		return status == http.StatusOK && !strings.Contains(string(answer), `"count":0,`)
	})
	if err := errors.Join(srv.Kill(), srv.Start(ctx)); err != nil {
		t.Fatal(err)
	}
	for range writers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := es.Count(t, es.Indices()); n != writers*batches*size {
		t.Fatalf("%d documents after the kill, want %d", n, writers*batches*size)
	}
}
