package triggers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// learnTimeout bounds the look at the stream before messages are sent.
const learnTimeout = 5 * time.Second

// streamState is what Publish knows of the stream. Its zero value is nothing.
type streamState struct {
	link    *link
	losses  uint64 // of the link, when this was learnt
	created time.Time
	maxMsg  int // bytes with headers, 0 for no limit
}

// known reports whether the stream was looked at since the connection last broke.
func (s *streamState) known(l *link) bool { return s.link == l && s.losses == l.losses.Load() }

// limit is the size, in bytes, that a message may have with its headers.
func (s *streamState) limit(l *link) int {
	limit := int(l.nc.MaxPayload())
	if s.maxMsg > 0 {
		limit = min(limit, s.maxMsg)
	}
	return limit
}

// learn looks at the stream and creates it when it is missing. When that fails
// (perhaps we may not ask) the messages are sent all the same: their
// acknowledgements decide.
func (p *Publisher) learn(ctx context.Context, l *link) {
	ctx, cancel := context.WithTimeout(ctx, learnTimeout)
	defer cancel()
	p.stream = streamState{link: l, losses: l.losses.Load()}
	info, err := p.ensure(ctx, l)
	if info != nil {
		p.stream.created, p.stream.maxMsg = info.Created, int(info.Config.MaxMsgSize)
	}
	p.complain(err)
}

// complain logs what is wrong with the stream, when it is not what it was before.
func (p *Publisher) complain(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != "" && text != p.streamFault {
		p.log.Warn("the trigger stream is not as it should be; publishing all the same", "error", text)
	}
	p.streamFault = text
}

// Setup creates the stream when it is missing. A stream that exists is never
// changed: when it does not take our subjects the error says what to do.
func (p *Publisher) Setup(ctx context.Context) error {
	l, err := p.connected(ctx)
	if err != nil {
		return fmt.Errorf("trigger stream %s: %w", p.cfg.Stream, err)
	}
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	_, err = p.ensure(ctx, l)
	return err
}

// SetupPlan returns the stream that Setup creates when it is missing, as
// indented JSON in the form that `nats stream add --config` takes.
func (p *Publisher) SetupPlan() ([]byte, error) {
	return json.MarshalIndent(p.wanted(), "", "  ")
}

// wanted is the stream as we create it. It holds all systems, so that several
// daemons share one, and whatever else the rules publish to. It has no limits: how long triggers
// are kept is the operator's decision.
func (p *Publisher) wanted() jetstream.StreamConfig {
	subjects := []string{subjectRoot + ".>"}
	return jetstream.StreamConfig{
		Name:        p.cfg.Stream,
		Description: "Triggers of Waltrail: one message per change, in commit order",
		Subjects:    append(subjects, uncovered(subjects, p.rules.subjects())...),
		Storage:     jetstream.FileStorage,
		Replicas:    p.cfg.Replicas,
		Duplicates:  p.cfg.DuplicateWindow,
		AllowDirect: true,
		MaxMsgs:     -1, MaxBytes: -1, MaxConsumers: -1, MaxMsgsPerSubject: -1, MaxMsgSize: -1,
	}
}

// needed are the subjects that the stream must take.
func (p *Publisher) needed() []string {
	return append([]string{subjectRoot + "." + p.system + ".>"}, p.rules.subjects()...)
}

// ensure returns the stream as it is, created when it was missing. The
// information comes with the error when the stream does not fit.
func (p *Publisher) ensure(ctx context.Context, l *link) (*jetstream.StreamInfo, error) {
	s, err := l.js.Stream(ctx, p.cfg.Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		if s, err = l.js.CreateStream(ctx, p.wanted()); err == nil {
			p.log.Info("trigger stream created", "stream", p.cfg.Stream)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("trigger stream %s: %w (%s)", p.cfg.Stream, err, setupCure(err))
	}
	info := s.CachedInfo()
	return info, p.unfit(&info.Config)
}

// unfit says why a stream cannot be used, nil when it can.
func (p *Publisher) unfit(cfg *jetstream.StreamConfig) error {
	if missing := uncovered(cfg.Subjects, p.needed()); len(missing) > 0 {
		return fmt.Errorf("trigger stream %s does not take %s: run `nats stream edit %s --subjects=%q`",
			cfg.Name, strings.Join(missing, ", "), cfg.Name, strings.Join(append(cfg.Subjects, missing...), ","))
	}
	if cfg.NoAck {
		return fmt.Errorf("trigger stream %s acknowledges nothing (no_ack): run `nats stream edit %s --ack`", cfg.Name, cfg.Name)
	}
	if cfg.Sealed {
		return fmt.Errorf("trigger stream %s is sealed and takes no messages: name another in nats.stream", cfg.Name)
	}
	return nil
}

// setupCure says what to do when a stream can be neither found nor created.
func setupCure(err error) string {
	const overlap = 10065
	var api *jetstream.APIError
	switch {
	case errors.As(err, &api) && api.ErrorCode == overlap:
		return "another stream takes these subjects: set nats.stream to it, or narrow it with `nats stream edit`"
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return "enable JetStream: a line `jetstream {}` in the server's configuration, and in the account's"
	case errors.Is(err, context.DeadlineExceeded):
		return "the server did not answer: check that the user may publish to $JS.API.STREAM.> and subscribe to _INBOX.>"
	default:
		return "create it yourself with the output of `waltrail setup --dry-run`"
	}
}
