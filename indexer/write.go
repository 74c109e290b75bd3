package indexer

import (
	"context"
	"errors"
	"fmt"

	"github.com/waltrail/waltrail/document"
)

// errUnsure is the reason of an attempt whose answer did not tell about all items.
var errUnsure = errors.New("the answer to a bulk request does not tell about all its documents")

// Write makes documents durable and returns nil when every one of them is
// stored in its index, was stored there before, or is in the quarantine with its cause
// (invariant 1). Each needs its Event.ID, Index, Body and Trail.Tx. Write
// repeats what is transient or held until ctx ends, and only then returns an error;
// repeating a Write is harmless. The documents belong to Write until it returns; it
// renames one (Event.ID, Body, Sum) whose id a different change has, see OnRewind.
func (x *Indexer) Write(ctx context.Context, docs []document.Change) error {
	w := x.writers.Get().(*writer) //nolint:errcheck // the pool holds nothing else
	defer x.writers.Put(w)
	defer w.unload()
	w.load(docs)
	if err := w.run(ctx); err != nil {
		return fmt.Errorf("%d of %d documents are not known to be indexed: %w", len(w.items), len(docs), err)
	}
	return nil
}

// writer is one Write in progress, with scratch memory that outlives it.
type writer struct {
	x     *Indexer
	items []item // pending
	// why and policy are the reason to wait before the next round; nil: none.
	why    error
	policy policy
	// stored and quarantined count what became durable in this round.
	stored, quarantined int
	conflicts           []*item
	action              []byte // scratch of bulk.go
	answer              []byte
}

func (w *writer) load(docs []document.Change) {
	for i := range docs {
		d := &docs[i]
		w.items = append(w.items, item{doc: d, index: d.Index, id: d.Event.ID, body: d.Body})
	}
}

// unload forgets the documents, and memory that one giant Write needed.
func (w *writer) unload() {
	const keptItems, keptAnswer = 16 << 10, 2 << 20
	clear(w.items[:cap(w.items)])
	clear(w.conflicts[:cap(w.conflicts)])
	w.items, w.conflicts = w.items[:0], w.conflicts[:0]
	if cap(w.items) > keptItems {
		w.items = nil
	}
	if cap(w.answer) > keptAnswer {
		w.answer = nil
	}
}

// run makes rounds until nothing is pending.
func (w *writer) run(ctx context.Context) (err error) {
	p := w.x.patience()
	defer func() { p.end(err) }()
	for len(w.items) > 0 {
		w.round(ctx)
		w.x.metrics.stored(w.stored, w.quarantined)
		switch {
		case len(w.items) == 0:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case w.stored+w.quarantined > 0:
			p.progress()
		}
		if w.why == nil {
			continue // something was redirected: go on at once
		}
		if err := p.pause(ctx, w.why, w.policy); err != nil {
			return err
		}
	}
	return nil
}

// round sends every pending item once and keeps those that are not durable.
func (w *writer) round(ctx context.Context) {
	w.why, w.stored, w.quarantined = nil, 0, 0
	for start := 0; start < len(w.items); {
		end := w.chunk(start)
		w.send(ctx, w.items[start:end])
		start = end
	}
	kept := w.items[:0]
	for i := range w.items {
		if w.items[i].outcome != durable {
			kept = append(kept, w.items[i])
			kept[len(kept)-1].outcome = unsure
		}
	}
	clear(w.items[len(kept):])
	w.items = kept
}

// chunk returns the end of the request that starts at start, at least one item later.
func (w *writer) chunk(start int) int {
	limit, size := int(w.x.bulkBytes.Load()), 0
	for i := start; i < len(w.items); i++ {
		size += w.items[i].cost()
		if i > start && (size > limit || i-start >= w.x.cfg.BulkDocuments) {
			return i
		}
	}
	return len(w.items)
}

// send makes one request of items, or several when it must be split.
func (w *writer) send(ctx context.Context, items []item) {
	if err := w.ensureIndices(ctx, items); err != nil {
		w.later(err, noFault(requestPolicy(err)))
		return
	}
	err := w.bulk(ctx, items)
	if err == nil {
		w.settle(ctx, items)
		return
	}
	switch what := requestPolicy(err); {
	case what != split && what != quarantine:
		w.later(err, what)
	case len(items) > 1:
		w.shrink(what, items)
		half := len(items) / 2
		w.send(ctx, items[:half])
		w.send(ctx, items[half:])
	default:
		w.refuse(&items[0], err)
	}
}

func (w *writer) ensureIndices(ctx context.Context, items []item) error {
	last := ""
	for i := range items {
		if items[i].index == last {
			continue
		}
		last = items[i].index
		if err := w.x.ensure(ctx, last); err != nil {
			return fmt.Errorf("index %s: %w", last, err)
		}
	}
	return nil
}

// shrink keeps later requests below a size that was refused.
func (w *writer) shrink(what policy, items []item) {
	if what != split {
		return
	}
	size := 0
	for i := range items {
		size += items[i].cost()
	}
	if limit := int64(size / 2); limit >= minBulkBytes && limit < w.x.bulkBytes.Load() {
		w.x.bulkBytes.Store(limit)
		w.x.log.Warn("a bulk request was refused for its size; later ones are smaller", "refused_bytes", size, "limit_bytes", limit,
			"cure", "raise the limit of the proxy, or lower elasticsearch.bulk_bytes")
	}
}

// settle decides about each item of an answered request.
func (w *writer) settle(ctx context.Context, items []item) {
	w.conflicts = w.conflicts[:0]
	for i := range items {
		it := &items[i]
		switch it.outcome {
		case durable:
			w.done(it)
		case refused:
			w.decide(it)
		case unsure:
			w.later(errUnsure, transient)
		}
	}
	if len(w.conflicts) > 0 {
		w.resolve(ctx)
	}
}

// done counts an item that is durable now.
func (w *writer) done(it *item) {
	it.outcome = durable
	if it.quarantined() {
		w.quarantined++
		w.x.logQuarantined(it)
		return
	}
	w.stored++
	if it.fork > 0 {
		w.x.rewound(it)
	}
}

// decide does what the policy says about a refused item.
func (w *writer) decide(it *item) {
	switch what := it.err.itemPolicy(); what {
	case conflict:
		w.conflicts = append(w.conflicts, it)
	case quarantine, split:
		w.refuse(it, it.err)
	case createIndex:
		w.x.lost(it.index)
		w.later(it.err, transient)
	case transient, hold, unknown:
		w.later(it.err, what)
	}
}

// later leaves items pending, with the reason to wait. The worst reason wins.
func (w *writer) later(why error, what policy) {
	if w.why == nil || w.policy == transient {
		w.why, w.policy = why, what
	}
}
