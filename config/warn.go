package config

import (
	"reflect"

	"github.com/waltrail/waltrail/capture"
)

// Warnings lists what the file asks for and does not get: keys that this
// version reads and checks but does not act on yet. None of them is a mistake.
func (c *Config) Warnings() []string {
	var w []string
	warn := func(key, text string) { w = append(w, key+": "+text) }
	zero := &Config{}
	zero.Watchdog.setDefaults()
	if c.Postgres.Snapshot == capture.SnapshotInitial {
		warn("postgres.snapshot", "initial is not in effect in this version; rows that exist already get no baseline, say never to confirm that")
	}
	if !reflect.DeepEqual(c.Visibility, zero.Visibility) {
		warn("visibility", "not in effect in this version; whoever can read the index sees everything recorded")
	}
	if c.Auth != zero.Auth {
		warn("auth", "not in effect in this version; the daemon serves health and metrics only, and to everybody who reaches it")
	}
	if c.Watchdog != zero.Watchdog {
		warn("watchdog", "not in effect in this version; nothing compares database and index yet")
	}
	for _, g := range c.IndexGroups {
		if g.Retention != "" && g.Retention != "forever" {
			warn("index_groups", "retention is not in effect in this version; nothing is dropped")
			break
		}
	}
	return w
}
