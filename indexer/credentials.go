package indexer

import (
	"encoding/base64"
	"io"
	"net/http"
	"sync/atomic"
)

// credentials is the Authorization header, read again from its files after
// the server refused it.
type credentials struct {
	cfg    *Config
	header atomic.Pointer[string]
}

// newCredentials reads the files once, so that a missing one is known at start.
func newCredentials(cfg *Config) (*credentials, error) {
	c := &credentials{cfg: cfg}
	_, err := c.reload()
	return c, err
}

// reload reports whether the header is another one than before.
func (c *credentials) reload() (changed bool, err error) {
	header, err := c.read()
	if err != nil {
		return false, err
	}
	old := c.header.Swap(&header)
	return old == nil || *old != header, nil
}

func (c *credentials) read() (string, error) {
	key, err := readSecret("api_key_file", c.cfg.APIKeyFile, c.cfg.APIKey)
	if err != nil {
		return "", err
	}
	if key != "" {
		return "ApiKey " + key, nil
	}
	if c.cfg.Username == "" {
		return "", nil
	}
	password, err := readSecret("password_file", c.cfg.PasswordFile, c.cfg.Password)
	if err != nil {
		return "", err
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.cfg.Username+":"+password)), nil
}

// authTransport adds the credentials. After a 401 it reads them again and, when
// they changed, repeats the request once.
type authTransport struct {
	credentials *credentials
	next        http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t *authTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := t.next.RoundTrip(t.signed(req))
	if err != nil || res.StatusCode != http.StatusUnauthorized || !rewindable(req) {
		return res, err
	}
	if changed, err := t.credentials.reload(); err != nil || !changed {
		return res, nil //nolint:nilerr // the answer says 401, which is the better error
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxErrorBody))
	_ = res.Body.Close()
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		if again.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
	}
	return t.next.RoundTrip(t.signed(again))
}

// signed returns a request with the header; the caller's stays untouched, as
// http.RoundTripper demands.
func (t *authTransport) signed(req *http.Request) *http.Request {
	header := t.credentials.header.Load()
	if *header == "" {
		return req
	}
	signed := *req
	signed.Header = req.Header.Clone()
	signed.Header.Set("Authorization", *header)
	return &signed
}

func rewindable(req *http.Request) bool {
	return req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
}
