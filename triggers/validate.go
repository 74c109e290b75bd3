package triggers

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/waltrail/waltrail/document"
	"github.com/waltrail/waltrail/internal/loopback"
)

// Validate returns all mistakes of the section, joined, each naming its key.
// Call it after SetDefaults.
func (c *Config) Validate() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("nats."+key+": "+format, args...))
	}
	for _, raw := range c.servers() {
		if problem := c.checkServer(raw); problem != "" {
			bad("url", "%s", problem)
		}
	}
	if c.CredentialsFile != "" && c.NKeyFile != "" {
		bad("credentials_file", "give either credentials_file or nkey_file, not both")
	}
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		bad("tls", "cert_file and key_file belong together: give both or none")
	}
	if c.Stream == "" || strings.ContainsAny(c.Stream, " \t\r\n.*>/\\") {
		bad("stream", "%q cannot be a stream's name: leave out spaces, dots, *, > and slashes", c.Stream)
	}
	if c.Replicas < 1 || c.Replicas > 5 {
		bad("replicas", "%d is not between 1 and 5", c.Replicas)
	}
	if c.DuplicateWindow < 0 {
		bad("duplicate_window", "must not be negative")
	}
	if c.MaxPending < 1 || c.MaxPending > 1<<16 {
		bad("max_pending", "%d is not between 1 and 65536 messages", c.MaxPending)
	}
	if c.MaxPendingBytes < 1<<10 {
		bad("max_pending_bytes", "%d is too small: give at least 1024 bytes", c.MaxPendingBytes)
	}
	return errors.Join(errs...)
}

// servers splits URL.
func (c *Config) servers() []string {
	servers := strings.Split(c.URL, ",")
	for i := range servers {
		servers[i] = strings.TrimSpace(servers[i])
	}
	return servers
}

// checkServer says what is wrong with a server's URL, without repeating it: it
// may hold a password.
func (c *Config) checkServer(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return "not a server's address: write it as in nats://host:4222"
	}
	switch u.Scheme {
	case "nats", "tls", "ws", "wss":
		return ""
	}
	return fmt.Sprintf("unknown scheme %q: use nats, tls, ws or wss", u.Scheme)
}

// requiresTLS says that the connection must be encrypted, whatever the scheme of
// the URL: beyond this machine it always is, unless that is given up by name.
func (c *Config) requiresTLS() bool {
	if c.TLS != (TLS{}) {
		return true
	}
	for _, raw := range c.servers() {
		if u, err := url.Parse(raw); err == nil && !loopback.Host(u.Hostname()) {
			return !c.Insecure
		}
	}
	return false
}

// ruleName is what stands in a header and a message id without escapes.
const ruleName = `^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`

// ValidateRules returns all mistakes of the rules, joined, each naming its key.
// Entities are those configured; nil leaves the rules' entities unchecked.
func ValidateRules(rules []Rule, entities []string) error {
	var errs []error
	if len(rules) > maxRules {
		errs = append(errs, fmt.Errorf("triggers: %d rules are more than the %d that are supported", len(rules), maxRules))
	}
	seen := map[string]bool{}
	for i := range rules {
		r := &rules[i]
		where := fmt.Sprintf("triggers[%d]", i)
		if r.Name != "" {
			where += " (" + r.Name + ")"
		}
		for _, problem := range r.problems(entities) {
			errs = append(errs, fmt.Errorf("%s.%w", where, problem))
		}
		if seen[r.Name] {
			errs = append(errs, fmt.Errorf("%s.name: another rule has the same name; names are unique", where))
		}
		seen[r.Name] = true
	}
	return errors.Join(errs...)
}

// problems lists what is wrong with a rule, each beginning with its key.
func (r *Rule) problems(entities []string) []error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if ok, _ := regexp.MatchString(ruleName, r.Name); !ok {
		bad("name: %q must be 1 to 64 letters, digits, - or _", r.Name)
	}
	for _, word := range r.On {
		switch {
		case neverFire(document.Type(word)):
			bad("on: %s never fires a trigger; take it out", word)
		case included(word) == nil:
			bad("on: unknown change type %q: use created, changed, deleted, soft_deleted, archived, restored, reverted, truncated, event, email, schema or gap", word)
		}
	}
	for _, entity := range r.Entities {
		if entities != nil && !slices.Contains(entities, entity) {
			bad("entities: %q is not configured under entities", entity)
		}
	}
	if r.Subject != "" && !isLiteralSubject(r.Subject) {
		bad("subject: %q cannot be published to: use words with dots between, without spaces, * or >, and not beginning with $ or _", r.Subject)
	}
	if _, err := compile(r.When); err != nil {
		bad("when: %w", err)
	}
	return errs
}
