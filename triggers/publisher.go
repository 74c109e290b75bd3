package triggers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waltrail/waltrail/document"
	"github.com/waltrail/waltrail/internal/retry"
)

// patience is how long a round waits for the next acknowledgement before it
// takes what is in flight for lost; it doubles while that helps nothing.
const (
	minPatience = 5 * time.Second
	maxPatience = time.Minute
)

// Publisher publishes documents on JetStream. Its methods are safe for
// concurrent use; calls of Publish follow one another.
type Publisher struct {
	cfg    Config
	system string
	log    *slog.Logger
	m      *Metrics

	linkMu sync.Mutex // guards link and closed
	link   *link
	closed bool

	// held is why triggers cannot be published at present, nil while they can.
	held atomic.Pointer[trouble]

	mu       sync.Mutex // held during Publish; guards all below
	rules    *rules
	envelope *envelope
	flight   flight
	// items holds, while a flight is planned, the last message of each item.
	items  map[string]int
	result result
	stream streamState
	// streamFault is what was last logged about the stream, empty for nothing.
	streamFault string
	trouble     *trouble // the first of this round
	backoff     retry.Backoff
	timer       *time.Timer
	// patience is the present one; shortest is where it starts.
	patience, shortest time.Duration
	heldSince          time.Time
	// clean says that the last flight stored each message anew and that nothing
	// has gone wrong since its last round began.
	// Nothing is chained before unchainedUntil.
	clean          bool
	unchainedUntil time.Time
}

// result gathers what the acknowledgements of one Publish said.
type result struct {
	first, last       uint64 // stream sequences
	lastMsg           int    // the message at last
	count, duplicates int
}

// newPublisher makes a publisher without a connection; the first use dials.
func newPublisher(cfg Config, r *rules, system string, log *slog.Logger, m *Metrics) *Publisher {
	return &Publisher{
		cfg: cfg, system: system, log: log, m: m,
		rules: r, envelope: newEnvelope(system), items: map[string]int{},
		backoff: retry.Backoff{Min: 20 * time.Millisecond, Max: time.Second},
		timer:   time.NewTimer(0), patience: minPatience, shortest: minPatience,
	}
}

// Publish publishes what the rules make of docs, in order, and returns where it
// lies once every message is acknowledged. It retries by itself; an error means that ctx
// ended or the Publisher was closed. Then some messages may be stored: publish the same
// documents again, JetStream drops repetitions by their id. The bodies of
// docs must stay unchanged during the call.
func (p *Publisher) Publish(ctx context.Context, docs []document.Change) (document.StreamRange, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	started := time.Now()
	p.plan(docs)
	for !p.flight.done() {
		if cause := p.round(ctx); cause != nil {
			p.clean = false
			if isInterleaved(cause) {
				continue
			}
			if err := p.hold(ctx, cause); err != nil {
				return document.StreamRange{}, err
			}
		}
	}
	if p.result.count == 0 {
		return document.StreamRange{}, nil
	}
	p.clean = p.result.duplicates == 0
	p.patience = p.shortest
	p.m.acked(p.result.count, p.result.duplicates, time.Since(started))
	return p.evidence(), nil
}

// plan fills the flight with the messages that are due for docs.
func (p *Publisher) plan(docs []document.Change) {
	p.flight.reset()
	p.result = result{}
	clear(p.items)
	for i := range docs {
		doc := &docs[i]
		pl, fire := p.rules.match(doc)
		if fire == nil {
			continue
		}
		after := -1
		if last, ok := p.items[doc.Trail.Item.UID]; ok {
			after = last
		}
		if fire.shared {
			p.flight.add(due{doc: doc, plan: pl, fire: fire}, after)
		}
		for _, own := range fire.own {
			p.flight.add(due{doc: doc, plan: pl, fire: fire, own: own}, after)
		}
		p.items[doc.Trail.Item.UID] = len(p.flight.msgs) - 1
	}
}

// evidence is what a receipt says of the flight.
func (p *Publisher) evidence() document.StreamRange {
	d := p.flight.msgs[p.result.lastMsg].due
	id := d.doc.Event.ID
	if d.own != nil {
		id += "/" + d.own.Name
	}
	return document.StreamRange{
		Name: p.cfg.Stream, Created: p.stream.created,
		FirstSeq: p.result.first, LastSeq: p.result.last, LastMsgID: id,
		Count: uint64(p.result.count), //nolint:gosec // a count
	}
}

// hold pauses before the next round and says once what is wrong. It returns an
// error when there is to be no next round.
func (p *Publisher) hold(ctx context.Context, cause error) error {
	p.m.inFlight(0)
	if ctx.Err() != nil {
		return fmt.Errorf("publishing triggers: %w", context.Cause(ctx))
	}
	if errors.Is(cause, errClosed) {
		return cause
	}
	p.m.hold()
	p.tell(asTrouble(cause))
	if err := p.backoff.Wait(ctx); err != nil {
		return fmt.Errorf("publishing triggers: %w", err)
	}
	return nil
}

// tell logs a trouble when it is another than the one before.
func (p *Publisher) tell(t *trouble) {
	before := p.held.Swap(t)
	if before == nil {
		p.heldSince = time.Now()
	}
	if before != nil && before.kind == t.kind {
		return
	}
	p.log.Warn("triggers are held", "cause", t.text, "cure", t.cure,
		"waiting", len(p.flight.msgs)-p.flight.low)
}

// flows notes that messages are stored again.
func (p *Publisher) flows() {
	p.backoff.Reset()
	if before := p.held.Swap(nil); before != nil {
		p.m.release()
		p.log.Info("triggers flow again", "held_for", time.Since(p.heldSince).Round(time.Millisecond).String(), "cause", before.text)
	}
}

// Healthy returns nil while triggers can be published, else why not, for
// readiness. It does not ask the server.
func (p *Publisher) Healthy() error {
	if t := p.held.Load(); t != nil {
		return t
	}
	l, err := p.current()
	if err != nil {
		return err
	}
	if !l.nc.IsConnected() {
		return l.offline()
	}
	return nil
}
