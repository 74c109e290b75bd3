package app

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// ask serves the handler on a free port and reads one of its paths.
func ask(t *testing.T, r readiness, path string) (int, string) {
	t.Helper()
	reg := prometheus.NewRegistry()
	addr, stop, err := serve(t.Context(), "127.0.0.1:0", handler(reg, func() readiness { return r }), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestReadiness(t *testing.T) {
	well := func() error { return nil }
	away := func() error { return errors.New("Elasticsearch does not answer") }
	for _, tt := range []struct {
		name   string
		phase  phase
		last   error
		probes []probe
		says   []string // empty: ready
	}{
		{"streaming", phaseStreaming, nil, []probe{well, well}, nil},
		{"standby", phaseStandby, nil, []probe{well}, nil},
		{"starting", phaseStarting, nil, nil, []string{"starting"}},
		{"waiting", phaseWaiting, errors.New("no route to db"), []probe{well}, []string{"waiting", "no route to db"}},
		{"a station is away", phaseStreaming, nil, []probe{well, away}, []string{"Elasticsearch does not answer"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s status
			s.set(tt.phase, tt.last)
			r := ready(&s, tt.probes...)
			code, body := ask(t, r, "/readyz")
			if want := len(tt.says) == 0; r.Ready != want || (code == http.StatusOK) != want {
				t.Errorf("ready %v, answered %d; want ready %v", r.Ready, code, want)
			}
			var answer readiness
			if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Session != tt.phase {
				t.Errorf("answer %s (%v), want session %s", body, err, tt.phase)
			}
			for _, s := range tt.says {
				if !strings.Contains(body, s) {
					t.Errorf("answer %s does not say %q", body, s)
				}
			}
		})
	}
}

func TestAnErrorIsForgottenWhenStreaming(t *testing.T) {
	var s status
	s.set(phaseWaiting, errors.New("gone"))
	s.set(phaseStreaming, nil)
	if r := ready(&s); !r.Ready {
		t.Errorf("not ready: %q", r.Problems)
	}
}

func TestHealthAndMetrics(t *testing.T) {
	if code, body := ask(t, readiness{}, "/healthz"); code != http.StatusOK || !strings.Contains(body, "alive") {
		t.Errorf("/healthz answers %d %q", code, body)
	}
	if code, _ := ask(t, readiness{}, "/metrics"); code != http.StatusOK {
		t.Errorf("/metrics answers %d", code)
	}
	if code, _ := ask(t, readiness{}, "/"); code != http.StatusNotFound {
		t.Errorf("/ answers %d, want 404", code)
	}
}

func TestATakenAddressIsAnErrorWithACure(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	addr, stop, err := serve(t.Context(), "127.0.0.1:0", http.NotFoundHandler(), log)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	_, _, err = serve(t.Context(), addr, http.NotFoundHandler(), log)
	if err == nil || !strings.Contains(err.Error(), "http.listen") {
		t.Errorf("error %v, want one that names http.listen", err)
	}
}
