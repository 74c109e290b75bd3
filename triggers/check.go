package triggers

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/waltrail/waltrail/internal/check"
)

const (
	checkDoc = "#nats"
	// smallPayload is a max_payload, in bytes, below which wide rows lose their values.
	smallPayload = 256 << 10
	// shortWindow is a duplicate window that a restart easily outlasts.
	shortWindow = 2 * time.Minute
)

// Check looks at the preconditions, for the doctor. It changes nothing.
func (p *Publisher) Check(ctx context.Context) []check.Result {
	l, err := p.connected(ctx)
	if err != nil {
		return []check.Result{failed("connection", err.Error(), "start the server, or correct nats.url and the credentials")}
	}
	results := []check.Result{
		passed("connection", fmt.Sprintf("server version %s", l.nc.ConnectedServerVersion())),
		checkPayload(l.nc.MaxPayload()),
	}
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	if _, err := l.js.AccountInfo(ctx); err != nil {
		return append(results, failed("JetStream", err.Error(), setupCure(err)))
	}
	results = append(results, passed("JetStream", "enabled"))
	s, err := l.js.Stream(ctx, p.cfg.Stream)
	if err != nil {
		return append(results, failed("stream "+p.cfg.Stream, err.Error(), "run `waltrail setup`"))
	}
	return append(results, p.checkStream(&s.CachedInfo().Config)...)
}

// checkPayload warns of a limit that usual documents with a long value exceed.
func checkPayload(limit int64) check.Result {
	detail := fmt.Sprintf("%d bytes", limit)
	if limit < smallPayload {
		return warned("max_payload", detail, "raise max_payload to 1MB or more: larger documents go out without values")
	}
	return passed("max_payload", detail)
}

// checkStream looks at what the operator decided about the stream: whether it
// takes, keeps and protects what is published.
func (p *Publisher) checkStream(cfg *jetstream.StreamConfig) []check.Result {
	stream := "stream " + cfg.Name
	results := []check.Result{passed(stream, "exists")}
	if err := p.unfit(cfg); err != nil {
		results = append(results, failed(stream+": subjects", err.Error(), "see there"))
	} else {
		results = append(results, passed(stream+": subjects", "takes all that are published"))
	}
	if cfg.Storage != jetstream.FileStorage {
		results = append(results, warned(stream+": storage", "memory", "use file storage: triggers are lost with the server's memory"))
	} else {
		results = append(results, passed(stream+": storage", "file"))
	}
	if cfg.Replicas < p.cfg.Replicas {
		results = append(results, warned(stream+": replicas", fmt.Sprintf("%d, configured are %d", cfg.Replicas, p.cfg.Replicas),
			fmt.Sprintf("nats stream edit %s --replicas=%d", cfg.Name, p.cfg.Replicas)))
	} else {
		results = append(results, passed(stream+": replicas", fmt.Sprint(cfg.Replicas)))
	}
	return append(results, checkWindow(stream, cfg), checkKeeping(stream, cfg))
}

// checkWindow: repetitions later than the window reach consumers, who then
// have to drop them by ce-id themselves.
func checkWindow(stream string, cfg *jetstream.StreamConfig) check.Result {
	name, detail := stream+": duplicate window", cfg.Duplicates.String()
	if cfg.Duplicates < shortWindow {
		return warned(name, detail, fmt.Sprintf("nats stream edit %s --dupe-window=10m: consumers see repetitions after a longer restart", cfg.Name))
	}
	return passed(name, detail)
}

// checkKeeping looks at how triggers leave the stream: too soon for subscribers
// that were away, or never, or not at all so that new ones are refused.
func checkKeeping(stream string, cfg *jetstream.StreamConfig) check.Result {
	name := stream + ": limits"
	full := cfg.MaxBytes > 0 || cfg.MaxMsgs > 0 || cfg.MaxMsgsPerSubject > 0
	switch {
	case full && cfg.Discard == jetstream.DiscardNew:
		return warned(name, "refuses messages when full", "let it discard old messages, or watch its size: a full stream holds up the trail")
	case cfg.MaxAge > 0 && cfg.MaxAge < time.Hour:
		return warned(name, "max_age "+cfg.MaxAge.String(), "keep triggers longer than your subscribers may be away")
	case cfg.MaxAge > 0:
		return passed(name, "max_age "+cfg.MaxAge.String())
	case full:
		return passed(name, "discards old messages when full")
	}
	return warned(name, "none: the stream grows for ever", fmt.Sprintf("nats stream edit %s --max-age=7d, or as long as subscribers may be away", cfg.Name))
}

func passed(name, detail string) check.Result {
	return check.Result{Name: "nats: " + name, Status: check.OK, Detail: detail, Doc: checkDoc}
}

func warned(name, detail, cure string) check.Result {
	return check.Result{Name: "nats: " + name, Status: check.Warning, Detail: detail, Cure: cure, Doc: checkDoc}
}

func failed(name, detail, cure string) check.Result {
	return check.Result{Name: "nats: " + name, Status: check.Failure, Detail: detail, Cure: cure, Doc: checkDoc}
}
