package indexer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/waltrail/waltrail/document"
)

// ErrReceiptConflict says that another receipt begins where this one does:
// another daemon leads. The one that gets it must stop.
var ErrReceiptConflict = errors.New("another receipt begins at the same position: another daemon writes this system's trail; stop this one, and check that both use the same replication slot")

func (x *Indexer) receiptsIndex(t time.Time) string {
	return "trail-" + x.system + "-receipts-" + monthOf(t)
}

// AppendReceipt stores a sealed receipt, once: appending the same one again is harmless, another
// one with the same From is ErrReceiptConflict. It waits for the server as Write does.
func (x *Indexer) AppendReceipt(ctx context.Context, r document.Receipt) error {
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	return x.persist(ctx, func(ctx context.Context) error { return x.appendReceipt(ctx, &r, body) }, finalForReceipt)
}

// finalForReceipt tells what no repetition cures: a conflict, or a receipt
// that the index cannot take, which breaks an invariant of ours.
func finalForReceipt(err error) bool {
	var e *Error
	return errors.Is(err, ErrReceiptConflict) || errors.As(err, &e) && policyOfType(e.Type) == quarantine
}

func (x *Indexer) appendReceipt(ctx context.Context, r *document.Receipt, body []byte) error {
	index, id, alias := x.receiptsIndex(r.Time), fmt.Sprintf("%016x", uint64(r.From)), true
	if err := x.ensure(ctx, index); err != nil {
		return fmt.Errorf("index %s: %w", index, err)
	}
	// The index changes with the month, the position does not: a receipt of
	// last month must collide too.
	before := x.receiptsIndex(r.Time.UTC().AddDate(0, 0, -r.Time.UTC().Day()))
	if stored, err := x.storedReceipt(ctx, before, id); err != nil || stored.Found {
		return cmpReceipt(stored, r, err)
	}
	err := x.client.ask(ctx, esapi.CreateRequest{
		Index: writeAlias(index), DocumentID: id, Body: bytes.NewReader(body), RequireAlias: &alias,
	}, nil)
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	switch policyOfType(e.Type) {
	case createIndex:
		x.lost(index)
	case conflict:
		stored, err := x.storedReceipt(ctx, index, id)
		return cmpReceipt(stored, r, err)
	case unknown, transient, hold, quarantine, split:
	}
	return err
}

// storedReceipt is a receipt as the index has it.
type storedReceipt struct {
	Found  bool  `json:"found"`
	SeqNo  int64 `json:"_seq_no"`
	Source struct {
		Hash string `json:"hash"`
	} `json:"_source"`
	checkpoint int64
}

// storedReceipt reads a receipt by id; not found is no error.
func (x *Indexer) storedReceipt(ctx context.Context, index, id string) (*storedReceipt, error) {
	var stored storedReceipt
	checkpoints, err := x.checkpoints(ctx, index)
	if err == nil {
		err = x.client.ask(ctx, esapi.GetRequest{Index: index, DocumentID: id, SourceIncludes: []string{"hash"}}, &stored)
	}
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusNotFound {
		return &storedReceipt{}, nil
	}
	stored.checkpoint = checkpoints["0"] // our indices have one shard
	return &stored, err
}

// cmpReceipt says whether a stored receipt is the one that was to be stored.
func cmpReceipt(stored *storedReceipt, r *document.Receipt, err error) error {
	switch {
	case err != nil:
		return err
	case !stored.Found:
		return errUnsure
	case stored.Source.Hash != r.Hash:
		return fmt.Errorf("%w (position %s)", ErrReceiptConflict, r.From)
	case stored.SeqNo > stored.checkpoint:
		return errNotReplicated
	}
	return nil
}

// Head returns the receipt with the highest To, and false when there is none
// yet. It waits for the server as Write does, and never answers from a part of the receipts.
func (x *Indexer) Head(ctx context.Context) (document.Receipt, bool, error) {
	var head document.Receipt
	found := false
	err := x.persist(ctx, func(ctx context.Context) error {
		var err error
		head, found, err = x.head(ctx)
		return err
	}, func(error) bool { return false })
	return head, found, err
}

func (x *Indexer) head(ctx context.Context) (r document.Receipt, found bool, err error) {
	pattern, yes, no := []string{x.schema.receipts.pattern}, true, false
	// A receipt that was just written is not searchable before a refresh. Closed
	// indices are named too, so that they are an error and not an absence.
	err = x.client.ask(ctx, esapi.IndicesRefreshRequest{Index: pattern, AllowNoIndices: &yes}, nil)
	if err != nil {
		return r, false, fmt.Errorf("refresh of the receipts: %w", err)
	}
	var answer struct {
		Hits struct {
			Hits []struct {
				Source document.Receipt `json:"_source"`
			} `json:"hits"`
		} `json:"hits"`
	}
	err = x.client.ask(ctx, esapi.SearchRequest{
		Index: pattern, AllowNoIndices: &yes, IgnoreUnavailable: &no, AllowPartialSearchResults: &no,
		ExpandWildcards: "open,closed",
		Body:            bytes.NewReader([]byte(`{"size":1,"sort":[{"to":"desc"}],"track_total_hits":false}`)),
	}, &answer)
	if err != nil || len(answer.Hits.Hits) == 0 {
		return r, false, err
	}
	return answer.Hits.Hits[0].Source, true, nil
}
