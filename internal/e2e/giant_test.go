package e2e

import (
	"testing"
	"time"

	"github.com/waltrail/waltrail/internal/testenv"
)

// TestMillionRowTransaction sends one transaction of 1,000,000 rows through and
// watches the daemon's memory. It runs triggers-only: the memory under test is
// that of the daemon, and a million documents would take the machine minutes.
func TestMillionRowTransaction(t *testing.T) {
	const rows = 1_000_000
	r := newRig(t, testenv.Postgres(t), nil, testenv.NATS(t))
	d := r.start(t).ready()
	r.fill(t, rows)
	testenv.Eventually(t, "the slot has caught up", 5*time.Minute, r.caughtUp(t))
	if got := d.metric("waltrail_pipeline_documents_total"); got != rows {
		t.Errorf("%v documents delivered, want %d", got, rows)
	}
	stream, err := r.bus.JetStream(t).Stream(t.Context(), "TRAIL")
	if err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.Msgs; n != rows {
		t.Errorf("%d messages in the stream, want %d", n, rows)
	}
	if peak := d.peakMemory(); peak > 256<<20 {
		t.Errorf("the daemon held %d MiB, want at most 256", peak>>20)
	} else {
		t.Logf("peak memory %d MiB", peak>>20)
	}
	d.terminate()
}
