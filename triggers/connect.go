package triggers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/waltrail/waltrail/internal/retry"
)

// Times of the connection. A server that does not answer two pings is left,
// and writes to one that reads no more are given up, so that Publish never hangs for long.
const (
	dialTimeout  = 5 * time.Second
	pingInterval = 10 * time.Second
	writeTimeout = 10 * time.Second
	minReconnect = 50 * time.Millisecond
	maxReconnect = time.Second
	setupTimeout = 10 * time.Second
)

// errClosed ends a Publish that Close overtook.
var errClosed = errors.New("the publisher of triggers is closed")

// link is one connection with its inbox. The client library reconnects it by
// itself; only a connection that it gives up for good is replaced by a new link.
type link struct {
	nc *nats.Conn
	js jetstream.JetStream
	// acks receives the answers to messages, whose reply subjects begin with inbox.
	acks  chan *nats.Msg
	inbox string
	// lost has a token when the connection broke: what was in flight may be gone.
	lost chan struct{}
	// losses counts breaks.
	losses atomic.Uint64
	// problem is why there is no connection, as the library last said.
	problem atomic.Pointer[string]
}

// dial makes a link. It does not wait for a server: an error means that the
// configuration cannot work, for example a file that cannot be read.
func (p *Publisher) dial() (*link, error) {
	l := &link{
		// Twice what can be in flight: answers to an earlier round may come on top.
		acks: make(chan *nats.Msg, 2*p.cfg.MaxPending),
		lost: make(chan struct{}, 1),
	}
	options, err := p.options(l)
	if err != nil {
		return nil, err
	}
	if l.nc, err = nats.Connect(p.cfg.URL, options...); err != nil {
		return nil, fmt.Errorf("nats: %w (check the files and addresses under nats in the configuration)", err)
	}
	l.inbox = l.nc.NewInbox() + "."
	if _, err := l.nc.ChanSubscribe(l.inbox+"*", l.acks); err != nil {
		l.nc.Close()
		return nil, fmt.Errorf("nats: subscribing to acknowledgements: %w", err)
	}
	if l.js, err = jetstream.New(l.nc); err != nil {
		l.nc.Close()
		return nil, fmt.Errorf("nats: %w", err)
	}
	p.m.link(l.nc.IsConnected())
	return l, nil
}

// options are those of the connection. Secrets are named by file, never by
// value, and read by the library whenever it connects.
func (p *Publisher) options(l *link) ([]nats.Option, error) {
	options := []nats.Option{
		nats.Name("waltrail " + p.system),
		nats.Timeout(dialTimeout),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.IgnoreAuthErrorAbort(), // a rotated secret heals by itself
		nats.ReconnectBufSize(-1),   // a flight is sent again anyway: nothing is kept for later
		nats.CustomReconnectDelay(reconnectDelay),
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(2),
		nats.FlusherTimeout(writeTimeout),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { p.lost(l, err) }),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { l.because(err) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { l.because(err) }),
		nats.ConnectHandler(func(*nats.Conn) { p.found(l) }),
		nats.ReconnectHandler(func(*nats.Conn) { p.found(l) }),
		nats.ClosedHandler(func(nc *nats.Conn) { p.lost(l, nc.LastError()) }),
	}
	switch {
	case p.cfg.CredentialsFile != "":
		options = append(options, nats.UserCredentials(p.cfg.CredentialsFile))
	case p.cfg.NKeyFile != "":
		seed, err := nats.NkeyOptionFromSeed(p.cfg.NKeyFile)
		if err != nil {
			return nil, fmt.Errorf("nats.nkey_file: %w", err)
		}
		options = append(options, seed)
	}
	if p.cfg.TLS.CAFile != "" {
		options = append(options, nats.RootCAs(p.cfg.TLS.CAFile))
	}
	if p.cfg.TLS.CertFile != "" {
		options = append(options, nats.ClientCert(p.cfg.TLS.CertFile, p.cfg.TLS.KeyFile))
	}
	if p.cfg.requiresTLS() {
		options = append(options, nats.Secure())
	}
	return options, nil
}

// reconnectDelay doubles from minReconnect to maxReconnect.
func reconnectDelay(attempts int) time.Duration {
	return min(maxReconnect, minReconnect<<min(attempts, 10))
}

// lost notes that a connection broke; the library calls it on a goroutine of its own.
func (p *Publisher) lost(l *link, err error) {
	l.because(err)
	l.losses.Add(1)
	p.m.link(false)
	select {
	case l.lost <- struct{}{}:
	default:
	}
}

// found notes that a connection stands.
func (p *Publisher) found(l *link) {
	l.problem.Store(nil)
	p.m.link(true)
}

// because keeps why there is no connection.
func (l *link) because(err error) {
	if err != nil {
		text := err.Error()
		l.problem.Store(&text)
	}
}

// offline says that there is no connection, and why when that is known.
func (l *link) offline() *trouble {
	t := &trouble{kind: "offline", text: "no connection to NATS", cure: "start the server, or correct nats.url and the credentials"}
	if why := l.problem.Load(); why != nil {
		t.text += ": " + *why
	}
	return t
}

// current returns the link, a new one when the library gave the old one up.
func (p *Publisher) current() (*link, error) {
	p.linkMu.Lock()
	defer p.linkMu.Unlock()
	if p.closed {
		return nil, errClosed
	}
	if p.link != nil && !p.link.nc.IsClosed() {
		return p.link, nil
	}
	l, err := p.dial()
	if err != nil {
		return nil, err
	}
	p.link = l
	return l, nil
}

// connected returns the link once it is connected, for calls that people wait for.
func (p *Publisher) connected(ctx context.Context) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	pause := retry.Backoff{Min: 10 * time.Millisecond, Max: 200 * time.Millisecond}
	for {
		l, err := p.current()
		if err != nil {
			return nil, err
		}
		if l.nc.IsConnected() {
			return l, nil
		}
		if pause.Wait(ctx) != nil {
			return nil, l.offline()
		}
	}
}

// Connect checks the configuration and starts to connect in the background: a
// server that is down is no error, Publish waits for it. The rules are compiled here. The
// caller owns the Publisher and must Close it.
func Connect(_ context.Context, cfg Config, list []Rule, system string, log *slog.Logger, m *Metrics) (*Publisher, error) {
	cfg.SetDefaults()
	r, err := newRules(list, cfg.Silent, system, log, m)
	if err != nil {
		return nil, err
	}
	p := newPublisher(cfg, r, system, log, m)
	if _, err := p.current(); err != nil {
		return nil, err
	}
	m.ruleNames(r.list)
	return p, nil
}

// Close ends the connection, and a Publish that is under way. It may be
// called more than once.
func (p *Publisher) Close() {
	p.linkMu.Lock()
	defer p.linkMu.Unlock()
	p.closed = true
	if p.link != nil {
		p.link.nc.Close()
	}
}
