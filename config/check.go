package config

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/parser"

	"github.com/waltrail/waltrail/config/internal/strict"
	"github.com/waltrail/waltrail/document"
	"github.com/waltrail/waltrail/internal/loopback"
	"github.com/waltrail/waltrail/transform"
	"github.com/waltrail/waltrail/triggers"
)

var (
	systemName = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)
	retention  = regexp.MustCompile(`^([1-9][0-9]{0,3}[dwmy]|forever)$`)
)

// check adds every mistake of the content to src.
func (c *Config) check(src *strict.Source) {
	k := checker{src: src}
	switch {
	case c.System == "":
		k.add("system", "is missing; name the audited system, as in system: shop")
	case !systemName.MatchString(c.System):
		k.add("system", "%q must be 1 to 32 of a-z, 0-9 and _, because it is part of index names and subjects", c.System)
	}
	if len(c.Entities) == 0 {
		k.add("entities", "is missing; name at least one table, as in entities: {contact: {table: public.contacts}}")
	}
	k.station(c.Postgres.Validate())
	k.station(c.Elasticsearch.Validate())
	k.station(c.NATS.Validate())
	k.station(c.transformForCheck().Validate())
	k.station(triggers.ValidateRules(c.Triggers, c.EntityNames()))
	k.http(c)
	k.groups(c)
	k.visibility(c)
	k.others(c)
}

// transformForCheck stands in for Transform: checking a file must not need its secrets.
func (c *Config) transformForCheck() *transform.Config {
	t := &transform.Config{System: c.System, Entities: c.Entities, MaxValue: c.MaxValueBytes}
	if c.MaskKeyFile != "" {
		t.MaskKey = make([]byte, minMaskKey)
	}
	return t
}

// checker turns mistakes into problems with lines.
type checker struct {
	src *strict.Source
}

// add reports a mistake, unless reading the key failed already: what stands
// there then is a default, not what the file says.
func (k checker) add(key, format string, args ...any) {
	if k.src.Wrong(key) {
		return
	}
	// The expression library draws the place below its message; one mistake is one line here.
	message, _, _ := strings.Cut(fmt.Sprintf(format, args...), "\n")
	k.src.Add(key, "%s", message)
}

// keyed is the form of the stations' messages: the key, perhaps with a name in
// brackets after it, and a colon.
var keyed = regexp.MustCompile(`(?s)^([A-Za-z0-9_.\[\]-]+)(?: \([^)]*\))?([A-Za-z0-9_.\[\]-]*): (.*)$`)

// station adds the joined errors of a station's Validate.
func (k checker) station(err error) {
	if err == nil {
		return
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			k.station(e)
		}
		return
	}
	var byKey *transform.KeyError
	if errors.As(err, &byKey) {
		k.add(byKey.Key, "%s", byKey.Problem)
		return
	}
	if m := keyed.FindStringSubmatch(err.Error()); m != nil {
		k.add(m[1]+m[2], "%s", m[3])
		return
	}
	k.add("", "%s", err.Error())
}

func (k checker) http(c *Config) {
	host, port, err := net.SplitHostPort(c.HTTP.Listen)
	if n, bad := strconv.Atoi(port); err != nil || bad != nil || n < 0 || n > 65535 {
		k.add("http.listen", "%q is not an address to listen on; write it as in 127.0.0.1:8080", c.HTTP.Listen)
		return
	}
	if loopback.Host(host) || c.HTTP.Insecure {
		return
	}
	if c.Auth == (Auth{}) {
		k.add("http.listen", "%q can be reached from other machines, which needs auth; configure auth, listen on 127.0.0.1, or set http.insecure: true where the network is trusted", c.HTTP.Listen)
	}
}

func (k checker) groups(c *Config) {
	for name, g := range c.IndexGroups {
		key := "index_groups." + name
		if !systemName.MatchString(name) {
			k.add(key, "a group's name is 1 to 32 of a-z, 0-9 and _, because it is part of index names")
		}
		if slices.Contains(reservedGroups(), name) {
			k.add(key, "%s is the name of indices of Waltrail's own; choose another", name)
		}
		k.oneOf(key+".period", g.Period, "month")
		if g.Retention != "" && !retention.MatchString(g.Retention) {
			k.add(key+".retention", "%q is not a time to keep documents; write 90d, 12w, 24m, 2y or forever", g.Retention)
		}
	}
	for name, e := range c.Entities {
		if e == nil || e.Group() == transform.DefaultIndexGroup {
			continue
		}
		if _, ok := c.IndexGroups[e.Group()]; !ok {
			k.add("entities."+name+".index_group", "%q is not one of the index_groups; add it there", e.Group())
		}
	}
}

// reservedGroups are the names that would make a group's indices look like
// others of the same system.
func reservedGroups() []string { return []string{"receipts", "quarantine", "alerts"} }

func (k checker) visibility(c *Config) {
	for name, p := range c.Visibility.Profiles {
		key := "visibility.profiles." + name
		k.oneOf(key+".default", p.Default, "show", "mask", "hide")
		for i, r := range p.Rules {
			k.visibilityRule(key+".rules["+strconv.Itoa(i)+"]", r)
		}
	}
}

func (k checker) visibilityRule(key string, r VisibilityRule) {
	if r.Action == "" {
		k.add(key+".action", "is missing; say show, mask or hide")
	}
	k.oneOf(key+".action", r.Action, "show", "mask", "hide")
	for i, t := range r.Changes {
		k.oneOf(key+".changes["+strconv.Itoa(i)+"]", t, changeTypes()...)
	}
	if r.When == "" {
		return
	}
	if _, err := parser.Parse(r.When); err != nil {
		k.add(key+".when", "is not an expression: %v", err)
	}
}

// changeTypes lists trail.change.type.
func changeTypes() []string {
	return []string{
		string(document.Created), string(document.Changed), string(document.Deleted), string(document.SoftDeleted),
		string(document.Archived), string(document.Restored), string(document.Reverted), string(document.Truncated),
		string(document.Snapshot), string(document.EventLogged), string(document.Email), string(document.Access),
		string(document.Schema), string(document.Gap),
	}
}

// oneOf checks a word; empty is the default and always right.
func (k checker) oneOf(key, word string, words ...string) {
	if word != "" && !slices.Contains(words, word) {
		k.add(key, "%q is not known; use %s", word, strings.Join(words, ", "))
	}
}

func (k checker) others(c *Config) {
	if c.MaxValueBytes < minMaxValue || c.MaxValueBytes > maxMaxValue {
		k.add("max_value_bytes", "%d is out of range: %d to %d", c.MaxValueBytes, minMaxValue, maxMaxValue)
	}
	if o := c.Auth.OIDC; o != (OIDC{}) && (o.Issuer == "" || o.ClientID == "") {
		k.add("auth.oidc", "issuer and client_id belong together; give both")
	}
	if c.Watchdog.Interval < time.Minute {
		k.add("watchdog.interval", "%v is too short for a full comparison; use at least 1m", c.Watchdog.Interval)
	}
	if c.Watchdog.Health < time.Second {
		k.add("watchdog.health", "%v is too short; use at least 1s", c.Watchdog.Health)
	}
}
