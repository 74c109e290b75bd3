package transform

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/microcosm-cc/bluemonday"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
	"github.com/waltrail/waltrail/internal/arena"
)

// Stats counts what a Transformer saw since it was made.
type Stats struct {
	// Documents is how many were made.
	Documents uint64
	// Unconfigured counts rows of tables that are no entity.
	Unconfigured uint64
	// Unrecorded counts updates that changed nothing that is recorded.
	Unrecorded uint64
	// Messages counts logical messages that were understood, BadMessages those
	// with a known prefix that were not: broken JSON, or not transactional.
	Messages, BadMessages uint64
	// CutValues counts values over Config.MaxValue, CutContexts contexts over 8 KiB.
	CutValues, CutContexts uint64
	// FailedDerivations counts values that a Field.Transform did not understand.
	FailedDerivations uint64
	// MissingColumns counts configured columns that a table does not have.
	MissingColumns uint64
}

// Transformer makes documents of events. It belongs to one goroutine, which hands
// it the events of one database in log order; a transaction may span batches.
// Only Stats may be called from elsewhere.
type Transformer struct {
	cfg   Config
	names []string // of the entities, sorted
	// source begins every event.id: 8 hex and a dash.
	source string
	plans  map[*change.Relation]*plan
	// lastRel and lastPlan spare most look-ups: rows come in runs of one table.
	lastRel  *change.Relation
	lastPlan *plan

	// tx is the transaction of the last event; context is what its messages
	// said so far. Both live on into the next batch.
	tx      *change.Tx
	time    time.Time
	month   int
	context txContext

	strings arena.Arena
	scratch []byte
	suffix  suffix
	encoder document.Encoder
	json    jsonScanner
	// sanitizer lets the HTML of business events through that does no harm.
	sanitizer *bluemonday.Policy

	// eventCopy, oldCopy and newCopy hold an event with derived values.
	eventCopy        change.Event
	oldCopy, newCopy []change.Value

	count  Stats // of the owning goroutine
	shared atomic.Pointer[Stats]
}

// New returns a Transformer for the database that source names: 8 hexadecimal
// digits that begin every event.id. The error joins a *KeyError per mistake.
func New(cfg Config, source string) (*Transformer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("transform: %w", err)
	}
	t := &Transformer{
		cfg: cfg, names: cfg.names(), source: source + "-", plans: map[*change.Relation]*plan{},
		sanitizer: bluemonday.UGCPolicy(),
	}
	t.shared.Store(&Stats{})
	return t, nil
}

// Transform appends a document per recorded change of src to dst, in the same
// order, and encodes dst. It never fails: the documents hold strings of src, so that src's events
// must not be written to as long as dst lives.
func (t *Transformer) Transform(dst *document.Batch, src *change.Batch) {
	before := len(dst.Changes)
	for i := range src.Events {
		t.event(dst, &src.Events[i])
	}
	dst.Encode(&t.encoder)
	t.count.Documents += uint64(len(dst.Changes) - before) //nolint:gosec // events only add documents
	stats := t.count
	t.shared.Store(&stats)
}

// Stats returns the counts as of the last complete batch, from any goroutine.
func (t *Transformer) Stats() Stats { return *t.shared.Load() }

func (t *Transformer) event(dst *document.Batch, e *change.Event) {
	if e.Tx != t.tx {
		t.begin(e.Tx)
	}
	if e.Kind == change.Message {
		t.message(dst, e)
		return
	}
	p := t.planOf(e.Rel)
	if p == nil || e.Tx == nil {
		t.count.Unconfigured++
		return
	}
	if p.derived {
		e = t.derived(p, e)
	}
	t.row(dst, row{plan: p, event: e})
}

// begin forgets the context of the transaction before.
func (t *Transformer) begin(tx *change.Tx) {
	t.tx = tx
	if t.context.used {
		t.context = txContext{}
	}
	if tx != nil {
		t.time = tx.Time.UTC().Truncate(time.Microsecond)
		t.month = t.time.Year()*12 + int(t.time.Month()) - 1
	}
}

// indexFor returns the name of the index by group and month of commit.
func (t *Transformer) indexFor(p *plan) string {
	if p.index == "" || p.month != t.month {
		p.month, p.index = t.month, t.indexName(p.group)
	}
	return p.index
}

func (t *Transformer) indexName(group string) string {
	return fmt.Sprintf("trail-%s-%s-%04d.%02d", t.cfg.System, group, t.month/12, t.month%12+1)
}

// keep makes a string of b, which is t.scratch extended, and takes its memory back.
func (t *Transformer) keep(b []byte) string {
	t.scratch = b[:0]
	return t.strings.String(b)
}
