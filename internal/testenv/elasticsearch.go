package testenv

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/waltrail/waltrail/internal/devstack"
)

// ES is one test's corner of an Elasticsearch: indices and templates whose
// names begin with trail-<System> are removed when the test ends. Methods fail
// the test on error, so they must be called on the test's goroutine.
type ES struct {
	URL    string
	System string // equals testenv.System(t)
}

// Hit is one document found.
type Hit struct {
	Index  string          `json:"_index"`
	ID     string          `json:"_id"`
	Source json.RawMessage `json:"_source"`
}

// Elasticsearch returns this test's corner of the server that the tests share.
// Do not stop or reconfigure that server: take ElasticsearchServer for it.
func Elasticsearch(t testing.TB) *ES {
	t.Helper()
	url, err := servers.elasticsearchURL()
	if err != nil {
		t.Fatalf("start the shared Elasticsearch: %v", err)
	}
	return ElasticsearchAt(t, url)
}

// ElasticsearchServer starts a server for this test alone; it may be paused,
// stopped, killed and started again, and is closed when the test ends. It costs
// 15 s: share one between subtests. It starts with the Quick option.
func ElasticsearchServer(t testing.TB, o devstack.ElasticsearchOptions) *devstack.Elasticsearch {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startLimit)
	defer cancel()
	o.Quick = true
	server, err := devstack.StartElasticsearch(ctx, o)
	if err != nil {
		t.Fatalf("start a private Elasticsearch: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("close the private Elasticsearch: %v", err)
		}
	})
	return server
}

// ElasticsearchAt returns this test's corner of the server behind url.
func ElasticsearchAt(t testing.TB, url string) *ES {
	t.Helper()
	es := &ES{URL: url, System: System(t)}
	t.Cleanup(func() { es.clean(t) })
	return es
}

// Indices is the pattern of every index of this test.
func (e *ES) Indices() string { return "trail-" + e.System + "-*" }

// Do sends a request with an optional JSON body and returns what came back,
// whatever its status.
func (e *ES) Do(t testing.TB, method, path, body string) (status int, answer []byte) {
	t.Helper()
	status, answer, err := e.do(t.Context(), method, path, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return status, answer
}

// Get reads a path and fails the test unless it is answered with success.
func (e *ES) Get(t testing.TB, path string) []byte {
	t.Helper()
	return e.must(t, http.MethodGet, path, "")
}

// Refresh makes everything written to this test's indices searchable.
func (e *ES) Refresh(t testing.TB) {
	t.Helper()
	e.must(t, http.MethodPost, "/"+e.Indices()+"/_refresh?expand_wildcards=open", "")
}

// Search refreshes, runs a search request (JSON; empty: everything) on this
// test's indices, at most 10,000 hits, and returns them in order.
func (e *ES) Search(t testing.TB, request string) []Hit {
	t.Helper()
	e.Refresh(t)
	answer := e.must(t, http.MethodPost, "/"+e.Indices()+"/_search?size=10000", request)
	var parsed struct {
		Hits struct {
			Hits []Hit `json:"hits"`
		} `json:"hits"`
	}
	if err := json.Unmarshal(answer, &parsed); err != nil {
		t.Fatalf("search answer: %v", err)
	}
	return parsed.Hits.Hits
}

// Count refreshes and counts the documents of an index pattern, which must
// lie inside this test's corner.
func (e *ES) Count(t testing.TB, indices string) int {
	t.Helper()
	e.Refresh(t)
	var parsed struct{ Count int }
	if err := json.Unmarshal(e.Get(t, "/"+indices+"/_count"), &parsed); err != nil {
		t.Fatalf("count answer: %v", err)
	}
	return parsed.Count
}

// must is Do for requests that have to succeed.
func (e *ES) must(t testing.TB, method, path, body string) []byte {
	t.Helper()
	status, answer := e.Do(t, method, path, body)
	if status/100 != 2 {
		t.Fatalf("%s %s: status %d: %s", method, path, status, answer)
	}
	return answer
}

// do works without a test, for cleanups, whose context outlives the test's.
func (e *ES) do(ctx context.Context, method, path, body string) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, e.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // leaves no goroutine behind
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// clean removes indices by name, since a server may refuse to delete by
// pattern, and then templates. A server that the test stopped is left alone.
func (e *ES) clean(t testing.TB) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, answer, err := e.do(ctx, http.MethodGet, "/_cat/indices/"+e.Indices()+"?format=json&h=index&expand_wildcards=all", "")
	if err != nil {
		t.Logf("indices %s are not removed, their server is gone: %v", e.Indices(), err)
		return
	}
	var found []struct{ Index string }
	if err := json.Unmarshal(answer, &found); err != nil {
		t.Errorf("list indices %s: %v: %s", e.Indices(), err, answer)
	}
	paths := []string{"/_index_template/trail-" + e.System + "*", "/_component_template/trail-" + e.System + "*"}
	for _, index := range found {
		paths = append(paths, "/"+index.Index)
	}
	for _, path := range paths {
		status, answer, err := e.do(ctx, http.MethodDelete, path, "")
		if err != nil || (status/100 != 2 && status != http.StatusNotFound) {
			t.Errorf("DELETE %s: status %d, error %v: %s", path, status, err, answer)
		}
	}
}
