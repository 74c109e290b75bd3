package pipeline

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

// docAt is a change of the transaction with the commit record at commit.
func docAt(commit change.LSN, n int) document.Change {
	id := fmt.Sprintf("%016x-%d", uint64(commit), n)
	return document.Change{
		Event:    document.Event{ID: id},
		Position: change.Position{Commit: commit, N: uint16(n)},
		Sum:      sha256.Sum256([]byte(id)),
	}
}

func docsAt(commit change.LSN, n int) []document.Change {
	docs := make([]document.Change, n)
	for i := range docs {
		docs[i] = docAt(commit, i)
	}
	return docs
}

func TestAccountOwesNothingBeforeAnEnd(t *testing.T) {
	var a account
	a.add(&cargo{docs: docsAt(100, 3)}, document.StreamRange{})
	if _, ok := a.owed(time.Now()); ok {
		t.Fatal("a receipt is owed for a transaction that has not ended")
	}
	a.add(&cargo{docs: docsAt(100, 2), end: 150}, document.StreamRange{})
	r, ok := a.owed(time.Now())
	if !ok || r.To != 150 || r.N != 5 {
		t.Fatalf("owed %+v, %v; want five documents up to 0/96", r, ok)
	}
}

func TestAccountKeepsAnUnfinishedTransactionApart(t *testing.T) {
	var a account
	a.add(&cargo{docs: docsAt(100, 2), end: 150}, document.StreamRange{})
	a.add(&cargo{docs: docsAt(200, 7)}, document.StreamRange{})
	r, ok := a.owed(time.Now())
	if !ok || r.N != 2 || r.To != 150 {
		t.Fatalf("owed %+v, %v; want the two documents of the ended transaction", r, ok)
	}
	a.settled(r)
	a.add(&cargo{docs: docsAt(200, 1), end: 250}, document.StreamRange{})
	r, ok = a.owed(time.Now())
	if !ok || r.N != 8 || r.From != 150 || r.To != 250 {
		t.Fatalf("owed %+v, %v; want the eight documents of the second transaction", r, ok)
	}
}

func TestAccountAsksToSettleBeforeALongTransaction(t *testing.T) {
	var a account
	a.add(&cargo{docs: docsAt(100, 1), end: 150}, document.StreamRange{})
	if full := a.add(&cargo{docs: docsAt(200, maxTail-1)}, document.StreamRange{}); full {
		t.Fatal("full before the tail has its length")
	}
	if full := a.add(&cargo{docs: docsAt(200, 1)}, document.StreamRange{}); !full {
		t.Fatal("not full at the tail's length")
	}
	r, _ := a.owed(time.Now())
	a.settled(r)
	a.fold()
	if _, ok := a.owed(time.Now()); ok {
		t.Fatal("a receipt is owed inside the long transaction")
	}
	a.add(&cargo{docs: docsAt(200, 5), end: 300}, document.StreamRange{})
	if r, ok := a.owed(time.Now()); !ok || r.N != maxTail+5 {
		t.Fatalf("owed %d documents, %v; want %d", r.N, ok, maxTail+5)
	}
}

func TestAccountDoesNotCountAReplayTwice(t *testing.T) {
	a := account{from: 250}
	a.add(&cargo{docs: docsAt(100, 4), end: 150}, document.StreamRange{})
	r, ok := a.owed(time.Now())
	if !ok || r.From != r.To || r.N != 0 {
		t.Fatalf("owed %+v, %v; want an empty receipt", r, ok)
	}
	if confirm := a.settled(r); confirm != 150 {
		t.Fatalf("confirms %s, want 0/96: the receipt of an earlier session covers it", confirm)
	}
	a.add(&cargo{docs: append(docsAt(200, 1), docsAt(260, 2)...), end: 300}, document.StreamRange{})
	if r, _ = a.owed(time.Now()); r.N != 2 || r.From != 250 || r.To != 300 {
		t.Fatalf("owed %+v; want the two documents after the last receipt", r)
	}
}

func TestAccountPanicsWhenTheEndFalls(t *testing.T) {
	var a account
	a.add(&cargo{end: 150}, document.StreamRange{})
	defer func() {
		if recover() == nil {
			t.Fatal("a falling end went through")
		}
	}()
	a.add(&cargo{end: 100}, document.StreamRange{})
}

// TestAccountReceiptsDoNotDependOnBatches cuts the same log into batches and
// settles at random: sums, roots and borders always add up to the same.
func TestAccountReceiptsDoNotDependOnBatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a account
		var n, idSum, wantN, wantSum uint64
		last := change.LSN(0)
		settle := func() {
			r, ok := a.owed(time.Now())
			if !ok {
				return
			}
			if r.From != last {
				t.Fatalf("receipt from %s, want %s: receipts are contiguous", r.From, last)
			}
			last = r.To
			n, idSum = n+r.N, idSum+r.IDSum
			a.settled(r)
		}
		for tx := range rapid.IntRange(1, 20).Draw(t, "transactions") {
			commit := change.LSN(1000 * (tx + 1))
			docs := docsAt(commit, rapid.IntRange(0, 12).Draw(t, "rows"))
			for i := range docs {
				wantN, wantSum = wantN+1, wantSum+uint64(document.IDHash(docs[i].Event.ID))
			}
			cut := rapid.IntRange(0, len(docs)).Draw(t, "cut")
			a.add(&cargo{docs: docs[:cut]}, document.StreamRange{})
			if rapid.Bool().Draw(t, "settle inside") {
				settle()
			}
			a.add(&cargo{docs: docs[cut:], end: commit + 50}, document.StreamRange{})
			if rapid.Bool().Draw(t, "settle after") {
				settle()
			}
		}
		settle()
		if n != wantN || idSum != wantSum {
			t.Fatalf("receipts count %d documents with sum %d, want %d and %d", n, idSum, wantN, wantSum)
		}
	})
}
