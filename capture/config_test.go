package capture

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDefaults(t *testing.T) {
	c := Config{DSN: "postgres://x@localhost/shop"}
	c.SetDefaults("shop")
	if c.Slot != "waltrail_shop" || c.Publication != "waltrail_shop" || c.Snapshot != SnapshotInitial {
		t.Errorf("got %+v", c)
	}
	if err := c.Validate(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	c = Config{Slot: "s", Publication: "p", Snapshot: SnapshotNever}
	c.SetDefaults("shop")
	if c.Slot != "s" || c.Publication != "p" || c.Snapshot != SnapshotNever {
		t.Errorf("defaults replaced what was given: %+v", c)
	}
}

func TestValidate(t *testing.T) {
	t.Setenv("PGSSLMODE", "")
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string // empty for no error
	}{
		{"socket", func(c *Config) { c.DSN = "host=/run/postgresql dbname=shop" }, ""},
		{"loopback", func(c *Config) { c.DSN = "postgres://x@[::1]/shop" }, ""},
		{"elsewhere, verified", func(c *Config) { c.DSN = "postgres://x@db/shop?sslmode=verify-full" }, ""},
		{"elsewhere, knowingly weak", func(c *Config) { c.DSN = "postgres://x@db/shop?sslmode=disable" }, ""},
		{"elsewhere, unsaid", func(c *Config) { c.DSN = "postgres://x@db/shop" }, "postgres.dsn: host db"},
		{"no dsn", func(c *Config) { c.DSN = "" }, "postgres.dsn: missing"},
		{"unreadable dsn", func(c *Config) { c.DSN = "postgres://x:hunter2@db:port/shop" }, "postgres.dsn: "},
		{"no database", func(c *Config) { c.DSN = "postgres://localhost" }, "postgres.dsn: names no database"},
		{"two passwords, URL", func(c *Config) { c.DSN, c.PasswordFile = "postgres://x:y@localhost/shop", "f" }, "postgres.dsn: has a password"},
		{"two passwords, words", func(c *Config) { c.DSN, c.PasswordFile = "host=localhost dbname=shop password=y", "f" }, "postgres.dsn: has a password"},
		{"slot", func(c *Config) { c.Slot = "My-Slot" }, "postgres.slot: "},
		{"publication", func(c *Config) { c.Publication = strings.Repeat("p", 64) }, "postgres.publication: "},
		{"snapshot", func(c *Config) { c.Snapshot = "maybe" }, "postgres.snapshot: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := Config{DSN: "postgres://x@localhost/shop"}
			cfg.SetDefaults("shop")
			c.change(&cfg)
			err := cfg.Validate()
			if c.want == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			wantError(t, err, c.want)
			if strings.Contains(err.Error(), "hunter2") {
				t.Error("the error discloses the password")
			}
		})
	}
	var none Config
	if err := none.Validate(); strings.Count(err.Error(), "postgres.") != 4 {
		t.Errorf("want all mistakes at once, got: %v", err)
	}
}

// TestPasswordFile: the file is read at each connect, so that a rotated password is found.
func TestPasswordFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	cfg := Config{DSN: "postgres://x@localhost/shop", PasswordFile: file}
	cfg.SetDefaults("shop")
	for _, password := range []string{"first", "second with space "} {
		if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cc, err := cfg.connConfig()
		if err != nil || cc.Password != password {
			t.Errorf("password %q, %v, want %q", cc.Password, err, password)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	_, err := cfg.connConfig()
	wantError(t, err, "postgres.password_file")
}
