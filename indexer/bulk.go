package indexer

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// bulkParams leaves of the answer only what is checked. Every target must be an
// alias, see writeSuffix.
const bulkParams = "/_bulk?require_alias=true&filter_path=errors,items.*._id,items.*.status,items.*.error"

// bulk sends items in one request, within the time limit, and sets their
// outcomes. An error means that the request as a whole failed.
func (w *writer) bulk(ctx context.Context, items []item) error {
	ctx, cancel := context.WithTimeout(ctx, w.x.cfg.Timeout)
	defer cancel()
	target, lease := "", &lease{items: items}
	if lease.mixed = mixed(items); !lease.mixed {
		target = "/" + writeAlias(items[0].index)
	}
	defer lease.revoke() // before anybody may reuse the documents' memory
	body, _ := lease.open()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://nodes"+target+bulkParams, body)
	if err != nil {
		return err
	}
	req.ContentLength = w.size(items, lease.mixed)
	req.GetBody = lease.open
	req.Header.Set("Content-Type", "application/x-ndjson")
	start := time.Now()
	res, err := w.x.client.nodes.Perform(req) //nolint:bodyclose // closeBody does
	if err != nil {
		return err
	}
	defer closeBody(res.Body)
	if res.StatusCode >= http.StatusMultipleChoices {
		return readError(res.StatusCode, res.Body)
	}
	if w.answer, err = readAll(w.answer[:0], io.LimitReader(res.Body, maxAnswer)); err != nil {
		return err
	}
	w.x.metrics.bulk(time.Since(start), req.ContentLength)
	return parseBulk(w.answer, items)
}

// mixed reports whether items belong into several indices.
func mixed(items []item) bool {
	for i := range items {
		if items[i].index != items[0].index {
			return true
		}
	}
	return false
}

// size is the exact length of the request in bytes.
func (w *writer) size(items []item, mixed bool) int64 {
	size := 0
	for i := range items {
		w.action = appendAction(w.action[:0], &items[i], mixed)
		size += len(w.action) + len(items[i].body) + 1
	}
	return int64(size)
}

// appendAction appends the line before a document.
func appendAction(dst []byte, it *item, mixed bool) []byte {
	dst = append(dst, `{"create":{"_id":`...)
	dst = appendName(dst, it.id)
	if mixed {
		dst = append(dst, `,"_index":`...)
		dst = appendName(dst, writeAlias(it.index))
	}
	return append(dst, "}}\n"...)
}

// appendName appends a JSON string. Ids and names of ours need no escapes, so
// those that do may be slow.
func appendName(dst []byte, name string) []byte {
	for i := range len(name) {
		if c := name[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(name) // a string always has a JSON form
			return append(dst, quoted...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, name...)
	return append(dst, '"')
}

// lease lends the documents' memory to the HTTP transport, which may read a
// request's body even after it returned an error. After revoke nobody reads.
type lease struct {
	items   []item
	mixed   bool
	mu      sync.Mutex
	revoked bool // guarded by mu
}

func (l *lease) open() (io.ReadCloser, error) {
	return &bulkBody{lease: l, newline: [1]byte{'\n'}}, nil
}

func (l *lease) revoke() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.revoked = true
}

// bulkBody is the request as a stream over the documents: it needs no memory
// of its own beyond one action line.
type bulkBody struct {
	lease   *lease
	next    int    // index of the item whose action line comes next
	action  []byte // memory of the action line
	parts   [3][]byte
	newline [1]byte
	part    int // parts[part:] are yet to be read
}

var errRevoked = errors.New("the request is over")

// Read implements io.Reader.
func (b *bulkBody) Read(p []byte) (int, error) {
	b.lease.mu.Lock()
	defer b.lease.mu.Unlock()
	if b.lease.revoked {
		return 0, errRevoked
	}
	n := 0
	for n < len(p) && b.advance() {
		copied := copy(p[n:], b.parts[b.part])
		b.parts[b.part] = b.parts[b.part][copied:]
		n += copied
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// advance goes to the next part that has bytes left; false at the end.
func (b *bulkBody) advance() bool {
	for len(b.parts[b.part]) == 0 {
		if b.part++; b.part < len(b.parts) {
			continue
		}
		b.part = 0
		if b.next == len(b.lease.items) {
			return false
		}
		it := &b.lease.items[b.next]
		b.next++
		b.action = appendAction(b.action[:0], it, b.lease.mixed)
		b.parts = [3][]byte{b.action, it.body, b.newline[:]}
	}
	return true
}

// Close implements io.Closer; the lease is ended by its owner.
func (b *bulkBody) Close() error { return nil }

// readAll is io.ReadAll into memory that is there already.
func readAll(dst []byte, r io.Reader) ([]byte, error) {
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if errors.Is(err, io.EOF) {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
}
