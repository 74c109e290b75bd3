package triggers

import (
	"bytes"
	"encoding/hex"
	"unicode/utf8"

	"github.com/waltrail/waltrail/document"
)

// shortening is how much of a document a message leaves out.
type shortening uint8

const (
	whole shortening = iota
	// withoutValues leaves out what can be long: it says that and where
	// something changed, not to what.
	withoutValues
	// identity is what finds the document: its id, item and place in the log.
	identity
)

// maxHeaders is more than the headers of a message ever take, in bytes.
const maxHeaders = 8 << 10

// keptText is how much of an item's id, in bytes, the shortest form keeps.
const keptText = 256

// fit shortens the message until it takes at most limit bytes. A message that
// does not fit even then goes out all the same: the server's refusal is held like any other.
func (e *envelope) fit(doc *document.Change, limit int, degree shortening) shortening {
	// Counting the headers of every message would cost more than it is worth.
	if degree == whole && (len(doc.Body) <= limit-maxHeaders || e.size() <= limit) {
		return whole
	}
	if doc.Index != "" { // nothing is stored in triggers-only mode
		e.optional(headerDataref, e.dataref, true, doc.Index+"/"+doc.Event.ID)
	}
	if degree <= withoutValues {
		e.shorten(doc, stripped(doc))
		if e.size() <= limit {
			return withoutValues
		}
	}
	e.shorten(doc, identified(doc))
	return identity
}

// shorten makes short the body. It carries the hash of the whole document,
// which is what is stored under its id and what a reader compares with.
func (e *envelope) shorten(doc *document.Change, short document.Change) {
	e.body = e.encoder.Append(e.body[:0], &short)
	if doc.Sum != ([32]byte{}) {
		computed := hex.AppendEncode(nil, short.Sum[:])
		if at := bytes.Index(e.body, computed); at >= 0 {
			hex.Encode(e.body[at:at+len(computed)], doc.Sum[:])
		}
	}
	e.msg.Data = e.body
}

// stripped copies a document without the values of its fields and all else of
// free length.
func stripped(doc *document.Change) document.Change {
	short := *doc
	short.Message, short.Labels = "", ""
	t := &short.Trail
	t.Change.Truncated = true
	t.Change.Title, t.Change.DescriptionHTML, t.Change.Comment = "", "", ""
	t.Data, t.Snapshot, t.Terms = "", nil, nil
	t.Fields = make([]document.Field, len(doc.Trail.Fields))
	for i, f := range doc.Trail.Fields {
		t.Fields[i] = document.Field{Field: f.Field, Path: f.Path, Label: f.Label, Type: f.Type, Op: f.Op}
	}
	return short
}

// identified is the smallest document: what finds the whole one.
func identified(doc *document.Change) document.Change {
	short := document.Change{Timestamp: doc.Timestamp, Event: doc.Event}
	short.Event.Reason = ""
	from, to := &doc.Trail, &short.Trail
	to.V, to.Sequence, to.Tx, to.Reconciled = from.V, from.Sequence, from.Tx, from.Reconciled
	to.Entity = from.Entity
	to.Item = document.Item{UID: head(from.Item.UID), ID: head(from.Item.ID)}
	to.Change = document.Detail{Type: from.Change.Type, Truncated: true}
	return short
}

// head cuts a text at keptText bytes, between characters.
func head(s string) string {
	if len(s) <= keptText {
		return s
	}
	end := keptText
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}
