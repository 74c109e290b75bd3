package indexer

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestDefaultsAreValid(t *testing.T) {
	var c Config
	c.SetDefaults()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if *c.Replicas != 1 || c.Mode != ModeIndex || c.Addresses[0] != defaultAddress {
		t.Errorf("defaults are %+v", c)
	}
}

func TestZeroReplicasStay(t *testing.T) {
	none := 0
	c := Config{Replicas: &none}
	if c.SetDefaults(); *c.Replicas != 0 {
		t.Errorf("replicas: 0 became %d", *c.Replicas)
	}
}

func TestValidateNamesTheKey(t *testing.T) {
	tests := map[string]struct {
		change func(*Config)
		want   string
	}{
		"mode":                {func(c *Config) { c.Mode = "indexx" }, "elasticsearch.mode"},
		"no URL":              {func(c *Config) { c.Addresses = []string{"http://127.0.0.1:9200", "es:9200"} }, "elasticsearch.addresses[1]: want a URL"},
		"plain http":          {func(c *Config) { c.Addresses = []string{"http://es.example:9200"} }, "insecure: true"},
		"password in the URL": {func(c *Config) { c.Addresses = []string{"https://u:hunter2@es.example:9200"} }, "keep credentials out"},
		"query in the URL":    {func(c *Config) { c.Addresses = []string{"https://es.example:9200?x=1"} }, "no query"},
		"both addresses":      {func(c *Config) { c.CloudID = cloudID("h$e$k") }, "elasticsearch.cloud_id: give either"},
		"bad cloud id":        {func(c *Config) { c.CloudID, c.Addresses = "x:!!!", nil }, "not a cloud id"},
		"empty cloud id":      {func(c *Config) { c.CloudID, c.Addresses = cloudID("host$"), nil }, "names no Elasticsearch"},
		"fingerprint":         {func(c *Config) { c.Fingerprint = "abc" }, "elasticsearch.fingerprint"},
		"CA and fingerprint":  {func(c *Config) { c.Fingerprint, c.CAFile = strings.Repeat("ab:", 31)+"ab", "ca.crt" }, "either ca_file or fingerprint"},
		"user, no password":   {func(c *Config) { c.Username = "u" }, "belong together"},
		"password, no user":   {func(c *Config) { c.PasswordFile = "p" }, "belong together"},
		"key and user":        {func(c *Config) { c.APIKeyFile, c.Username, c.PasswordFile = "k", "u", "p" }, "not both"},
		"key twice":           {func(c *Config) { c.APIKeyFile, c.APIKey = "k", "k" }, "elasticsearch.api_key: "},
		"password twice":      {func(c *Config) { c.Username, c.PasswordFile, c.Password = "u", "p", "p" }, "elasticsearch.password: "},
		"replicas":            {func(c *Config) { n := -1; c.Replicas = &n }, "elasticsearch.replicas"},
		"codec":               {func(c *Config) { c.Codec = "zip" }, "elasticsearch.codec"},
		"bulk_bytes":          {func(c *Config) { c.BulkBytes = 1 }, "elasticsearch.bulk_bytes"},
		"bulk_documents":      {func(c *Config) { c.BulkDocuments = -1 }, "elasticsearch.bulk_documents"},
		"timeout":             {func(c *Config) { c.Timeout = time.Millisecond }, "elasticsearch.timeout"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var c Config
			c.SetDefaults()
			tt.change(&c)
			err := c.Validate()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Validate says %v, want %q in it", err, tt.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows a password: %v", err)
			}
		})
	}
}

func TestValidateReportsAllMistakes(t *testing.T) {
	c := Config{Mode: "x", BulkBytes: 1, Addresses: []string{"es"}}
	c.SetDefaults()
	if err := c.Validate(); strings.Count(err.Error(), "elasticsearch.") != 3 {
		t.Errorf("want three mistakes, got: %v", err)
	}
}

func cloudID(text string) string {
	return "name:" + base64.StdEncoding.EncodeToString([]byte(text))
}

func TestCloudID(t *testing.T) {
	tests := map[string]string{
		"eu.example.io$abc$def":      "https://abc.eu.example.io:443",
		"eu.example.io:9243$abc$def": "https://abc.eu.example.io:9243",
		"eu.example.io$abc":          "https://abc.eu.example.io:443",
	}
	for text, want := range tests {
		if got, err := cloudAddress(cloudID(text)); got != want || err != nil {
			t.Errorf("cloud id of %s: %s, %v, want %s", text, got, err, want)
		}
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	c := Config{APIKey: "hunter2", Password: "hunter2"}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(format, c); strings.Contains(text, "hunter2") {
			t.Errorf("%s shows the secret: %s", format, text)
		}
	}
	if text, _ := c.APIKey.MarshalText(); string(text) != "[redacted]" || Secret("").String() != "" {
		t.Errorf("MarshalText gives %s", text)
	}
}
