package indexer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// quarantineBody is a refused document as it is kept. The document stands in
// it as a text, which nothing can refuse; cause holds no values.
type quarantineBody struct {
	Timestamp time.Time       `json:"@timestamp"`
	Cause     quarantineCause `json:"cause"`
	// Index is where the document belongs.
	Index string `json:"index"`
	// Bytes is the length of the document, also when it is too long even here.
	Bytes    int             `json:"bytes"`
	Document string          `json:"document,omitempty"`
	Trail    quarantineTrail `json:"trail"`
}

type quarantineCause struct {
	Type  string `json:"type"`
	Field string `json:"field,omitempty"`
}

type quarantineTrail struct {
	Entity struct {
		Name string `json:"name"`
	} `json:"entity"`
	Item struct {
		UID string `json:"uid"`
	} `json:"item"`
	Tx struct {
		ID     uint64 `json:"id"`
		Commit uint64 `json:"commit_lsn"`
	} `json:"tx"`
}

// refuse sends a document that its index will never take to the quarantine,
// in the same Write. What the quarantine refuses too is held.
func (w *writer) refuse(it *item, err error) {
	var cause *Error
	if !errors.As(err, &cause) {
		cause = &Error{}
	}
	if cause.Type == "" { // a proxy refused it, for its size
		cause = &Error{Status: cause.Status, Type: fmt.Sprintf("http_%d", cause.Status)}
	}
	switch {
	case !it.quarantined():
		it.cause, it.index, it.id = cause, w.x.schema.quarantine.pattern, quarantineID(it.id)
	case !it.withoutBody:
		it.withoutBody = true
	default:
		w.later(err, hold)
		return
	}
	body, problem := w.x.quarantineBody(it)
	if problem != nil {
		w.later(problem, unknown)
		return
	}
	it.body = body
}

// quarantineID is the document's id, or a digest of one that is too long to be
// an id: such a document could not be kept otherwise.
func quarantineID(id string) string {
	const longest = 512 // bytes, the server's limit
	if len(id) > 0 && len(id) <= longest {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "sha256-" + hex.EncodeToString(sum[:])
}

func (x *Indexer) quarantineBody(it *item) ([]byte, error) {
	b := quarantineBody{
		Timestamp: it.doc.Timestamp, Index: it.doc.Index, Bytes: len(it.doc.Body),
		Cause: quarantineCause{Type: it.cause.Type, Field: it.cause.field(x.schema.fields)},
	}
	if !it.withoutBody {
		b.Document = string(it.doc.Body)
	}
	b.Trail.Entity.Name = it.doc.Trail.Entity.Name
	b.Trail.Item.UID = it.doc.Trail.Item.UID
	b.Trail.Tx.ID = it.doc.Trail.Tx.ID
	b.Trail.Tx.Commit = uint64(it.doc.Trail.Tx.CommitLSN)
	return json.Marshal(&b)
}

// logQuarantined tells about a document, without its values (invariant 7).
func (x *Indexer) logQuarantined(it *item) {
	x.log.Warn("the index refuses a document for good; it is in the quarantine, and its trigger goes out",
		"id", it.id, "index", it.doc.Index, "error_type", it.cause.Type, "field", it.cause.field(x.schema.fields),
		"document_kept", !it.withoutBody, "quarantine", it.index)
}
