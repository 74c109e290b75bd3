package config

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/waltrail/waltrail/capture"
	"github.com/waltrail/waltrail/indexer"
	"github.com/waltrail/waltrail/transform"
	"github.com/waltrail/waltrail/triggers"
)

// Config is the whole file, with defaults applied. It is not changed after Load.
type Config struct {
	// System names the audited system in indices and subjects.
	System        string                       `yaml:"system"`
	Postgres      capture.Config               `yaml:"postgres"`
	Elasticsearch indexer.Config               `yaml:"elasticsearch"`
	NATS          triggers.Config              `yaml:"nats"`
	HTTP          HTTP                         `yaml:"http"`
	Entities      map[string]*transform.Entity `yaml:"entities"`
	// MaskKeyFile holds the secret of the hmac mask.
	MaskKeyFile string `yaml:"mask_key_file"`
	// MaxValueBytes is the size above which a recorded value is cut.
	MaxValueBytes int                   `yaml:"max_value_bytes"`
	IndexGroups   map[string]IndexGroup `yaml:"index_groups"`
	Triggers      []triggers.Rule       `yaml:"triggers"`
	Visibility    Visibility            `yaml:"visibility"`
	Auth          Auth                  `yaml:"auth"`
	Watchdog      Watchdog              `yaml:"watchdog"`
}

// HTTP is the daemon's own server.
type HTTP struct {
	// Listen is host:port; port 0 takes a free one.
	Listen string `yaml:"listen"`
	// Insecure allows an address beyond this machine without auth.
	Insecure bool `yaml:"insecure"`
}

const (
	defaultListen = "127.0.0.1:8080"
	// minMaxValue keeps identifiers and labels whole.
	minMaxValue = 1 << 10
	// maxMaxValue keeps a document of one such value below a bulk request's limit.
	maxMaxValue = 16 << 20
)

// setDefaults fills what the file left out, here and in the stations' sections.
func (c *Config) setDefaults() {
	if c.HTTP.Listen == "" {
		c.HTTP.Listen = defaultListen
	}
	if c.MaxValueBytes == 0 {
		c.MaxValueBytes = transform.DefaultMaxValue
	}
	c.Watchdog.setDefaults()
	system := c.System
	if !systemName.MatchString(system) {
		system = "" // a name that is wrong is reported once, not again where it would be a default
	}
	c.Postgres.SetDefaults(system)
	c.Elasticsearch.SetDefaults()
	c.NATS.SetDefaults()
	c.Postgres.Tables, c.NATS.Silent = nil, nil
	for _, name := range c.EntityNames() {
		e := c.Entities[name]
		if e == nil || e.Table == "" {
			continue
		}
		c.Postgres.Tables = append(c.Postgres.Tables, qualified(e.Table))
		if !e.TriggersOn() {
			c.NATS.Silent = append(c.NATS.Silent, name)
		}
	}
}

// qualified returns schema.table of a table that may lack its schema.
func qualified(table string) string {
	if strings.Contains(table, ".") {
		return table
	}
	return "public." + table
}

// EntityNames returns the entities' names in order.
func (c *Config) EntityNames() []string {
	names := make([]string, 0, len(c.Entities))
	for name := range c.Entities {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Label returns an entity's name for people.
func (c *Config) Label(entity string) string {
	if e := c.Entities[entity]; e != nil && e.Label != "" {
		return e.Label
	}
	return entity
}

// Labels returns the names for people of all entities, by name.
func (c *Config) Labels() map[string]string {
	labels := make(map[string]string, len(c.Entities))
	for name := range c.Entities {
		labels[name] = c.Label(name)
	}
	return labels
}

// Transform returns what the transformer works by, and reads the mask's secret
// from its file.
func (c *Config) Transform() (transform.Config, error) {
	t := transform.Config{System: c.System, Entities: c.Entities, MaxValue: c.MaxValueBytes}
	if c.MaskKeyFile == "" {
		return t, nil
	}
	key, err := os.ReadFile(c.MaskKeyFile)
	if err != nil {
		return t, fmt.Errorf("mask_key_file: %w", err)
	}
	t.MaskKey = []byte(strings.TrimSpace(string(key)))
	if len(t.MaskKey) < minMaskKey {
		return t, fmt.Errorf("mask_key_file: %s holds less than %d characters; make a secret with: openssl rand -hex 32", c.MaskKeyFile, minMaskKey)
	}
	return t, nil
}

// minMaskKey is the shortest secret of the hmac mask, in bytes. A phone number
// under a guessable key is not masked.
const minMaskKey = 16

// TriggerRules returns the rules of the file; package triggers has the one that
// holds where there is none.
func (c *Config) TriggerRules() []triggers.Rule { return c.Triggers }
