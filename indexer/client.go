package indexer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/elastic/go-elasticsearch/v8/esapi"
)

const (
	// maxErrorBody bounds what is read of an error, maxAnswer of any answer, in bytes.
	maxErrorBody = 1 << 20
	maxAnswer    = 256 << 20
	// ioBuffer saves system calls: bulk requests are megabytes.
	ioBuffer = 64 << 10
)

// client is the connection to the nodes. The transport picks a node that
// answers; repeating a request is the business of patience, which knows what it means.
type client struct {
	nodes   *elastictransport.Client
	pool    *http.Transport
	timeout time.Duration
}

func newClient(cfg *Config) (*client, error) {
	urls, err := cfg.urls()
	if err != nil {
		return nil, err
	}
	tlsConfig, err := cfg.tls()
	if err != nil {
		return nil, err
	}
	creds, err := newCredentials(cfg)
	if err != nil {
		return nil, err
	}
	pool := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:     tlsConfig,
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     90 * time.Second,
		DisableCompression:  true, // costs the server more than the network saves
		WriteBufferSize:     ioBuffer,
		ReadBufferSize:      ioBuffer,
	}
	nodes, err := elastictransport.NewClient(
		elastictransport.WithURLs(urls...),
		elastictransport.WithDisableRetry(),
		elastictransport.WithTransport(&authTransport{credentials: creds, next: pool}),
		elastictransport.WithUserAgent("waltrail"),
	)
	return &client{nodes: nodes, pool: pool, timeout: cfg.Timeout}, err
}

// tls returns the TLS settings: the system's trust, a CA file, or one pinned certificate.
func (c *Config) tls() (*tls.Config, error) {
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("elasticsearch.ca_file: %w", err)
		}
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("elasticsearch.ca_file: no PEM certificate in it")
		}
	}
	want, err := c.fingerprint()
	if err != nil || want == nil {
		return settings, err
	}
	settings.InsecureSkipVerify = true //nolint:gosec // the pinned certificate takes the place of the chain
	settings.VerifyConnection = func(state tls.ConnectionState) error {
		for _, cert := range state.PeerCertificates {
			if sum := sha256.Sum256(cert.Raw); bytes.Equal(sum[:], want) {
				return nil
			}
		}
		return errors.New("no certificate of the server has the fingerprint of elasticsearch.fingerprint")
	}
	return settings, nil
}

// close ends what runs in the background: a node that failed is tried again there.
func (c *client) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.nodes.Close(ctx)
	c.pool.CloseIdleConnections()
}

// ask sends one request, bounded in time, and decodes the answer into out
// unless out is nil. A refusal is an *Error.
func (c *client) ask(ctx context.Context, req esapi.Request, out any) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	res, err := req.Do(ctx, c.nodes)
	if err != nil {
		return err
	}
	defer closeBody(res.Body)
	if res.StatusCode >= http.StatusMultipleChoices {
		return readError(res.StatusCode, res.Body)
	}
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(out); err != nil {
		return fmt.Errorf("answer of Elasticsearch: %w", err)
	}
	return nil
}

// closeBody reads a rest that is short, so that the connection can be used again.
func closeBody(body io.ReadCloser) {
	_, _ = io.Copy(io.Discard, io.LimitReader(body, ioBuffer))
	_ = body.Close()
}
