package indexer

import (
	"strconv"

	"github.com/waltrail/waltrail/document"
)

// outcome is what became of an item in one attempt.
type outcome uint8

const (
	// unsure items were not mentioned in a usable answer: they are sent again,
	// which is harmless because they are only ever created.
	unsure outcome = iota
	// durable items are done.
	durable
	// refused items have their err set.
	refused
)

// item is one document on its way into an index.
type item struct {
	doc   *document.Change
	index string
	id    string
	body  []byte

	outcome outcome
	err     *Error // set when refused
	// cause is why the item goes to the quarantine instead of its own index.
	cause *Error
	// withoutBody says that the quarantine could not take the document's text.
	withoutBody bool
	// fork counts the changes found under this item's id before it; baseID is
	// the id that it had first.
	fork   int
	baseID string
}

func (it *item) quarantined() bool { return it.cause != nil }

// rename gives the document an id that says which timeline it belongs to,
// because a different change has the id: <id>~t<timeline>e<epoch>. The caller's document
// changes with it, so that its trigger and receipt name the stored document.
func (it *item) rename() {
	if it.fork == 0 {
		it.baseID = it.id
	}
	it.fork++
	it.id = it.baseID + "~t" + strconv.FormatUint(uint64(it.doc.Trail.Tx.Timeline), 10) + "e" + strconv.Itoa(it.fork)
	var e document.Encoder
	it.doc.Event.ID = it.id
	it.doc.Body = e.Append(nil, it.doc)
	it.body = it.doc.Body
}

// cost is about what the item takes in a request, in bytes.
func (it *item) cost() int { return len(it.body) + len(it.id) + len(it.index) + 64 }
