package indexer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waltrail/waltrail/internal/testenv"
)

// gate is a TLS server before the real Elasticsearch, which wants an Authorization header.
func gate(t *testing.T, target string, allowed func(header string) bool) *httptest.Server {
	t.Helper()
	p := &proxy{target: target}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if !allowed(r.Header.Get("Authorization")) {
			reply(w)(http.StatusUnauthorized, []byte(`{"error":{"type":"security_exception","reason":"unable to authenticate"},"status":401}`))
			return
		}
		reply(w)(p.forward(r, body))
	}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(io.Discard, nil), slog.LevelError)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func everybody(string) bool { return true }

// file writes text to a file of the test.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTLS(t *testing.T) {
	es := testenv.Elasticsearch(t)
	s := gate(t, es.URL, everybody)
	ca := file(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	sum := sha256.Sum256(s.Certificate().Raw)
	fingerprint := hex.EncodeToString(sum[:])
	tests := map[string]struct {
		change func(*Config)
		says   string // empty: works
	}{
		"nothing given":     {func(*Config) {}, "certificate"},
		"CA file":           {func(c *Config) { c.CAFile = ca }, ""},
		"fingerprint":       {func(c *Config) { c.Fingerprint = fingerprint }, ""},
		"colons, capitals":  {func(c *Config) { c.Fingerprint = strings.ToUpper(fingerprint[:2] + ":" + fingerprint[2:]) }, ""},
		"other fingerprint": {func(c *Config) { c.Fingerprint = strings.Repeat("00", 32) }, "elasticsearch.fingerprint"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := open(t, s.URL, es.System, tt.change).Setup(limited(t))
			if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("Setup returns %v, want %q", err, tt.says)
			}
		})
	}
}

func TestMissingFilesAreKnownAtStart(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for key, change := range map[string]func(*Config){
		"ca_file":       func(c *Config) { c.CAFile = missing },
		"api_key_file":  func(c *Config) { c.APIKeyFile = missing },
		"password_file": func(c *Config) { c.Username, c.PasswordFile = "u", missing },
		"no PEM":        func(c *Config) { c.CAFile = file(t, "ca.pem", "nothing") },
	} {
		var c Config
		c.SetDefaults()
		change(&c)
		if _, err := New(c, "shop", slog.Default(), nil); err == nil || !strings.Contains(err.Error(), "elasticsearch.") {
			t.Errorf("%s: New returns %v", key, err)
		}
	}
}

func TestCredentials(t *testing.T) {
	es := testenv.Elasticsearch(t)
	tests := map[string]struct {
		change func(*Config)
		want   string
	}{
		"API key":       {func(c *Config) { c.APIKey = "a2V5" }, "ApiKey a2V5"},
		"API key file":  {func(c *Config) { c.APIKeyFile = file(t, "key", "a2V5\n") }, "ApiKey a2V5"},
		"password":      {func(c *Config) { c.Username, c.Password = "u", "p" }, "Basic dTpw"},
		"password file": {func(c *Config) { c.Username, c.PasswordFile = "u", file(t, "password", "p\n") }, "Basic dTpw"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := gate(t, es.URL, func(header string) bool { return header == tt.want })
			x := open(t, s.URL, es.System, tt.change, trusting(t, s))
			if err := x.Write(limited(t), sample(es.System, 0, 3).Changes); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func trusting(t *testing.T, s *httptest.Server) func(*Config) {
	sum := sha256.Sum256(s.Certificate().Raw)
	return func(c *Config) { c.Fingerprint = hex.EncodeToString(sum[:]) }
}

// TestPasswordRotates changes the password on both sides, without a restart.
func TestPasswordRotates(t *testing.T) {
	es := testenv.Elasticsearch(t)
	want := "ApiKey old"
	s := gate(t, es.URL, func(header string) bool { return header == want })
	key := file(t, "key", "old")
	x := open(t, s.URL, es.System, trusting(t, s), func(c *Config) { c.APIKeyFile = key })
	if err := x.Write(limited(t), sample(es.System, 0, 3).Changes); err != nil {
		t.Fatal(err)
	}
	want = "ApiKey new"
	done := writeMeanwhile(t, x, sample(es.System, 3, 3).Changes)
	if err := os.WriteFile(key, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := es.Count(t, es.Indices()); n != 6 {
		t.Errorf("%d documents, want 6", n)
	}
}

func TestSeveralNodes(t *testing.T) {
	es := testenv.Elasticsearch(t)
	x := open(t, "http://127.0.0.1:1", es.System, func(c *Config) { c.Addresses = append(c.Addresses, es.URL) })
	for i := range 5 {
		if err := x.Write(limited(t), sample(es.System, i, 1).Changes); err != nil {
			t.Fatal(err)
		}
	}
	if n := es.Count(t, es.Indices()); n != 5 {
		t.Errorf("%d documents, want 5", n)
	}
}
