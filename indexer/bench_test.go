package indexer

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/waltrail/waltrail/internal/devstack"
	"github.com/waltrail/waltrail/internal/testenv"
)

// TestWriteAllocatesLittle: the hot path may cost one allocation for many documents.
func TestWriteAllocatesLittle(t *testing.T) {
	const size, rounds = 2000, 5
	es := testenv.Elasticsearch(t)
	x := open(t, es.URL, es.System)
	if err := x.Write(limited(t), sample(es.System, 0, size).Changes); err != nil {
		t.Fatal(err)
	}
	batches := make([]func() error, rounds)
	for i := range batches {
		b, ctx := sample(es.System, (i+1)*size, size), limited(t)
		batches[i] = func() error { return x.Write(ctx, b.Changes) }
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, write := range batches {
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if per := float64(after.Mallocs-before.Mallocs) / (size * rounds); per > 0.5 {
		t.Errorf("%.2f allocations per document, want at most 0.5", per)
	}
}

// BenchmarkWrite loads typical documents with two Writes at a time and reports
// what a document costs the server and us, in microseconds of CPU.
func BenchmarkWrite(b *testing.B) {
	const size = 2000
	srv := testenv.ElasticsearchServer(b, devstack.ElasticsearchOptions{HeapMB: 1024})
	x := open(b, srv.URL, "bench")
	load := func(first, n int) {
		var group errgroup.Group
		group.SetLimit(2)
		for i := first; i < first+n; i += size {
			batch := sample("bench", i, min(size, first+n-i))
			group.Go(func() error { return x.Write(b.Context(), batch.Changes) })
		}
		if err := group.Wait(); err != nil {
			b.Fatal(err)
		}
	}
	const warm = 150_000 // until the server's compiler is done
	load(0, warm)
	const n = 50_000
	loaded, cpu := 0, cpuMicros(b, srv.PID())
	for b.Loop() {
		load(warm+loaded, n)
		loaded += n
	}
	b.ReportMetric(float64(cpuMicros(b, srv.PID())-cpu)/float64(loaded), "server-µs/doc")
	b.ReportMetric(float64(loaded)/b.Elapsed().Seconds(), "docs/s")
}

// cpuMicros is the CPU time that a process took so far.
func cpuMicros(b *testing.B, pid int) int {
	b.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		b.Skip("no /proc on this system")
	}
	fields := strings.Fields(string(text[strings.LastIndex(string(text), ")")+2:]))
	const user, system, tick = 11, 12, 10_000 // fields of proc(5), from the state on; microseconds
	u, _ := strconv.Atoi(fields[user])
	s, _ := strconv.Atoi(fields[system])
	return (u + s) * tick
}
