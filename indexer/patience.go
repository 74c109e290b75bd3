package indexer

import (
	"context"
	"log/slog"
	"time"

	"github.com/waltrail/waltrail/internal/retry"
)

const (
	firstPause   = 100 * time.Millisecond
	longestPause = 10 * time.Second
	// sayAgain is how often a lasting outage is logged.
	sayAgain = time.Minute
)

// patience takes one call through an outage: it waits between attempts for as
// long as it takes, tells health, and logs what it waits for once per change and minute.
type patience struct {
	x       *Indexer
	backoff backoff
	wait    wait
	said    time.Time
}

type backoff = retry.Backoff

func (x *Indexer) patience() *patience {
	return &patience{x: x, backoff: backoff{Min: firstPause, Max: longestPause}}
}

// pause notes why and waits. It returns an error only when ctx ends.
func (p *patience) pause(ctx context.Context, why error, what policy) error {
	p.note(why, what)
	return p.backoff.Wait(ctx)
}

// progress makes the next pause short again.
func (p *patience) progress() { p.backoff.Reset() }

func (p *patience) note(why error, what policy) {
	p.x.metrics.retried(what)
	now, reason := time.Now(), why.Error()
	if p.wait.since.IsZero() {
		p.wait.since = now
		p.x.metrics.waiting(+1)
	}
	changed := reason != p.wait.reason
	p.wait.reason = reason
	if !changed && now.Sub(p.said) < sayAgain {
		return
	}
	p.said = now
	p.x.health.enter(p, p.wait)
	level := slog.LevelWarn
	if what != transient {
		level = slog.LevelError
	}
	p.x.log.Log(context.Background(), level, "Elasticsearch does not take documents; trying again",
		"reason", reason, "policy", what.String(), "since", p.wait.since, "cure", cure(why))
}

// end tells that the call is over, with its result. Call it always.
func (p *patience) end(result error) {
	if p.wait.since.IsZero() {
		return
	}
	p.x.health.leave(p)
	p.x.metrics.waiting(-1)
	if result != nil {
		return
	}
	p.x.log.Info("Elasticsearch goes on", "waited", time.Since(p.wait.since).Round(time.Millisecond))
}

// persist repeats do until it succeeds, fails in a way that is no outage
// (final reports those), or ctx ends.
func (x *Indexer) persist(ctx context.Context, do func(context.Context) error, final func(error) bool) (err error) {
	p := x.patience()
	defer func() { p.end(err) }()
	for {
		err = do(ctx)
		if err == nil || final(err) {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if stop := p.pause(ctx, err, noFault(requestPolicy(err))); stop != nil {
			return stop
		}
	}
}
