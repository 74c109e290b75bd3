package indexer

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
	"github.com/waltrail/waltrail/internal/testenv"
)

// receipt makes a sealed receipt.
func receipt(t *testing.T, from, to change.LSN, when time.Time) document.Receipt {
	t.Helper()
	r := document.Receipt{From: from, To: to, N: 7, IDSum: 1 << 40, Timeline: 1, Time: when}
	r.Stream = document.StreamRange{Name: "TRAIL", Created: when, FirstSeq: 1, LastSeq: 7, Count: 7}
	if err := r.Seal(); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestHeadIsTheHighestReceipt(t *testing.T) {
	es := testenv.Elasticsearch(t)
	x := open(t, es.URL, es.System)
	if _, found, err := x.Head(limited(t)); found || err != nil {
		t.Fatalf("before the first receipt Head returns %v, %v", found, err)
	}
	march, april := time.Date(2026, 3, 31, 23, 59, 59, 123456000, time.UTC), time.Date(2026, 4, 1, 0, 0, 4, 0, time.UTC)
	chain := []document.Receipt{
		receipt(t, 0x100, 0x200, march), receipt(t, 0x200, 0x1_0000_0000, march), receipt(t, 0x1_0000_0000, 0x7fff_ffff_ffff_ffff, april),
	}
	for i, r := range chain {
		if err := x.AppendReceipt(limited(t), r); err != nil {
			t.Fatal(err)
		}
		head, found, err := open(t, es.URL, es.System).Head(limited(t))
		if err != nil || !found {
			t.Fatalf("Head after receipt %d: %v, %v", i, found, err)
		}
		if diff := cmp.Diff(r, head); diff != "" {
			t.Fatalf("head after receipt %d (-want +got):\n%s", i, diff)
		}
	}
}

func TestReceiptsCollide(t *testing.T) {
	es := testenv.Elasticsearch(t)
	x := open(t, es.URL, es.System)
	march, april := time.Date(2026, 3, 31, 23, 59, 59, 0, time.UTC), time.Date(2026, 4, 1, 0, 0, 1, 0, time.UTC)
	mine := receipt(t, 0x100, 0x200, march)
	for range 2 { // the second time is what a lost answer leads to
		if err := x.AppendReceipt(limited(t), mine); err != nil {
			t.Fatal(err)
		}
	}
	for name, other := range map[string]document.Receipt{
		"same month": receipt(t, 0x100, 0x300, march), "next month": receipt(t, 0x100, 0x300, april),
	} {
		if err := x.AppendReceipt(limited(t), other); !errors.Is(err, ErrReceiptConflict) {
			t.Errorf("%s: another receipt from the same position returns %v", name, err)
		}
	}
	if n := es.Count(t, es.Indices()); n != 1 {
		t.Errorf("%d receipts, want 1", n)
	}
}

// TestHeadSeesAllReceipts closes the index that holds the head: an older
// receipt, or none, would be a wrong answer.
func TestHeadSeesAllReceipts(t *testing.T) {
	es := testenv.Elasticsearch(t)
	x := open(t, es.URL, es.System)
	march, april := time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC), time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	for _, r := range []document.Receipt{receipt(t, 1, 2, march), receipt(t, 2, 3, april)} {
		if err := x.AppendReceipt(limited(t), r); err != nil {
			t.Fatal(err)
		}
	}
	mustDo(t, es, http.MethodPost, "/"+x.receiptsIndex(april)+"/_close", "")
	type answer struct {
		head document.Receipt
		err  error
	}
	done, ctx := make(chan answer, 1), limited(t)
	go func() {
		head, _, err := x.Head(ctx)
		done <- answer{head, err}
	}()
	testenv.Eventually(t, "Head waits", 30*time.Second, func() bool { return x.Healthy() != nil })
	mustDo(t, es, http.MethodPost, "/"+x.receiptsIndex(april)+"/_open", "")
	if got := <-done; got.err != nil || got.head.To != 3 {
		t.Fatalf("Head returns %v, %v", got.head.To, got.err)
	}
}
