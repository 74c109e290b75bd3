package devstack

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// call sends a request to the server and returns status and body.
func call(t *testing.T, s *Elasticsearch, method, path, body string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.URL+path, strings.NewReader(body))
	must(t, err)
	req.Header.Set("Content-Type", "application/json")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	must(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp.StatusCode, string(answer)
}

// One test for the whole life: every start costs ten seconds.
func TestElasticsearchLife(t *testing.T) {
	ctx := t.Context()
	var said []string
	s, err := StartElasticsearch(ctx, ElasticsearchOptions{
		Quick: true, Settings: map[string]string{"node.attr.test": "it's"}, Progress: func(line string) { said = append(said, line) },
	})
	must(t, err)
	defer s.Close()
	if !strings.Contains(strings.Join(said, "\n"), "starting Elasticsearch") {
		t.Errorf("progress said %q", said)
	}
	if _, attrs := call(t, s, "GET", "/_cat/nodeattrs?h=attr,value", ""); !strings.Contains(attrs, "it's") {
		t.Errorf("node attributes %q", attrs)
	}
	t.Run("no index by accident", func(t *testing.T) { testNoAutoCreate(t, s) })
	t.Run("pause", func(t *testing.T) { testPause(t, s) })
	t.Run("kill and start", func(t *testing.T) { testKillAndStart(t, s) })

	must(t, s.Stop(ctx))
	must(t, s.Stop(ctx))
	if err := s.Pause(); err == nil {
		t.Error("Pause of a stopped server was accepted")
	}
	must(t, s.Close())
	if exists(s.DataDir) {
		t.Errorf("temporary folder %s is left", s.DataDir)
	}
}

// A trail index appears only by an explicit request or by its template's will.
func testNoAutoCreate(t *testing.T, s *Elasticsearch) {
	const doc, template = `{"a":1}`, `{"index_patterns":["trail-t-*"],"allow_auto_create":true,"template":{"settings":{"number_of_replicas":0}}}`
	for _, step := range []struct {
		name, method, path, body string
		want                     int
	}{
		{"write without index", "PUT", "/trail-t-1/_create/1", doc, 404},
		{"create the index", "PUT", "/trail-t-1", `{"settings":{"number_of_replicas":0}}`, 200},
		{"write with index", "PUT", "/trail-t-1/_create/1", doc, 201},
		{"other names", "PUT", "/other/_create/1", doc, 201},
		{"template", "PUT", "/_index_template/trail-t", template, 200},
		{"write with template", "PUT", "/trail-t-2/_create/1", doc, 201},
	} {
		if status, answer := call(t, s, step.method, step.path, step.body); status != step.want {
			t.Errorf("%s: status %d, want %d: %s", step.name, status, step.want, answer)
		}
	}
}

// A paused server keeps its port and answers nothing; resumed, it goes on.
func testPause(t *testing.T, s *Elasticsearch) {
	must(t, s.Pause())
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := s.ping(ctx); err == nil {
		t.Error("a paused server answered")
	}
	must(t, s.Resume())
	must(t, s.ping(t.Context()))
}

func testKillAndStart(t *testing.T, s *Elasticsearch) {
	pid, url := s.PID(), s.URL
	if pid == 0 || pid == s.proc.pid {
		t.Errorf("PID is %d, want the server's JVM and not its launcher %d", pid, s.proc.pid)
	}
	must(t, s.Kill())
	if s.PID() != 0 || anyRuns([]int{pid}) {
		t.Error("the server survived Kill")
	}
	must(t, s.Start(t.Context()))
	if s.URL != url || s.PID() == pid || s.PID() == 0 {
		t.Errorf("URL %s, was %s; pid %d, was %d: want the same URL and a new process", s.URL, url, s.PID(), pid)
	}
	if status, answer := call(t, s, "GET", "/trail-t-1/_doc/1", ""); status != 200 {
		t.Errorf("the acknowledged document after a kill: status %d: %s", status, answer)
	}
	if err := s.Start(t.Context()); err == nil {
		t.Error("a second Start of a running server was accepted")
	}
}
