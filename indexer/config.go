package indexer

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/waltrail/waltrail/internal/loopback"
)

// The values of Config.Mode.
const (
	// ModeIndex stores documents.
	ModeIndex = "index"
	// ModeTriggersOnly stores nothing; see Discard.
	ModeTriggersOnly = "triggers_only"
)

// The values of Config.Codec, as Elasticsearch names them.
const (
	CodecDefault = "default"
	CodecBest    = "best_compression"
)

// Limits and defaults of the configuration.
const (
	defaultAddress   = "http://127.0.0.1:9200"
	defaultBulkBytes = 5 << 20
	defaultBulkDocs  = 5000
	defaultTimeout   = time.Minute
	minBulkBytes     = 64 << 10
	maxBulkBytes     = 90 << 20 // below http.max_content_length, 100 MB
)

// Config is the section `elasticsearch` of the configuration file.
type Config struct {
	// Mode is ModeIndex (default) or ModeTriggersOnly.
	Mode string `yaml:"mode"`
	// Addresses are the nodes; CloudID names a hosted deployment instead.
	Addresses []string `yaml:"addresses"`
	CloudID   string   `yaml:"cloud_id"`
	// CAFile holds PEM certificates to trust in place of the system's;
	// Fingerprint is the SHA-256 of the server's or its CA's certificate, in hexadecimal.
	CAFile      string `yaml:"ca_file"`
	Fingerprint string `yaml:"fingerprint"`
	// Insecure allows plain HTTP beyond the loopback interface.
	Insecure bool `yaml:"insecure"`
	// An API key in its encoded form, or a user name and password. Files are read again
	// when the server refuses what they held.
	APIKey       Secret `yaml:"api_key"`
	APIKeyFile   string `yaml:"api_key_file"`
	Username     string `yaml:"username"`
	Password     Secret `yaml:"password"`
	PasswordFile string `yaml:"password_file"`
	// Replicas is the number of copies beside the primary, 1 when absent. It
	// counts for new indices.
	Replicas *int `yaml:"replicas"`
	// Codec is how new indices are compressed: CodecDefault, or CodecBest, which
	// was measured at half the disk space and a tenth more CPU while indexing.
	Codec string `yaml:"codec"`
	// BulkBytes and BulkDocuments bound one bulk request, Timeout one request
	// of any kind.
	BulkBytes     int           `yaml:"bulk_bytes"`
	BulkDocuments int           `yaml:"bulk_documents"`
	Timeout       time.Duration `yaml:"timeout"`
}

// SetDefaults fills what the file left out.
func (c *Config) SetDefaults() {
	if c.Mode == "" {
		c.Mode = ModeIndex
	}
	if len(c.Addresses) == 0 && c.CloudID == "" {
		c.Addresses = []string{defaultAddress}
	}
	if c.Replicas == nil {
		one := 1
		c.Replicas = &one
	}
	if c.Codec == "" {
		c.Codec = CodecDefault
	}
	if c.BulkBytes == 0 {
		c.BulkBytes = defaultBulkBytes
	}
	if c.BulkDocuments == 0 {
		c.BulkDocuments = defaultBulkDocs
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
}

// Validate reports every mistake at once, each with its key. Call SetDefaults before.
func (c *Config) Validate() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("elasticsearch.%s: %s", key, fmt.Sprintf(format, args...)))
	}
	if !slices.Contains([]string{ModeIndex, ModeTriggersOnly}, c.Mode) {
		bad("mode", "%q is not known: use %s or %s", c.Mode, ModeIndex, ModeTriggersOnly)
	}
	if c.CloudID != "" && len(c.Addresses) > 0 {
		bad("cloud_id", "give either cloud_id or addresses")
	}
	if _, err := cloudAddress(c.CloudID); c.CloudID != "" && err != nil {
		bad("cloud_id", "%v", err)
	}
	for i, address := range c.Addresses {
		if problem := c.addressProblem(address); problem != "" {
			bad(fmt.Sprintf("addresses[%d]", i), "%s", problem)
		}
	}
	if _, err := c.fingerprint(); err != nil {
		bad("fingerprint", "%v", err)
	}
	c.validateCredentials(bad)
	c.validateLimits(bad)
	return errors.Join(errs...)
}

func (c *Config) validateCredentials(bad func(key, format string, args ...any)) {
	key, user := c.APIKey != "" || c.APIKeyFile != "", c.Username != ""
	password := c.Password != "" || c.PasswordFile != ""
	switch {
	case key && user:
		bad("username", "give either an API key or a user name, not both")
	case user != password:
		bad("username", "a user name and a password (better: password_file) belong together")
	}
	if c.APIKey != "" && c.APIKeyFile != "" {
		bad("api_key", "give either api_key or api_key_file")
	}
	if c.Password != "" && c.PasswordFile != "" {
		bad("password", "give either password or password_file")
	}
	if c.CAFile != "" && c.Fingerprint != "" {
		bad("fingerprint", "give either ca_file or fingerprint")
	}
}

func (c *Config) validateLimits(bad func(key, format string, args ...any)) {
	if c.Replicas != nil && (*c.Replicas < 0 || *c.Replicas > 10) {
		bad("replicas", "%d is out of range: 0 to 10", *c.Replicas)
	}
	if c.Codec != CodecDefault && c.Codec != CodecBest {
		bad("codec", "%q is not known: use %s or %s", c.Codec, CodecDefault, CodecBest)
	}
	if c.BulkBytes < minBulkBytes || c.BulkBytes > maxBulkBytes {
		bad("bulk_bytes", "%d is out of range: %d to %d", c.BulkBytes, minBulkBytes, maxBulkBytes)
	}
	if c.BulkDocuments < 1 || c.BulkDocuments > 100_000 {
		bad("bulk_documents", "%d is out of range: 1 to 100000", c.BulkDocuments)
	}
	if c.Timeout < time.Second || c.Timeout > time.Hour {
		bad("timeout", "%v is out of range: 1s to 1h", c.Timeout)
	}
}

// addressProblem says what is wrong with an address, empty when nothing is.
// The address itself is not repeated, since it may hold a password.
func (c *Config) addressProblem(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return "want a URL such as https://es.example:9200"
	case u.User != nil:
		return "keep credentials out of the address: use username and password_file"
	case u.RawQuery != "" || u.Fragment != "":
		return "an address has no query and no fragment"
	case u.Scheme == "http" && !c.Insecure && !loopback.Host(strings.ToLower(u.Hostname())):
		return "plain http beyond this machine sends documents and credentials in the clear: use https, or set insecure: true"
	}
	return ""
}

// fingerprint decodes Fingerprint; colons between the bytes are allowed.
func (c *Config) fingerprint() ([]byte, error) {
	if c.Fingerprint == "" {
		return nil, nil
	}
	sum, err := hex.DecodeString(strings.ReplaceAll(c.Fingerprint, ":", ""))
	if err != nil || len(sum) != 32 {
		return nil, errors.New("want the SHA-256 of a certificate, 64 hexadecimal digits: openssl x509 -fingerprint -sha256 -in http_ca.crt")
	}
	return sum, nil
}

// urls returns the nodes' addresses.
func (c *Config) urls() ([]*url.URL, error) {
	addresses := c.Addresses
	if c.CloudID != "" {
		address, err := cloudAddress(c.CloudID)
		if err != nil {
			return nil, err
		}
		addresses = []string{address}
	}
	var urls []*url.URL
	for _, address := range addresses {
		u, err := url.Parse(strings.TrimRight(address, "/"))
		if err != nil {
			return nil, errors.New("elasticsearch.addresses: not a URL")
		}
		urls = append(urls, u)
	}
	return urls, nil
}

// cloudAddress decodes a cloud id: name:base64("host[:port]$elasticsearch$kibana").
func cloudAddress(id string) (string, error) {
	_, encoded, _ := strings.Cut(id, ":")
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", errors.New("not a cloud id: copy it from the deployment's page")
	}
	parts := strings.Split(string(text), "$")
	if len(parts) < 2 || parts[0] == "" || parts[1] == "" {
		return "", errors.New("the cloud id names no Elasticsearch: copy it from the deployment's page")
	}
	host, port, found := strings.Cut(parts[0], ":")
	if !found {
		port = "443"
	}
	return "https://" + parts[1] + "." + host + ":" + port, nil
}
