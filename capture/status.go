package capture

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pglogrepl"
)

const (
	// statusEvery is how often PostgreSQL hears from us, whatever the pipeline
	// does (invariant 6). Standbys take reply_time for the leader's pulse.
	statusEvery = time.Second
	// replyEvery bounds how often we answer while there is nothing new to say: a
	// server that shuts down asks again after every answer.
	replyEvery = 100 * time.Millisecond
	// statusLimit bounds one write.
	statusLimit = 10 * time.Second
)

// answer sends status updates until the session ends. It depends on neither
// the stream nor the pipeline.
func (r *Reader) answer(every time.Duration) {
	defer r.running.Done()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	var sent uint64
	var at time.Time
	for {
		if !r.awaitReason(ticker.C, sent, at) {
			return
		}
		sent, at = r.confirmed.Load(), time.Now()
		if err := r.sendStatus(statusLimit); err != nil {
			r.fail(fmt.Errorf("postgres: send status: %w", err))
			return
		}
	}
}

// awaitReason waits until a status is due; false when the session has ended.
func (r *Reader) awaitReason(tick <-chan time.Time, sent uint64, at time.Time) bool {
	select {
	case <-r.ctx.Done():
		return false
	case <-tick:
		return true
	case <-r.kick:
	}
	if r.confirmed.Load() > sent {
		return true
	}
	wait, cancel := context.WithTimeout(r.ctx, replyEvery-time.Since(at))
	defer cancel()
	<-wait.Done()
	return r.ctx.Err() == nil
}

// sendStatus tells the server the confirmed position. All three positions are
// set: a zero one would be taken for the highest (trap of pglogrepl).
func (r *Reader) sendStatus(limit time.Duration) error {
	confirmed := r.confirmed.Load()
	if err := r.conn.Conn().SetWriteDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	lsn := pglogrepl.LSN(confirmed)
	err := pglogrepl.SendStandbyStatusUpdate(context.Background(), r.conn, pglogrepl.StandbyStatusUpdate{
		WALWritePosition: lsn, WALFlushPosition: lsn, WALApplyPosition: lsn,
	})
	if owed := r.owed.Load(); owed != 0 && confirmed >= owed {
		r.owed.CompareAndSwap(owed, 0)
	}
	return err
}
