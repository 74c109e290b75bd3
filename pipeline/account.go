package pipeline

import (
	"fmt"
	"time"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

// maxTail is how many changes of an unfinished transaction are held back from the
// sums, 36 bytes each. A longer transaction has the receipt before it written early.
const maxTail = 8192

// account gathers what the next receipt will say. It has no clock and no I/O.
type account struct {
	// from is where the next receipt begins: the end of the last one. During a
	// replay it lies ahead of what is delivered, and those changes are not counted again.
	from change.LSN
	// end is the last transaction end delivered.
	end change.LSN
	// confirmed is the last position given to Confirm; it never falls (invariant 4).
	confirmed change.LSN
	timeline  uint32
	// prev is the hash of the last receipt.
	prev string

	// sums covers the changes up to end; with open set also the beginning of
	// the transaction after it, and then no receipt can be made.
	sums sums
	open bool
	// tail are the changes beyond end while open is not set.
	tail       []leaf
	tailStream document.StreamRange
}

// sums is what a receipt says of its documents.
type sums struct {
	n, idSum uint64
	merkle   document.Merkle
	stream   document.StreamRange
}

func (s *sums) add(l leaf) {
	s.n++
	s.idSum += uint64(l.id)
	s.merkle.Add(l.sum)
}

// leaf is what one document adds to the sums.
type leaf struct {
	id  uint32
	sum [32]byte
}

// add counts a delivered cargo. It reports whether the tail is full: then the
// caller settles what is owed and calls fold.
func (a *account) add(c *cargo, stream document.StreamRange) (full bool) {
	if c.end != 0 {
		a.fold()
		a.open = false
	}
	for i := range c.docs {
		d := &c.docs[i]
		if d.Position.Commit < a.from {
			continue // an earlier session's receipt has it
		}
		l := leaf{id: document.IDHash(d.Event.ID), sum: d.Sum}
		if c.end != 0 || a.open {
			a.sums.add(l)
		} else {
			a.tail = append(a.tail, l)
		}
	}
	if c.end == 0 {
		a.tailStream.Add(stream)
		return len(a.tail) >= maxTail
	}
	a.sums.stream.Add(stream)
	if c.end < a.end {
		panic(fmt.Sprintf("invariant 4: end %s delivered after %s", c.end, a.end))
	}
	a.end = c.end
	return false
}

// fold moves the tail into the sums, which then cover an unfinished transaction.
func (a *account) fold() {
	for _, l := range a.tail {
		a.sums.add(l)
	}
	a.sums.stream.Add(a.tailStream)
	a.tail, a.tailStream = a.tail[:0], document.StreamRange{}
	a.open = true
}

// owed returns the receipt for all transactions delivered, and whether there is
// something to confirm. During a replay the receipt is empty: To equals From.
func (a *account) owed(now time.Time) (document.Receipt, bool) {
	if a.open || a.end <= a.confirmed {
		return document.Receipt{}, false
	}
	return document.Receipt{
		From: a.from, To: max(a.from, a.end), N: a.sums.n, IDSum: a.sums.idSum, MerkleRoot: a.sums.merkle.Root(),
		Stream: a.sums.stream, Timeline: a.timeline, Time: now.UTC().Truncate(time.Microsecond), PrevHash: a.prev,
	}, true
}

// settled notes that the receipt is durable and returns what may be confirmed.
func (a *account) settled(r document.Receipt) change.LSN {
	if r.To > r.From {
		a.from, a.prev, a.sums = r.To, r.Hash, sums{}
	}
	a.confirmed = a.end
	return a.end
}
