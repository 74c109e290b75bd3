package devstack

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// onStream runs do with a JetStream client that is closed afterwards.
func onStream(t *testing.T, s *NATS, do func(jetstream.JetStream)) {
	t.Helper()
	conn, err := nats.Connect(s.URL)
	must(t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	must(t, err)
	do(js)
}

func TestNATSLife(t *testing.T) {
	for name, separate := range map[string]bool{"embedded": false, "separate": true} {
		t.Run(name, func(t *testing.T) {
			s, err := StartNATS(t.Context(), NATSOptions{Separate: separate, Config: "max_payload: 1KB"})
			must(t, err)
			defer s.Close()
			if (s.PID() != 0) != separate {
				t.Errorf("PID is %d", s.PID())
			}
			onStream(t, s, func(js jetstream.JetStream) {
				if got := js.Conn().MaxPayload(); got != 1024 {
					t.Errorf("max_payload is %d", got)
				}
				_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "TRAIL", Subjects: []string{"trail.>"}})
				must(t, err)
				_, err = js.Publish(t.Context(), "trail.a", []byte("kept"))
				must(t, err)
			})
			if err := s.Start(t.Context()); err == nil {
				t.Error("a second Start of a running server was accepted")
			}
			endNATS(t, s, separate)
			must(t, s.Start(t.Context()))
			onStream(t, s, func(js jetstream.JetStream) {
				stream, err := js.Stream(t.Context(), "TRAIL")
				must(t, err)
				if n := stream.CachedInfo().State.Msgs; n != 1 {
					t.Errorf("%d messages after a restart, want 1", n)
				}
			})
			must(t, s.Close())
			if exists(s.DataDir) {
				t.Errorf("temporary folder %s is left", s.DataDir)
			}
		})
	}
}

// endNATS kills where a kill is possible, and stops otherwise.
func endNATS(t *testing.T, s *NATS, separate bool) {
	t.Helper()
	err := s.Kill()
	if separate {
		must(t, err)
		return
	}
	wantError(t, err, "start it with Separate")
	must(t, s.Stop(t.Context()))
	must(t, s.Stop(t.Context()))
}

func TestNATSStartErrors(t *testing.T) {
	for name, separate := range map[string]bool{"embedded": false, "separate": true} {
		t.Run(name, func(t *testing.T) {
			_, err := StartNATS(t.Context(), NATSOptions{Separate: separate, Config: "no_such_key: 1"})
			wantError(t, err, "no_such_key")
			_, err = StartNATS(t.Context(), NATSOptions{Separate: separate, Port: listen(t)})
			wantError(t, err, "choose another port")
		})
	}
}
