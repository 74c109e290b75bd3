package triggers

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/waltrail/waltrail/document"
	"github.com/waltrail/waltrail/internal/devstack"
	"github.com/waltrail/waltrail/internal/testenv"
)

// BenchmarkPublish compares Publish with the async publisher of the jetstream
// package, which gets messages that are ready made with a message id. The server is a separate
// process, so that the CPU is this process's alone.
func BenchmarkPublish(b *testing.B) {
	bus := testenv.NATSServer(b, devstack.NATSOptions{Separate: true})
	for _, batch := range []int{100, 500, 5000} {
		docs := sample(batch, batch)
		b.Run(fmt.Sprintf("waltrail/batch=%d", batch), func(b *testing.B) { benchWaltrail(b, bus, docs) })
		b.Run(fmt.Sprintf("jetstream/batch=%d", batch), func(b *testing.B) { benchJetStream(b, bus, docs) })
	}
	b.Run("waltrail/one-hot-item", func(b *testing.B) { benchWaltrail(b, bus, sample(500, 1)) })
}

func benchWaltrail(b *testing.B, bus *testenv.Bus, docs []document.Change) {
	f := connect(b, bus, nil, nil)
	f.publish(b, docs)
	renew := renewer(docs)
	measure(b, docs, func() {
		renew()
		f.publish(b, docs)
	})
}

func benchJetStream(b *testing.B, bus *testenv.Bus, docs []document.Change) {
	conn, err := nats.Connect(bus.URL)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(conn.Close)
	js, err := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(defaultMaxPending))
	if err != nil {
		b.Fatal(err)
	}
	renew := renewer(docs)
	measure(b, docs, func() {
		renew()
		for i := range docs {
			m := &nats.Msg{Subject: "trail.bench.contact.changed", Data: docs[i].Body, Header: nats.Header{headerMsgID: {docs[i].Event.ID}}}
			if _, err := js.PublishMsgAsync(m, jetstream.WithStallWait(time.Minute)); err != nil {
				b.Fatal(err)
			}
		}
		<-js.PublishAsyncComplete()
	})
}

// renewer gives docs new ids, without work of its own worth measuring: else
// the server would drop them as repetitions.
func renewer(docs []document.Change) func() {
	run := time.Now().UnixNano()
	ids := make([]string, len(docs))
	return func() {
		run++
		prefix := fmt.Sprintf("%x-0000000016b37480-", run)
		for i := range docs {
			ids[i] = prefix + docs[i].Trail.Sequence[17:]
			docs[i].Event.ID = ids[i]
		}
	}
}

// measure reports per message, not per batch.
func measure(b *testing.B, docs []document.Change, batch func()) {
	b.ReportAllocs()
	user, system := cpu(b)
	start := time.Now()
	n := 0
	for b.Loop() {
		batch()
		n += len(docs)
	}
	took := time.Since(start)
	b.ReportMetric(float64(n)/took.Seconds(), "msg/s")
	userNow, systemNow := cpu(b)
	b.ReportMetric((userNow-user)*1e6/float64(n), "user-µs/msg")
	b.ReportMetric((systemNow-system)*1e6/float64(n), "system-µs/msg")
	b.ReportMetric(0, "ns/op")
}

// cpu is the time that this process has had, in seconds.
func cpu(b *testing.B) (user, system float64) {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()) / 1e9, float64(u.Stime.Nano()) / 1e9
}
