package indexer

import (
	"context"

	"github.com/waltrail/waltrail/document"
)

// Discard is the index of the triggers-only mode: it stores nothing and says
// yes at once. There are no receipts in that mode, so it is no ledger.
type Discard struct{}

// Write returns nil.
func (Discard) Write(context.Context, []document.Change) error { return nil }

// Healthy returns nil.
func (Discard) Healthy() error { return nil }

// Close does nothing.
func (Discard) Close() {}
