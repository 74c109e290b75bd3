package triggers

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nkeys"

	"github.com/waltrail/waltrail/internal/devstack"
	"github.com/waltrail/waltrail/internal/testenv"
)

// secured starts a server whose admin "admin:admin" may do all, and whose other
// users are given.
func secured(t *testing.T, users string) *testenv.Bus {
	t.Helper()
	bus := testenv.NATSServer(t, devstack.NATSOptions{
		Config: "authorization { users = [ {user: admin, password: admin}, " + users + " ] }",
	})
	bus.URL = as("admin", "admin", bus.URL)
	return bus
}

func as(user, password, url string) string {
	_, host, _ := strings.Cut(url, "://")
	if _, after, ok := strings.Cut(host, "@"); ok {
		host = after
	}
	return "nats://" + user + ":" + password + "@" + host
}

func TestNKey(t *testing.T) {
	user, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	public, _ := user.PublicKey()
	seed, _ := user.Seed()
	file := filepath.Join(t.TempDir(), "seed")
	if err := os.WriteFile(file, seed, 0o600); err != nil {
		t.Fatal(err)
	}
	bus := secured(t, "{nkey: "+public+"}")
	f := connect(t, bus, nil, func(c *Config) {
		c.URL = fmt.Sprintf("nats://127.0.0.1:%d", bus.Port)
		c.NKeyFile = file
	})
	f.publish(t, sample(5, 5))
	f.checkComplete(t, sample(5, 5))
}

func TestUnreadableFilesStopTheStart(t *testing.T) {
	for _, tc := range []struct {
		name string
		cfg  Config
	}{
		{"credentials", Config{CredentialsFile: "missing"}},
		{"nkey", Config{NKeyFile: "missing"}},
		{"certificate", Config{TLS: TLS{CertFile: "missing", KeyFile: "missing"}}},
		{"authority", Config{TLS: TLS{CAFile: "missing"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, err := Connect(t.Context(), tc.cfg, nil, "shop", slog.New(slog.DiscardHandler), nil)
			if err == nil {
				p.Close()
				t.Fatal("Connect took a file that does not exist")
			}
			if !strings.Contains(err.Error(), "nats") {
				t.Errorf("error %v does not name the section", err)
			}
		})
	}
}

// TestWrongPassword: it is held, said, and heals when the server takes it.
func TestWrongPassword(t *testing.T) {
	bus := secured(t, "{user: other, password: x}")
	f := connect(t, bus, nil, func(c *Config) { c.URL = as("admin", "hunter2", bus.URL) })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = f.Publish(ctx, sample(1, 1))
	}()
	f.awaitHeld(t, "uthorization")
	cancel()
	<-done
	if text := f.log.String() + f.Healthy().Error(); strings.Contains(text, "hunter2") {
		t.Errorf("the password is told: %s", text)
	}
}

// TestUserMayOnlyPublish: the rights that the documentation asks for suffice
// once the stream exists.
func TestUserMayOnlyPublish(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for an answer that does not come")
	}
	bus := secured(t, `{user: w, password: w, permissions: {publish: ["trail.>"], subscribe: ["_INBOX.>"]}}`)
	admin := connect(t, bus, nil, nil)
	if err := admin.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := connect(t, bus, nil, func(c *Config) { c.URL = as("w", "w", bus.URL) })
	f.publish(t, sample(10, 3))
	f.publish(t, sample(20, 3))
	f.checkComplete(t, sample(20, 3))
	if !strings.Contains(f.log.String(), "the user may publish to $JS.API.STREAM.>") {
		t.Errorf("the log does not name the missing right:\n%s", f.log)
	}
}

func TestTLS(t *testing.T) {
	ca, cert, key := certificate(t)
	bus := testenv.NATSServer(t, devstack.NATSOptions{
		Config: fmt.Sprintf("tls { cert_file: %q, key_file: %q }", cert, key),
	})
	host := fmt.Sprintf("127.0.0.1:%d", bus.Port)
	trusting := connect(t, bus, nil, func(c *Config) { c.URL, c.TLS.CAFile = "tls://"+host, ca })
	found := trusting.publish(t, sample(3, 3))
	if found.Count != 3 {
		t.Errorf("%d messages acknowledged, want 3", found.Count)
	}
	stranger := connect(t, bus, nil, func(c *Config) { c.URL = "tls://" + host })
	if err := stranger.Healthy(); err == nil {
		t.Error("a certificate of an unknown authority was accepted")
	}
}

// certificate makes one for 127.0.0.1 that is its own authority.
func certificate(t *testing.T) (ca, cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:        true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, data []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	cert = write("cert.pem", "CERTIFICATE", der)
	return cert, cert, write("key.pem", "EC PRIVATE KEY", secret)
}
