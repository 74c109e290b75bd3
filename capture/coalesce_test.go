package capture

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// pipe returns both ends of a TCP connection, ours through a coalescer.
func pipe(t testing.TB) (server net.Conn, client *coalescer) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	var dialer net.Dialer
	if _, err := dialWith(dialer.DialContext, &client)(context.Background(), "tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = server.Close(), client.Close() })
	return server, client
}

// TestCoalescerKeepsBytes: whatever the sizes of writes and reads, bytes come in
// order and the last one comes without another behind it.
func TestCoalescerKeepsBytes(t *testing.T) {
	server, client := pipe(t)
	rapid.Check(t, func(t *rapid.T) {
		var sent []byte
		for i := range rapid.IntRange(1, 200).Draw(t, "writes") {
			sent = append(sent, bytes.Repeat([]byte{byte(i)}, rapid.IntRange(1, 2000).Draw(t, "size"))...)
		}
		chunk := rapid.IntRange(1, len(sent)).Draw(t, "chunk")
		failed := make(chan error, 1)
		go func() {
			for from := 0; from < len(sent); from += chunk {
				if _, err := server.Write(sent[from:min(from+chunk, len(sent))]); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
		if err := client.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(sent))
		if _, err := io.ReadFull(client, got); err != nil {
			t.Fatalf("after the pacer said %v: %v", client.pacer.pause, err)
		}
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(sent, got) {
			t.Fatal("bytes changed")
		}
	})
}

// TestCoalescerSavesSystemCalls: a busy stream of small segments is read many at a time.
func TestCoalescerSavesSystemCalls(t *testing.T) {
	server, client := pipe(t)
	const segments, size = 20_000, 100
	go func() {
		for range segments {
			if _, err := server.Write(make([]byte, size)); err != nil {
				return // the test ended
			}
		}
	}()
	if _, err := io.CopyN(io.Discard, client, segments*size); err != nil {
		t.Fatal(err)
	}
	if client.systemCalls > segments/4 {
		t.Errorf("%d reads for %d segments", client.systemCalls, segments)
	}
}

// TestCoalescerEnds: the other side's end and a deadline are both reported from
// within a pause.
func TestCoalescerEnds(t *testing.T) {
	server, client := pipe(t)
	client.pacer.pause = firstPause
	if err := client.SetReadDeadline(past()); err != nil {
		t.Fatal(err)
	}
	var timeout net.Error
	if _, err := client.Read(make([]byte, 1)); !asTimeout(err, &timeout) {
		t.Errorf("Read after the deadline: %v", err)
	}
	if err := client.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	client.pacer.pause = firstPause
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("Read after the end: %v, want EOF", err)
	}
}

func asTimeout(err error, as *net.Error) bool {
	e, ok := err.(net.Error) //nolint:errorlint // net returns it unwrapped
	*as = e
	return ok && e.Timeout()
}
