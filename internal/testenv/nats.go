package testenv

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/waltrail/waltrail/internal/devstack"
)

// Bus is a NATS server with JetStream for one test alone. Embedded ones start
// in milliseconds, so nothing is shared and the test may stop it at will.
type Bus struct {
	*devstack.NATS
	System string // equals testenv.System(t)
}

// NATS starts an embedded server, closed when the test ends.
func NATS(t testing.TB) *Bus {
	t.Helper()
	return NATSServer(t, devstack.NATSOptions{})
}

// NATSServer starts a server with options, closed when the test ends; Separate
// makes it a process that can be killed.
func NATSServer(t testing.TB, o devstack.NATSOptions) *Bus {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startLimit)
	defer cancel()
	server, err := devstack.StartNATS(ctx, o)
	if err != nil {
		t.Fatalf("start NATS: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("close NATS: %v", err)
		}
	})
	return &Bus{NATS: server, System: System(t)}
}

// Connect opens a client connection that reconnects for ever and is closed
// when the test ends.
func (b *Bus) Connect(t testing.TB) *nats.Conn {
	t.Helper()
	conn, err := nats.Connect(b.URL, nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
	if err != nil {
		t.Fatalf("connect to NATS: %v", err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// JetStream opens a JetStream client on a connection of its own.
func (b *Bus) JetStream(t testing.TB) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(b.Connect(t))
	if err != nil {
		t.Fatalf("JetStream client: %v", err)
	}
	return js
}

// Messages returns everything a stream holds, in stream order.
func (b *Bus) Messages(t testing.TB, stream string) []*jetstream.RawStreamMsg {
	t.Helper()
	s, err := b.JetStream(t).Stream(t.Context(), stream)
	if err != nil {
		t.Fatalf("stream %s: %v", stream, err)
	}
	state := s.CachedInfo().State
	var out []*jetstream.RawStreamMsg
	if state.Msgs == 0 {
		return nil
	}
	for seq := state.FirstSeq; seq <= state.LastSeq; seq++ {
		msg, err := s.GetMsg(t.Context(), seq)
		if err != nil {
			t.Fatalf("message %d of stream %s: %v", seq, stream, err)
		}
		out = append(out, msg)
	}
	return out
}
