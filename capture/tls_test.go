package capture

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/waltrail/waltrail/internal/devstack"
	"github.com/waltrail/waltrail/internal/testenv"
)

// TestTLS: the stream comes through TLS too, verified, and is coalesced below it.
func TestTLS(t *testing.T) {
	server := testenv.PostgresServer(t, devstack.PostgresOptions{})
	pg := testenv.PostgresAt(t, server.DSN("postgres"))
	certificate := serverCertificate(t, pg.Value(t, `SHOW data_directory`))
	pg.Exec(t, `ALTER SYSTEM SET ssl = on`)
	pg.Exec(t, `SELECT pg_reload_conf(); `+oneTable)
	cfg := config(pg, "public.c")
	cfg.DSN = strings.Replace(pg.DSN, "sslmode=disable", "sslmode=verify-full&sslrootcert="+certificate, 1)
	testenv.Eventually(t, "TLS to be on", patience, func() bool { return pg.Value(t, `SHOW ssl`) == "on" })
	r := open(t, cfg)
	const rows = 20_000
	pg.Exec(t, `INSERT INTO c SELECT i, repeat('x', 50) FROM generate_series(1, $1::int) i`, rows)
	if ssl := pg.Value(t, `SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_replication USING (pid)`); ssl != "t" {
		t.Errorf("the walsender's connection has ssl %s", ssl)
	}
	drain(t, r, rows)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	cfg.DSN = strings.Replace(pg.DSN, "sslmode=disable", "sslmode=verify-full", 1)
	wantError(t, tryOpen(t, cfg), "connect", "certificate")
}

// serverCertificate puts a self-signed certificate where the server looks for one
// and returns the path of a copy.
func serverCertificate(t *testing.T, dataDir string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	asServer(t, dataDir, "server.crt", certificate)
	asServer(t, dataDir, "server.key", pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private}))
	file := filepath.Join(t.TempDir(), "root.crt")
	if err := os.WriteFile(file, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// asServer writes a file that belongs to the server's user, who is not ours when we are root.
func asServer(t *testing.T, dataDir, name string, content []byte) {
	t.Helper()
	info, err := os.Stat(dataDir)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dataDir, name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		t.Fatalf("%T says nothing of the owner", info.Sys())
	}
	if err := os.Chown(file, int(owner.Uid), int(owner.Gid)); err != nil {
		t.Fatal(err)
	}
}
