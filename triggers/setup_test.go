package triggers

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/waltrail/waltrail/internal/check"
	"github.com/waltrail/waltrail/internal/devstack"
	"github.com/waltrail/waltrail/internal/testenv"
)

func TestSetupCreatesTheStream(t *testing.T) {
	f := connect(t, testenv.NATS(t), []Rule{{Name: "a", Subject: "crm.a"}, {Name: "b", Subject: "trail.b"}}, nil)
	for range 2 {
		if err := f.Setup(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	cfg := f.info(t).Config
	if diff := cmp.Diff([]string{"trail.>", "crm.a"}, cfg.Subjects); diff != "" {
		t.Errorf("subjects (-want +got):\n%s", diff)
	}
	if cfg.Storage != jetstream.FileStorage || cfg.Replicas != 1 || cfg.Duplicates != 10*time.Minute || cfg.MaxAge != 0 {
		t.Errorf("stream %+v", cfg)
	}
}

func TestSetupPlanIsTheStream(t *testing.T) {
	f := connect(t, testenv.NATS(t), nil, func(c *Config) { c.Stream = "AUDIT" })
	text, err := f.SetupPlan()
	if err != nil {
		t.Fatal(err)
	}
	var cfg jetstream.StreamConfig
	if err := json.Unmarshal(text, &cfg); err != nil || cfg.Name != "AUDIT" || cfg.Subjects[0] != "trail.>" {
		t.Errorf("plan %s (%v)", text, err)
	}
}

// TestSetupNeverChanges: a stream that exists belongs to the operator.
func TestSetupNeverChanges(t *testing.T) {
	for _, tc := range []struct {
		name string
		cfg  jetstream.StreamConfig
		want string // of the error
	}{
		{"it fits", jetstream.StreamConfig{Name: "TRAIL", Subjects: []string{"trail.*.>", "crm.>"}, MaxAge: time.Hour, Storage: jetstream.MemoryStorage}, ""},
		{"not our subjects", jetstream.StreamConfig{Name: "TRAIL", Subjects: []string{"trail.other.>", "crm.a"}}, "does not take trail."},
		{"not the rule's subject", jetstream.StreamConfig{Name: "TRAIL", Subjects: []string{"trail.>"}}, "does not take crm.a: run `nats stream edit TRAIL --subjects=\"trail.>,crm.a\"`"},
		{"acknowledges nothing", jetstream.StreamConfig{Name: "TRAIL", Subjects: []string{"trail.>", "crm.a"}, NoAck: true}, "no_ack"},
		{"the subjects are another's", jetstream.StreamConfig{Name: "OTHER", Subjects: []string{"trail.>"}}, "another stream takes these subjects"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := connect(t, testenv.NATS(t), []Rule{{Name: "a", Subject: "crm.a"}}, nil)
			js := f.bus.JetStream(t)
			before, err := js.CreateStream(t.Context(), tc.cfg)
			if err != nil {
				t.Fatal(err)
			}
			checkMistake(t, f.Setup(t.Context()), tc.want)
			after, err := js.Stream(t.Context(), tc.cfg.Name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before.CachedInfo().Config, after.CachedInfo().Config); diff != "" {
				t.Errorf("the stream was changed (-before +after):\n%s", diff)
			}
		})
	}
}

// worst sums up a report: the status of each line that is not OK.
func worst(results []check.Result) string {
	var lines []string
	for _, r := range results {
		if r.Status != check.OK {
			lines = append(lines, string(r.Status)+" "+strings.TrimPrefix(r.Name, "nats: "))
			if r.Cure == "" {
				lines = append(lines, "(without a cure)")
			}
		}
	}
	return strings.Join(lines, "; ")
}

func TestCheck(t *testing.T) {
	good := jetstream.StreamConfig{Name: "TRAIL", Subjects: []string{"trail.>"}, Duplicates: 10 * time.Minute, MaxAge: 24 * time.Hour}
	with := func(edit func(*jetstream.StreamConfig)) *jetstream.StreamConfig {
		cfg := good
		edit(&cfg)
		return &cfg
	}
	for _, tc := range []struct {
		name   string
		server string
		stream *jetstream.StreamConfig
		want   string
	}{
		{"all is well", "", &good, ""},
		{"no stream", "", nil, "failure stream TRAIL"},
		{"memory", "", with(func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage }), "warning stream TRAIL: storage"},
		{"subjects", "", with(func(c *jetstream.StreamConfig) { c.Subjects = []string{"x"} }), "failure stream TRAIL: subjects"},
		{"short window", "", with(func(c *jetstream.StreamConfig) { c.Duplicates = time.Second }), "warning stream TRAIL: duplicate window"},
		{"grows for ever", "", with(func(c *jetstream.StreamConfig) { c.MaxAge = 0 }), "warning stream TRAIL: limits"},
		{"forgets soon", "", with(func(c *jetstream.StreamConfig) { c.MaxAge = 10 * time.Minute }), "warning stream TRAIL: limits"},
		{"refuses when full", "", with(func(c *jetstream.StreamConfig) { c.MaxMsgs, c.Discard = 9, jetstream.DiscardNew }), "warning stream TRAIL: limits"},
		{"small payload", "max_payload: 64KB", &good, "warning max_payload"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bus := testenv.NATSServer(t, devstack.NATSOptions{Config: tc.server})
			f := connect(t, bus, nil, nil)
			if tc.stream != nil {
				if _, err := bus.JetStream(t).CreateStream(t.Context(), *tc.stream); err != nil {
					t.Fatal(err)
				}
			}
			if got := worst(f.Check(t.Context())); got != tc.want {
				t.Errorf("report %q, want %q", got, tc.want)
			}
		})
	}
}

func TestCheckWithoutServer(t *testing.T) {
	bus := testenv.NATS(t)
	if err := bus.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := connect(t, bus, nil, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if got := worst(f.Check(ctx)); got != "failure connection" {
		t.Errorf("report %q", got)
	}
}
