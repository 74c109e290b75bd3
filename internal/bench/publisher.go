package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// publish sends the bodies with jetstream's asynchronous publisher and waits
// for all acknowledgements: no headers, no order kept after a failure.
func publish(ctx context.Context, conn *nats.Conn, subject string, messages []message) error {
	js, err := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(4000))
	if err != nil {
		return err
	}
	for _, m := range messages {
		if _, err := js.PublishMsgAsync(&nats.Msg{Subject: subject, Data: m.body}, jetstream.WithStallWait(10*time.Second)); err != nil {
			return fmt.Errorf("bare publisher: %w", err)
		}
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-js.PublishAsyncComplete():
		return nil
	}
}

// newStream makes an empty stream of the given name, in place of what was there.
func newStream(ctx context.Context, js jetstream.JetStream, name, subjects string) error {
	if err := dropStream(ctx, js, name); err != nil {
		return err
	}
	_, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: name, Subjects: []string{subjects}, Storage: jetstream.FileStorage})
	return err
}

// dropStream deletes a stream, if there is one.
func dropStream(ctx context.Context, js jetstream.JetStream, name string) error {
	if err := js.DeleteStream(ctx, name); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err
	}
	return nil
}

// state is what a stream holds; an absent stream holds nothing.
func state(ctx context.Context, js jetstream.JetStream, name string) (jetstream.StreamState, error) {
	stream, err := js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return jetstream.StreamState{}, nil
	}
	if err != nil {
		return jetstream.StreamState{}, err
	}
	return stream.CachedInfo().State, nil
}

// harvest reads all n messages of a stream.
func harvest(ctx context.Context, js jetstream.JetStream, name string, n int) ([]message, error) {
	consumer, err := js.OrderedConsumer(ctx, name, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return nil, err
	}
	it, err := consumer.Messages(jetstream.PullMaxMessages(5000))
	if err != nil {
		return nil, err
	}
	defer it.Stop()
	all := make([]message, 0, n)
	for len(all) < n {
		m, err := it.Next(jetstream.NextContext(ctx))
		if err != nil {
			return nil, fmt.Errorf("read back stream %s, after %d messages: %w", name, len(all), err)
		}
		all = append(all, message{id: m.Headers().Get(nats.MsgIdHdr), body: m.Data()})
	}
	return all, nil
}
