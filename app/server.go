package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// readiness is the answer of /readyz.
type readiness struct {
	Ready bool `json:"ready"`
	// Session is starting, standby, streaming or waiting, Since when it began.
	Session phase     `json:"session"`
	Since   time.Time `json:"since"`
	// Problems say what is not well, empty when ready.
	Problems []string `json:"problems,omitempty"`
}

// probe asks a station whether it works; nil is well.
type probe func() error

// ready looks at the session and the stations. A standby is ready: it is ready to take over.
func ready(s *status, probes ...probe) readiness {
	p, since, lastErr := s.get()
	r := readiness{Session: p, Since: since}
	if p != phaseStreaming && p != phaseStandby {
		r.Problems = append(r.Problems, fmt.Sprintf("no replication session (%s)", p))
	}
	if lastErr != "" {
		r.Problems = append(r.Problems, lastErr)
	}
	for _, ask := range probes {
		if err := ask(); err != nil {
			r.Problems = append(r.Problems, err.Error())
		}
	}
	r.Ready = len(r.Problems) == 0
	return r
}

// handler serves what operators and their machines ask for. It shows no row values.
func handler(reg *prometheus.Registry, ask func() readiness) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{Registry: reg}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintln(w, "alive")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		r := ask()
		w.Header().Set("Content-Type", "application/json")
		if !r.Ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(r)
	})
	return mux
}

// serve listens on addr until stop is called; stop waits for open requests, for
// a short time. It fails at once when the address cannot be had.
func serve(ctx context.Context, addr string, h http.Handler, log *slog.Logger) (bound string, stop func(), err error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return "", nil, fmt.Errorf("http.listen: %w; choose another address in the configuration", err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("health and metrics are no longer served; restart the daemon", "error", err)
		}
	}()
	stop = func() {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		if err := server.Shutdown(bounded); err != nil && !errors.Is(err, http.ErrServerClosed) {
			_ = server.Close()
		}
		<-ended
	}
	return listener.Addr().String(), stop, nil
}
