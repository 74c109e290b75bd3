package config

import "time"

// IndexGroup is a group of indices with its own retention and read permission.
type IndexGroup struct {
	// Period is how much time one index covers: month.
	Period string `yaml:"period"`
	// Retention is how long documents are kept: 90d, 24m, 2y or forever.
	Retention string `yaml:"retention"`
}

// Visibility says which profile sees what.
type Visibility struct {
	Profiles map[string]Profile `yaml:"profiles"`
}

// Profile is what one kind of reader sees.
type Profile struct {
	// Default is what happens where no rule matches: show, mask or hide.
	Default string           `yaml:"default"`
	Rules   []VisibilityRule `yaml:"rules"`
	// Off refuses these readers altogether.
	Off bool `yaml:"off"`
}

// VisibilityRule is one exception from a profile's default. Empty lists match everything.
type VisibilityRule struct {
	Entities   []string `yaml:"entities"`
	Changes    []string `yaml:"changes"`
	Fields     []string `yaml:"fields"`
	Interfaces []string `yaml:"interfaces"`
	// When is a condition in the expression language of the trigger rules.
	When string `yaml:"when"`
	// Action is show, mask or hide.
	Action string `yaml:"action"`
}

// Auth says how readers prove who they are.
type Auth struct {
	OIDC OIDC `yaml:"oidc"`
	// APIKeysFile is a YAML file with hashes of API keys.
	APIKeysFile string `yaml:"api_keys_file"`
}

// OIDC is an OpenID Connect provider.
type OIDC struct {
	Issuer           string `yaml:"issuer"`
	ClientID         string `yaml:"client_id"`
	ClientSecretFile string `yaml:"client_secret_file"`
	// ProfileClaim is the claim that names the reader's profile.
	ProfileClaim string `yaml:"profile_claim"`
}

// Watchdog compares the three stores from time to time.
type Watchdog struct {
	// Interval is between two full comparisons, Health between two quick ones.
	Interval time.Duration `yaml:"interval"`
	Health   time.Duration `yaml:"health"`
	// Repair lets it write what is missing.
	Repair bool `yaml:"repair"`
}

func (w *Watchdog) setDefaults() {
	if w.Interval == 0 {
		w.Interval = 24 * time.Hour
	}
	if w.Health == 0 {
		w.Health = time.Minute
	}
}
