package capture

import (
	"context"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A walsender writes one small segment per row. Reading each as it comes costs more in
// system calls than all the rest of the work, so a busy stream is left alone for a
// moment before each read. An idle one is read at once.
const (
	readBuffer = 256 << 10
	// A busy stream is left to gather for firstPause, then for twice as long each
	// time up to lastPause, which bounds the delay that this adds.
	firstPause = time.Millisecond
	lastPause  = 4 * time.Millisecond
	// busyReads within one firstPause make a stream busy; a read of less than
	// calmBytes after a pause makes it calm again.
	busyReads = 4
	calmBytes = 2 << 10
)

// coalescer is a net.Conn with buffered, paced reads. Read may be called from one
// goroutine at a time, as for pgconn; writes and deadlines are those of the Conn.
type coalescer struct {
	net.Conn
	// beforeRead, when set, is called by Read before it may block: everything
	// received so far has then been consumed.
	beforeRead func()

	buf         []byte
	from, to    int // unread part of buf
	pacer       pacer
	lowWater    lowWater
	filled      time.Time // end of the last read
	systemCalls uint64
}

func dialWith(dial pgconn.DialFunc, out **coalescer) pgconn.DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		*out = &coalescer{Conn: conn, buf: make([]byte, readBuffer), lowWater: newLowWater(conn)}
		return *out, nil
	}
}

// Read serves from the buffer and fills it when it is empty.
func (c *coalescer) Read(p []byte) (int, error) {
	if c.from == c.to {
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.buf[c.from:c.to])
	c.from += n
	return n, nil
}

func (c *coalescer) fill() error {
	if c.beforeRead != nil {
		c.beforeRead()
	}
	if c.pacer.pause > 0 {
		c.lowWater.raise()
		time.Sleep(c.pacer.pause)
	}
	n, err := c.read()
	c.systemCalls++
	c.filled = time.Now()
	c.pacer.observe(c.filled, n)
	c.from, c.to = 0, max(n, 0)
	return err
}

// read waits for bytes. While the low-water mark is up it must not wait, since the
// kernel would not report a few bytes: it looks first, and lowers the mark for waiting.
func (c *coalescer) read() (int, error) {
	if c.lowWater.raised {
		if n := c.lowWater.poll(c.buf); n > 0 {
			return n, nil
		}
		c.lowWater.lower()
	}
	return c.Conn.Read(c.buf)
}

// pacer decides how long to leave a stream alone before the next read, from the
// times and sizes of the reads so far.
type pacer struct {
	pause time.Duration // zero while the stream is calm
	since time.Time     // of the reads that are counted
	reads int
}

func (p *pacer) observe(now time.Time, n int) {
	if p.pause > 0 {
		p.pause = min(2*p.pause, lastPause)
		if n < calmBytes || n == readBuffer { // nothing to gather, or more than fits
			p.pause, p.reads = 0, 0
		}
		return
	}
	if now.Sub(p.since) > firstPause {
		p.since, p.reads = now, 0
	}
	if p.reads++; p.reads >= busyReads {
		p.pause = firstPause
	}
}
