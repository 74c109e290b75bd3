package testenv_test

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/waltrail/waltrail/internal/devstack"
	"github.com/waltrail/waltrail/internal/testenv"
)

func TestNATSHelpers(t *testing.T) {
	bus := testenv.NATS(t)
	js := bus.JetStream(t)
	config := jetstream.StreamConfig{Name: "TRAIL", Subjects: []string{"trail.>"}}
	if _, err := js.CreateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	if got := bus.Messages(t, "TRAIL"); len(got) != 0 {
		t.Errorf("a new stream holds %d messages", len(got))
	}
	for _, text := range []string{"one", "two"} {
		if _, err := js.Publish(t.Context(), "trail."+text, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	got := bus.Messages(t, "TRAIL")
	if len(got) != 2 || string(got[0].Data) != "one" || got[1].Subject != "trail.two" {
		t.Errorf("messages %v", got)
	}
	failure(t, func(tb testing.TB) { bus.Messages(tb, "NONE") })
}

// A client of a separate server survives the server's kill.
func TestPrivateNATS(t *testing.T) {
	bus := testenv.NATSServer(t, devstack.NATSOptions{Separate: true})
	js := bus.JetStream(t)
	config := jetstream.StreamConfig{Name: "TRAIL", Subjects: []string{"trail.>"}}
	if _, err := js.CreateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	if err := bus.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := bus.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "trail.a", nil, jetstream.WithRetryAttempts(100)); err != nil {
		t.Fatal(err)
	}
	if got := bus.Messages(t, "TRAIL"); len(got) != 1 {
		t.Errorf("%d messages after the kill, want 1", len(got))
	}
}
