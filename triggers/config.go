package triggers

import (
	"time"

	"github.com/waltrail/waltrail/document"
)

// Config says where and how triggers are published.
type Config struct {
	// URL is the server, or several with commas between: nats://host:4222, tls://, ws://, wss://.
	URL string `yaml:"url"`
	// CredentialsFile (JWT and seed) or NKeyFile (seed); read again at every connection.
	CredentialsFile string `yaml:"credentials_file"`
	NKeyFile        string `yaml:"nkey_file"`
	TLS             TLS    `yaml:"tls"`
	// Insecure allows a connection beyond this machine without TLS. Otherwise
	// TLS is required there, with nats:// as well as with tls://.
	Insecure bool `yaml:"insecure"`

	// Stream is created when missing, with the two settings below, and never changed.
	Stream   string `yaml:"stream"`
	Replicas int    `yaml:"replicas"`
	// DuplicateWindow is how long the server drops repetitions of a message.
	DuplicateWindow time.Duration `yaml:"duplicate_window"`

	// MaxPending and MaxPendingBytes bound what is sent and not yet acknowledged.
	MaxPending      int `yaml:"max_pending"`
	MaxPendingBytes int `yaml:"max_pending_bytes"`

	// Silent are the entities with "triggers: false".
	Silent []string `yaml:"-"`
}

// TLS is how a server is verified and how we identify ourselves. Files are PEM.
type TLS struct {
	CAFile   string `yaml:"ca_file"`
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

// Rule says for which documents a trigger fires, and where it goes.
type Rule struct {
	// Name is unique; it stands in the headers and, with a subject, in the message id.
	Name string `yaml:"name"`
	// On are change types; empty means created, changed, deleted and all that
	// they include (package comment), and events and emails.
	On []string `yaml:"on"`
	// Entities it is for; empty means all.
	Entities []string `yaml:"entities"`
	// When is a condition in the expression language of expr-lang.org over
	// the names of type env; empty means always.
	When string `yaml:"when"`
	// Subject is where the message goes; empty means trail.<system>.<entity>.<change type>.
	Subject string `yaml:"subject"`
}

// Defaults of Config. The pending limits keep a server on the same machine
// busy; more was not faster.
const (
	defaultURL             = "nats://127.0.0.1:4222"
	defaultStream          = "TRAIL"
	defaultDuplicateWindow = 10 * time.Minute
	defaultMaxPending      = 4000
	defaultMaxPendingBytes = 16 << 20
)

// SetDefaults fills what is not given.
func (c *Config) SetDefaults() {
	setDefault(&c.URL, defaultURL)
	setDefault(&c.Stream, defaultStream)
	setDefault(&c.Replicas, 1)
	setDefault(&c.DuplicateWindow, defaultDuplicateWindow)
	setDefault(&c.MaxPending, defaultMaxPending)
	setDefault(&c.MaxPendingBytes, defaultMaxPendingBytes)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// defaultRules is what fires when no rule is configured.
func defaultRules() []Rule { return []Rule{{Name: "default"}} }

// neverFire are the change types that are no news: the baseline, and who read what.
func neverFire(t document.Type) bool { return t == document.Snapshot || t == document.Access }

// included lists the change types that a word of Rule.On stands for.
func included(word string) []document.Type {
	switch t := document.Type(word); t {
	case document.Changed:
		return []document.Type{t, document.Archived, document.Restored, document.Reverted}
	case document.Deleted:
		return []document.Type{t, document.SoftDeleted, document.Truncated}
	case document.Created, document.SoftDeleted, document.Archived, document.Restored, document.Reverted,
		document.Truncated, document.EventLogged, document.Email, document.Schema, document.Gap:
		return []document.Type{t}
	default:
		return nil
	}
}

// defaultOn is what an empty Rule.On stands for.
func defaultOn() []string {
	return []string{
		string(document.Created), string(document.Changed), string(document.Deleted),
		string(document.EventLogged), string(document.Email),
	}
}
