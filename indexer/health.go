package indexer

import (
	"fmt"
	"sync"
	"time"
)

// health knows which calls wait for Elasticsearch. The zero value is ready.
type health struct {
	mu    sync.Mutex
	waits map[*patience]wait // guarded by mu
}

// wait is what one call waits for.
type wait struct {
	since  time.Time
	reason string
}

func (h *health) enter(p *patience, w wait) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waits == nil {
		h.waits = map[*patience]wait{}
	}
	h.waits[p] = w
}

func (h *health) leave(p *patience) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.waits, p)
}

// err describes the longest wait, nil when nothing waits.
func (h *health) err() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var oldest wait
	for _, w := range h.waits {
		if oldest.since.IsZero() || w.since.Before(oldest.since) {
			oldest = w
		}
	}
	if oldest.since.IsZero() {
		return nil
	}
	return fmt.Errorf("waiting for Elasticsearch since %s: %s", oldest.since.UTC().Format(time.RFC3339), oldest.reason)
}
