package triggers

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
)

// round sends all that is not acknowledged, in order, until it is or until
// something goes wrong. After a trouble it sends nothing more and waits for the
// answers to what is in flight, so that the next round begins with a clear picture.
func (p *Publisher) round(ctx context.Context) error {
	l, err := p.ready(ctx)
	if err != nil {
		return err
	}
	p.flight.rewind(p.mayChain())
	p.trouble = nil
	for !p.flight.done() {
		if p.trouble == nil {
			p.trouble = p.send(l)
		}
		if p.flight.pending == 0 {
			return p.ended()
		}
		if err := p.await(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// ended is why a round with nothing in flight is not done.
func (p *Publisher) ended() error {
	if p.trouble == nil {
		return &trouble{kind: "stuck", text: "a round ended early", cure: "report this as a defect of Waltrail"}
	}
	return p.trouble
}

// ready returns a link that is connected, and makes sure of the stream after
// each break.
func (p *Publisher) ready(ctx context.Context) (*link, error) {
	l, err := p.current()
	if err != nil {
		return nil, err
	}
	select {
	case <-l.lost: // it broke before this round: nothing of ours was in flight
	default:
	}
	if !l.nc.IsConnected() {
		return nil, l.offline()
	}
	if !p.stream.known(l) {
		p.learn(ctx, l)
	}
	return l, nil
}

// chainPause is how long nothing is chained after another publisher came between.
const chainPause = 10 * time.Second

// mayChain reports whether the round that begins may chain messages: not after
// a trouble, and not after repetitions, since a message that an earlier process stored says
// nothing of those before it in this flight.
func (p *Publisher) mayChain() bool {
	return p.clean && time.Now().After(p.unchainedUntil)
}

// window is how many messages may be in flight: one only, as a probe, while
// something is wrong.
func (p *Publisher) window() int {
	if p.held.Load() != nil {
		return 1
	}
	return p.cfg.MaxPending
}

// send sends what may leave now.
func (p *Publisher) send(l *link) *trouble {
	limit, window := p.stream.limit(l), p.window()
	for {
		i := p.flight.sendable(window, p.cfg.MaxPendingBytes)
		if i < 0 {
			return nil
		}
		m := &p.flight.msgs[i]
		p.envelope.msg.Reply = p.reply(l, i)
		p.shortened(m, p.envelope.write(m, p.flight.chain && m.chained, limit))
		if err := l.nc.PublishMsg(&p.envelope.msg); err != nil {
			if errors.Is(err, nats.ErrMaxPayload) {
				p.shortened(m, m.short+1)
			}
			return sendTrouble(l, err)
		}
		p.flight.leaves(i, len(p.envelope.msg.Data))
	}
}

// shortened notes the degree to which a message is shortened.
func (p *Publisher) shortened(m *message, degree shortening) {
	if m.short == whole && degree > whole {
		p.m.short()
	}
	m.short = min(degree, identity)
}

// reply is the subject that message i is answered on.
func (p *Publisher) reply(l *link, i int) string {
	e := p.envelope
	e.scratch = appendNumber(append(e.scratch[:0], l.inbox...), p.flight.base+uint64(i)) //nolint:gosec // an index
	return e.text.String(e.scratch)
}

// await waits for one answer, then takes all that are there.
func (p *Publisher) await(ctx context.Context, l *link) error {
	p.m.inFlight(p.flight.pending)
	p.timer.Reset(p.patience)
	select {
	case m := <-l.acks:
		p.take(l, m)
	case <-l.lost:
		return l.offline()
	case <-p.timer.C:
		return p.silence(ctx, l)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	for p.flight.pending > 0 {
		select {
		case m := <-l.acks:
			p.take(l, m)
		default:
			p.m.inFlight(p.flight.pending)
			return nil
		}
	}
	p.m.inFlight(0)
	return nil
}

// silence is what no answer within patience means: answers were lost, the
// server is slow, or the connection is dead without knowing it. The last is tested and cured.
func (p *Publisher) silence(ctx context.Context, l *link) error {
	t := &trouble{
		kind: "silence", text: "no acknowledgement within " + p.patience.String(),
		cure: "look at the load and the disk of the NATS server; Waltrail publishes again by itself",
	}
	p.patience = min(2*p.patience, max(maxPatience, p.shortest))
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if l.nc.FlushWithContext(ctx) != nil {
		_ = l.nc.ForceReconnect() // it fails only when the link is closed, and then the next round dials anew
	}
	return t
}

// take accounts for one answer.
func (p *Publisher) take(l *link, m *nats.Msg) {
	n, ok := number(m.Subject[len(l.inbox):])
	if !ok {
		return
	}
	i, ok := p.flight.find(n)
	if !ok {
		return // the second answer to a message that went out twice
	}
	ack := parseAck(m)
	if ack.refusal == nil && string(ack.stream) != p.cfg.Stream {
		ack.refusal = &refusal{code: codeOtherStream, text: "stream " + string(ack.stream) + " takes the subject"}
	}
	if ack.refusal != nil {
		p.refused(i, ack.refusal)
		return
	}
	p.stored(i, ack)
}

// stored accounts for a message that the stream holds. The range of sequences is
// kept by its ends: a repetition answers with the sequence of the first copy.
func (p *Publisher) stored(i int, ack pubAck) {
	p.flight.ack(i)
	if p.trouble == nil {
		p.flows()
	}
	r := &p.result
	if r.count == 0 || ack.seq < r.first {
		r.first = ack.seq
	}
	if ack.seq >= r.last {
		r.last, r.lastMsg = ack.seq, i
	}
	r.count++
	if ack.duplicate {
		r.duplicates++
	}
}

// refused accounts for a message that the stream did not take. What is too
// large is made shorter for the next round, so that it never blocks the line (promise 5).
func (p *Publisher) refused(i int, r *refusal) {
	p.flight.refuse(i)
	if m := &p.flight.msgs[i]; r.tooLarge() {
		p.shortened(m, m.short+1)
	}
	if r.code == codeNoResponders {
		p.stream = streamState{} // it may be gone: look, and create it again
	}
	if r.code == codeNotLast {
		p.unchainedUntil = time.Now().Add(chainPause)
	}
	if p.trouble == nil {
		p.trouble = r.trouble(p.cfg.Stream)
	}
}
