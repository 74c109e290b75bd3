package main

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

// TestSoakWholeRun is a small run of everything. It starts servers of its own,
// which is why the quick tests leave it out.
func TestSoakWholeRun(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("set SOAK=1")
	}
	var out bytes.Buffer
	err := run(t.Context(), []string{"-changes", "3000", "-warmup", "500", "-latency", "2s", "-output", "json"}, &out, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{nameReader, nameLoader, namePublisher, nameFull, nameTriggers} {
		if x := r.get(name); x.Changes != 3000 || x.PerSecond <= 0 {
			t.Errorf("%s: %+v", name, x)
		}
	}
	if r.Bound.PerSecond <= 0 || r.BoundTriggers.PerSecond <= r.Bound.PerSecond || r.Latency.Changes != 500 {
		t.Errorf("bounds %+v, %+v, latency %+v", r.Bound, r.BoundTriggers, r.Latency)
	}
}
