package capture

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/waltrail/waltrail/internal/loopback"
)

// The values of Config.Snapshot.
const (
	// SnapshotInitial records the existing rows once, before the changes.
	SnapshotInitial = "initial"
	// SnapshotNever records changes only.
	SnapshotNever = "never"
)

// Config is the section "postgres" of the configuration file.
type Config struct {
	// DSN is a URL or key=value connection string. It may hold a password: never print it.
	DSN string `yaml:"dsn"`
	// PasswordFile holds the password; it is read again at each connect.
	PasswordFile string `yaml:"password_file,omitempty"`
	// Slot and Publication default to waltrail_<system>.
	Slot        string `yaml:"slot,omitempty"`
	Publication string `yaml:"publication,omitempty"`
	// Snapshot is SnapshotInitial (default) or SnapshotNever.
	Snapshot string `yaml:"snapshot,omitempty"`

	// System is the name of the audited system.
	System string `yaml:"-"`
	// Tables are the audited tables as schema.table, unquoted; an asterisk
	// stands for any characters.
	Tables []string `yaml:"-"`
}

// SetDefaults fills what the file left out.
func (c *Config) SetDefaults(system string) {
	c.System = system
	if c.Slot == "" {
		c.Slot = "waltrail_" + system
	}
	if c.Publication == "" {
		c.Publication = "waltrail_" + system
	}
	if c.Snapshot == "" {
		c.Snapshot = SnapshotInitial
	}
}

// maxName is the longest name that PostgreSQL keeps whole, in bytes.
const maxName = 63

// Validate returns all mistakes at once, each naming its key. It opens no connection.
func (c *Config) Validate() error {
	var errs []error
	wrong := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("postgres."+key+": "+format, args...))
	}
	if err := c.validateDSN(); err != nil {
		wrong("dsn", "%w", err)
	}
	if !regexp.MustCompile(`^[a-z0-9_]{1,63}$`).MatchString(c.Slot) {
		wrong("slot", "%q: want 1 to 63 of a-z, 0-9 and _", c.Slot)
	}
	if c.Publication == "" || len(c.Publication) > maxName || strings.ContainsRune(c.Publication, 0) {
		wrong("publication", "%q: want 1 to 63 bytes", c.Publication)
	}
	if c.Snapshot != SnapshotInitial && c.Snapshot != SnapshotNever {
		wrong("snapshot", "%q: want initial or never", c.Snapshot)
	}
	return errors.Join(errs...)
}

func (c *Config) validateDSN() error {
	if c.DSN == "" {
		return errors.New("missing: want postgres://user@host/database?sslmode=verify-full")
	}
	cc, err := pgx.ParseConfig(c.DSN)
	if err != nil {
		return err // pgx leaves the password out
	}
	if cc.Database == "" {
		return errors.New("names no database; logical replication belongs to one")
	}
	if c.PasswordFile != "" && strings.Contains(c.DSN, "password=") || c.PasswordFile != "" && urlPassword(c.DSN) {
		return errors.New("has a password, and postgres.password_file too: keep the file")
	}
	explicit := strings.Contains(c.DSN, "sslmode=") || os.Getenv("PGSSLMODE") != ""
	if !explicit && !local(cc.Host) {
		return fmt.Errorf("host %s is not this machine: say sslmode=verify-full (or, knowingly, a weaker one)", cc.Host)
	}
	return nil
}

// urlPassword reports whether a URL has user:password@.
func urlPassword(dsn string) bool {
	_, rest, ok := strings.Cut(dsn, "://")
	if !ok {
		return false
	}
	authority, _, _ := strings.Cut(rest, "/")
	user, _, hasUser := strings.Cut(authority, "@")
	return hasUser && strings.Contains(user, ":")
}

// local reports whether traffic to host stays on this machine.
func local(host string) bool {
	return strings.HasPrefix(host, "/") || loopback.Host(host) // a path is a Unix socket
}
