package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waltrail/waltrail/internal/testenv"
)

// script is a product whose binary is a shell script.
func script(t *testing.T, text string) product {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "waltrail")
	if err := os.WriteFile(binary, []byte("#!/bin/sh\n"+text), 0o700); err != nil { //nolint:gosec // it must run
		t.Fatal(err)
	}
	return product{binary: binary, config: filepath.Join(dir, "x.yaml"), system: "x"}
}

func TestDaemonEnds(t *testing.T) {
	for _, c := range []struct{ name, script, want string }{
		{"cleanly", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done", ""},
		{"with a failure", "trap 'echo broken >&2; exit 1' TERM; echo ready; while :; do sleep 0.05; done", "broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := script(t, c.script).start()
			if err != nil {
				t.Fatal(err)
			}
			testenv.Eventually(t, "the script", time.Minute, func() bool { return strings.Contains(d.tail(), "ready") })
			if err := d.alive(); err != nil {
				t.Errorf("alive: %v", err)
			}
			err = d.stop()
			if (c.want == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), c.want)) {
				t.Errorf("stop: %v, want %q", err, c.want)
			}
		})
	}
}

func TestDaemonThatDiesEndsTheWait(t *testing.T) {
	d, err := script(t, "echo cannot connect >&2; exit 3").start()
	if err != nil {
		t.Fatal(err)
	}
	err = d.wait(t.Context(), "nothing", func() (bool, error) { return false, nil })
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "cannot connect") {
		t.Errorf("got %v, want the exit status and the log", err)
	}
	if err := d.stop(); err == nil {
		t.Error("stop of a daemon that failed reports nothing")
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	d, err := script(t, "trap 'exit 0' TERM; while :; do sleep 0.05; done").start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.stop() })
	ctx, cancel := context.WithCancel(t.Context())
	err = d.wait(ctx, "doomsday", func() (bool, error) { cancel(); return false, nil })
	if err == nil || !strings.Contains(err.Error(), "doomsday") {
		t.Errorf("got %v, want to read what was waited for", err)
	}
}

func TestSetupShowsWhatWentWrong(t *testing.T) {
	p := script(t, `echo "$1 $2: no rights"; exit 1`)
	if err := p.setup(t.Context()); err == nil || !strings.Contains(err.Error(), "setup --config: no rights") {
		t.Errorf("got %v", err)
	}
	if err := script(t, "exit 0").setup(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestMetric(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("# TYPE x counter\nx_total 1\nx 42\ny{a=\"b\"} 7\n"))
	}))
	t.Cleanup(server.Close)
	d := &daemon{product: product{listen: strings.TrimPrefix(server.URL, "http://")}}
	if got, err := d.metric(t.Context(), "x"); err != nil || got != 42 {
		t.Errorf("x = %v, %v, want 42", got, err)
	}
	if _, err := d.metric(t.Context(), "y"); err == nil {
		t.Error("a metric without a plain value was found")
	}
}
