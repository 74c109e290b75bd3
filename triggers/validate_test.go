package triggers

import (
	"strings"
	"testing"
	"time"
)

func TestConfigDefaultsAreValid(t *testing.T) {
	var c Config
	c.SetDefaults()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if c.Stream != "TRAIL" || c.DuplicateWindow != 10*time.Minute || c.MaxPending != 4000 || c.MaxPendingBytes != 16<<20 {
		t.Errorf("defaults are %+v", c)
	}
}

func TestConfigMistakes(t *testing.T) {
	for _, tc := range []struct {
		name string
		edit func(*Config)
		want string // empty: valid
	}{
		{"TLS beyond this machine", func(c *Config) { c.URL = "tls://nats:4222" }, ""},
		{"several servers", func(c *Config) { c.URL = "tls://a:4222, tls://b:4222" }, ""},
		{"plain scheme beyond this machine", func(c *Config) { c.URL = "nats://nats:4222" }, ""},
		{"loopback by number", func(c *Config) { c.URL = "nats://[::1]:4222" }, ""},
		{"no scheme", func(c *Config) { c.URL = "nats:4222" }, "nats.url: not a server's address"},
		{"foreign scheme", func(c *Config) { c.URL = "http://127.0.0.1:4222" }, `nats.url: unknown scheme "http"`},
		{"two credentials", func(c *Config) { c.CredentialsFile, c.NKeyFile = "a", "b" }, "nats.credentials_file"},
		{"half a certificate", func(c *Config) { c.TLS.CertFile = "a" }, "nats.tls: cert_file and key_file"},
		{"stream with a dot", func(c *Config) { c.Stream = "a.b" }, `nats.stream: "a.b"`},
		{"too many replicas", func(c *Config) { c.Replicas = 6 }, "nats.replicas"},
		{"negative window", func(c *Config) { c.DuplicateWindow = -1 }, "nats.duplicate_window"},
		{"no pending messages", func(c *Config) { c.MaxPending = -1 }, "nats.max_pending"},
		{"few pending bytes", func(c *Config) { c.MaxPendingBytes = 10 }, "nats.max_pending_bytes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var c Config
			c.SetDefaults()
			tc.edit(&c)
			checkMistake(t, c.Validate(), tc.want)
		})
	}
}

func TestPasswordStaysOutOfErrors(t *testing.T) {
	for _, raw := range []string{"http://user:hunter2@nats:4222", "nats://user:hunter2@na ts", "user:hunter2@nats"} {
		c := Config{URL: raw}
		c.SetDefaults()
		err := c.Validate()
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("error %v, want one without the password", err)
		}
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	c := Config{URL: "http://x", Stream: "a b", Replicas: 9}
	c.SetDefaults()
	err := c.Validate()
	for _, key := range []string{"nats.url", "nats.stream", "nats.replicas"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%v does not name %s", err, key)
		}
	}
}

func TestRuleMistakes(t *testing.T) {
	for _, tc := range []struct {
		name string
		rule Rule
		want string
	}{
		{"the example of the documentation", Rule{
			Name: "phone-changed", On: []string{"changed"}, Entities: []string{"contact"},
			When: `"phone" in fields and origin.interface != "import"`, Subject: "crm.contact.phone",
		}, ""},
		{"no name", Rule{}, "triggers[0].name"},
		{"name with a slash", Rule{Name: "a/b"}, "triggers[0] (a/b).name"},
		{"unknown change type", Rule{Name: "a", On: []string{"updated"}}, `triggers[0] (a).on: unknown change type "updated"`},
		{"snapshot", Rule{Name: "a", On: []string{"snapshot"}}, "on: snapshot never fires"},
		{"unknown entity", Rule{Name: "a", Entities: []string{"contcat"}}, `entities: "contcat"`},
		{"subject with a wildcard", Rule{Name: "a", Subject: "crm.>"}, "subject: "},
		{"subject of the server", Rule{Name: "a", Subject: "$JS.API.x"}, "subject: "},
		{"empty token", Rule{Name: "a", Subject: "a..b"}, "subject: "},
		{"syntax", Rule{Name: "a", When: `"phone" in`}, "(1:"},
		{"unknown name", Rule{Name: "a", When: `colour == "red"`}, "unknown name colour (1:1)"},
		{"unknown member", Rule{Name: "a", When: `user.phone == ""`}, "(1:6)"},
		{"no condition", Rule{Name: "a", When: `user.name`}, "when: expected bool"},
		{"perhaps no condition", Rule{Name: "a", When: `old("x")`}, "when: expected bool"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			checkMistake(t, ValidateRules([]Rule{tc.rule}, []string{"contact"}), tc.want)
		})
	}
}

func TestRuleNamesAreUnique(t *testing.T) {
	checkMistake(t, ValidateRules([]Rule{{Name: "a"}, {Name: "a"}}, nil), "triggers[1] (a).name: another rule")
}

func TestTooManyRules(t *testing.T) {
	checkMistake(t, ValidateRules(make([]Rule, maxRules+1), nil), "triggers: 65 rules")
}

func checkMistake(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("unexpected: %v", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("error %v, want one with %q", err, want)
	}
}

func TestTLSIsRequiredBeyondThisMachine(t *testing.T) {
	for _, tc := range []struct {
		name string
		cfg  Config
		want bool
	}{
		{"loopback", Config{URL: "nats://127.0.0.1:4222"}, false},
		{"loopback with a TLS section", Config{URL: "nats://127.0.0.1:4222", TLS: TLS{CAFile: "ca.pem"}}, true},
		{"another machine", Config{URL: "nats://nats:4222"}, true},
		{"the second of several", Config{URL: "nats://localhost:4222,nats://nats:4222"}, true},
		{"another machine, given up by name", Config{URL: "nats://nats:4222", Insecure: true}, false},
	} {
		if got := tc.cfg.requiresTLS(); got != tc.want {
			t.Errorf("%s: TLS required: %v, want %v", tc.name, got, tc.want)
		}
	}
}
