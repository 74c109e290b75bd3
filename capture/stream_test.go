package capture

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/waltrail/waltrail/capture/internal/pgoutput"
	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/internal/testenv"
)

// feed is a Reader without a connection, for messages that a server sends too rarely.
func feed(t *testing.T) *Reader {
	t.Helper()
	r := &Reader{
		wire: &coalescer{filled: time.Unix(1000, 0)}, handoff: newHandoff(), kick: make(chan struct{}, 1),
		decoder: pgoutput.New(1, 800, func(*change.Relation) error { return nil }),
	}
	r.ctx, r.cancel = context.WithCancel(t.Context())
	return r
}

func (r *Reader) mustCopyData(t *testing.T, data []byte) {
	t.Helper()
	if err := r.copyData(data); err != nil {
		t.Fatal(err)
	}
}

func logData(start uint64, msg []byte) []byte {
	data := binary.BigEndian.AppendUint64([]byte{'w'}, start)
	return append(append(data, make([]byte, 16)...), msg...)
}

func keepaliveData(end uint64, reply byte) []byte {
	data := binary.BigEndian.AppendUint64([]byte{'k'}, end)
	return append(append(data, make([]byte, 8)...), reply)
}

func beginData() []byte {
	msg := binary.BigEndian.AppendUint64([]byte{'B'}, 500)
	return logData(400, append(msg, make([]byte, 12)...))
}

func commitData() []byte {
	msg := binary.BigEndian.AppendUint64([]byte{'C', 0}, 500)
	msg = binary.BigEndian.AppendUint64(msg, 548)
	return logData(500, append(msg, make([]byte, 8)...))
}

// TestKeepaliveInsideTransaction keeps invariant 2: what the server says about its
// log there may not be confirmed, but its question is passed on.
func TestKeepaliveInsideTransaction(t *testing.T) {
	r := feed(t)
	r.mustCopyData(t, beginData())
	r.mustCopyData(t, keepaliveData(9000, 0))
	if r.handoff.pending() {
		t.Error("a keepalive inside a transaction made a batch")
	}
	r.mustCopyData(t, keepaliveData(9000, 1))
	if b := next(t, r); b.End != 0 || !b.Flush {
		t.Errorf("got %+v, want Flush without End", b)
	}
	r.mustCopyData(t, commitData())
	r.mustCopyData(t, keepaliveData(9000, 0))
	if b := next(t, r); b.End != 9000 || b.Flush {
		t.Errorf("got %+v, want the end of the keepalive after the commit", b)
	}
}

// TestKeepalivesDoNotFlood: positions alone are passed on now and then, questions
// always, and nothing that is confirmed already.
func TestKeepalivesDoNotFlood(t *testing.T) {
	r := feed(t)
	for _, c := range []struct {
		after time.Duration
		end   uint64
		reply byte
		want  bool
	}{
		{0, 100, 0, true},
		{time.Millisecond, 110, 0, false},
		{time.Millisecond, 120, 1, true},
		{keepaliveEvery / 2, 130, 0, false},
		{keepaliveEvery, 130, 0, true},
		{time.Second, 90, 0, false}, // below what is confirmed by then
	} {
		r.wire.filled = r.wire.filled.Add(c.after)
		r.mustCopyData(t, keepaliveData(c.end, c.reply))
		if got := r.handoff.pending(); got != c.want {
			t.Fatalf("keepalive at %d: passed on %t, want %t", c.end, got, c.want)
		}
		if c.want {
			if b := next(t, r); uint64(b.End) != c.end {
				t.Errorf("End %d, want %d", b.End, c.end)
			}
			r.Confirm(change.LSN(c.end))
		}
	}
}

func TestMalformedReplicationMessages(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty": {}, "unknown": {'z', 0}, "short data": logData(1, nil)[:20], "short keepalive": keepaliveData(1, 0)[:10],
		"no message": logData(1, nil),
	} {
		t.Run(name, func(t *testing.T) {
			if err := feed(t).copyData(data); err == nil {
				t.Error("accepted")
			}
		})
	}
	if err := feed(t).handle(&pgproto3.CopyDone{}); err == nil {
		t.Error("the end of the stream is no error")
	}
	if err := feed(t).handle(&pgproto3.NoticeResponse{}); err != nil {
		t.Errorf("a notice is an error: %v", err)
	}
	err := feed(t).handle(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "XX000", Message: "broken", Detail: "secret"})
	wantError(t, err, "broken", "XX000")
}

// TestFailedSessionLetsGo: after an error the server is rid of the connection,
// though nobody has called Close yet; else it could not shut down.
func TestFailedSessionLetsGo(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, oneTable)
	r := open(t, config(pg, "public.c"))
	r.fail(errors.New("planned"))
	testenv.Eventually(t, "the walsender to go", patience, func() bool {
		return pg.Value(t, `SELECT active FROM pg_replication_slots WHERE database = current_database()`) == "f"
	})
	if _, err := r.Next(t.Context()); err == nil || err.Error() != "planned" {
		t.Errorf("Next: %v, want the reason", err)
	}
}
