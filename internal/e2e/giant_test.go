package e2e

import (
	"os"
	"testing"
	"time"

	"github.com/waltrail/waltrail/internal/testenv"
)

// giantRows is the size of the one transaction that these tests send.
const giantRows = 1_000_000

// memoryLimit is what the daemon may hold inside such a transaction.
const memoryLimit = 256 << 20

// TestMillionRowTransaction sends one transaction of 1,000,000 rows through
// triggers-only and watches the daemon's memory.
func TestMillionRowTransaction(t *testing.T) {
	r := newRig(t, testenv.Postgres(t), nil, testenv.NATS(t))
	r.giant(t)
}

// TestSoakMillionRowTransactionIndexed is the same with an index, which takes
// the machine some minutes.
func TestSoakMillionRowTransactionIndexed(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("runs with SOAK=1, as in make soak")
	}
	r := newRig(t, testenv.Postgres(t), testenv.Elasticsearch(t), testenv.NATS(t))
	r.giant(t)
	if n := r.es.Count(t, "trail-"+r.system+"-default-*"); n != giantRows {
		t.Errorf("%d documents, want %d", n, giantRows)
	}
}

// giant inserts the rows in one transaction and waits until all is confirmed.
func (r *rig) giant(t *testing.T) {
	t.Helper()
	d := r.start(t).ready()
	r.fill(t, giantRows)
	testenv.Eventually(t, "the slot has caught up", 10*time.Minute, r.caughtUp(t))
	if got := d.metric("waltrail_pipeline_documents_total"); got != giantRows {
		t.Errorf("%v documents delivered, want %d", got, giantRows)
	}
	stream, err := r.bus.JetStream(t).Stream(t.Context(), "TRAIL")
	if err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.Msgs; n != giantRows {
		t.Errorf("%d messages in the stream, want %d", n, giantRows)
	}
	peak := d.peakMemory()
	t.Logf("peak memory %d MiB", peak>>20)
	if peak > memoryLimit {
		t.Errorf("the daemon held %d MiB, want at most %d", peak>>20, memoryLimit>>20)
	}
	d.terminate()
}
