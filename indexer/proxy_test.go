package indexer

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// fault treats one bulk request with its body; forward passes a body to the
// real server and returns the real answer.
type fault func(w http.ResponseWriter, body []byte, forward func(body []byte) (int, []byte))

// proxy stands before a real Elasticsearch and does to bulk requests, one
// after the other, what its faults say; later requests pass untouched.
type proxy struct {
	*httptest.Server
	target string
	mu     sync.Mutex
	faults []fault
	bulks  int
	// always, when set, treats every request instead.
	always fault
}

func newProxy(t *testing.T, target string, faults ...fault) *proxy {
	t.Helper()
	p := &proxy{target: target, faults: faults}
	p.Server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.Close)
	return p
}

// used reports whether every fault happened.
func (p *proxy) used() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.faults) == 0
}

// requests counts the bulk requests so far.
func (p *proxy) requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bulks
}

func (p *proxy) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client went away
	}
	treat := p.next(r)
	if treat == nil {
		treat = pass
	}
	treat(w, body, func(body []byte) (int, []byte) { return p.forward(r, body) })
}

func (p *proxy) next(r *http.Request) fault {
	if !strings.HasSuffix(r.URL.Path, "/_bulk") {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bulks++
	if p.always != nil {
		return p.always
	}
	if len(p.faults) == 0 {
		return nil
	}
	f := p.faults[0]
	p.faults = p.faults[1:]
	return f
}

func (p *proxy) forward(r *http.Request, body []byte) (int, []byte) {
	req, err := http.NewRequestWithContext(r.Context(), r.Method, p.target+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return http.StatusBadGateway, nil
	}
	req.Header = r.Header.Clone()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return http.StatusBadGateway, nil
	}
	defer res.Body.Close()
	answer, _ := io.ReadAll(res.Body)
	return res.StatusCode, answer
}

// pass is no fault.
func pass(w http.ResponseWriter, body []byte, forward func([]byte) (int, []byte)) {
	reply(w)(forward(body))
}

func reply(w http.ResponseWriter) func(status int, body []byte) {
	return func(status int, body []byte) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}
}

// hangUp closes the connection without an answer.
func hangUp() { panic(http.ErrAbortHandler) }

// answerWith makes a fault that answers by itself.
func answerWith(status int, body string) fault {
	return func(w http.ResponseWriter, _ []byte, _ func([]byte) (int, []byte)) {
		reply(w)(status, []byte(body))
	}
}

// changed makes a fault that changes the real answer.
func changed(edit func([]byte) []byte) fault {
	return func(w http.ResponseWriter, body []byte, forward func([]byte) (int, []byte)) {
		status, answer := forward(body)
		reply(w)(status, edit(answer))
	}
}
