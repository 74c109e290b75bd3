package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

// journal writes down, in order, what the stations were told. The stations here
// are scripts without servers: what is under test is the order between them.
type journal struct {
	mu      sync.Mutex
	entries []string
	// confirmed are the positions given to Confirm.
	confirmed []change.LSN
	receipts  []document.Receipt
	// hold blocks Write of the document with this id until it is closed.
	hold map[string]chan struct{}
	// failWrite and failPublish make a station break.
	failWrite, failPublish error
	head                   document.Receipt
}

func (j *journal) note(s string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, s)
}

func (j *journal) Confirm(lsn change.LSN) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.confirmed = append(j.confirmed, lsn)
	j.entries = append(j.entries, "confirm "+lsn.String())
}

func (j *journal) Write(ctx context.Context, docs []document.Change) error {
	if j.failWrite != nil {
		return j.failWrite
	}
	for i := range docs {
		if gate := j.hold[docs[i].Event.ID]; gate != nil {
			select {
			case <-gate:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
	for i := range docs {
		j.note("indexed " + docs[i].Event.ID)
	}
	return nil
}

func (j *journal) Publish(_ context.Context, docs []document.Change) (document.StreamRange, error) {
	if j.failPublish != nil {
		return document.StreamRange{}, j.failPublish
	}
	for i := range docs {
		j.note("published " + docs[i].Event.ID)
	}
	return document.StreamRange{}, nil
}

func (j *journal) Head(context.Context) (document.Receipt, bool, error) {
	return j.head, j.head.Hash != "", nil
}

func (j *journal) AppendReceipt(_ context.Context, r document.Receipt) error {
	j.mu.Lock()
	j.receipts = append(j.receipts, r)
	j.mu.Unlock()
	j.note("receipt " + r.From.String() + " " + r.To.String())
	return nil
}

// script is a source that hands out batches and then waits, or fails.
type script struct {
	*journal
	batches []*change.Batch
	err     error
}

func (s *script) Next(ctx context.Context) (*change.Batch, error) {
	if len(s.batches) > 0 {
		b := s.batches[0]
		s.batches = s.batches[1:]
		return b, nil
	}
	if s.err != nil {
		return nil, s.err
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// byContent makes a document of every event, with the event's content as id.
type byContent struct{}

func (byContent) Transform(dst *document.Batch, src *change.Batch) {
	for _, e := range src.Events {
		c := dst.Add()
		c.Event.ID, c.Position, c.Timestamp = e.Content, e.Pos, time.Unix(0, 0)
	}
}

func event(commit change.LSN, id string) change.Event {
	return change.Event{Kind: change.Message, Pos: change.Position{Commit: commit}, Content: id}
}

func batch(end change.LSN, events ...change.Event) *change.Batch {
	return &change.Batch{Events: events, End: end, Bytes: 100 * len(events)}
}

// run runs a script for a while of virtual time, stops it, and returns its error.
func run(t *testing.T, j *journal, sourceErr error, batches ...*change.Batch) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- Run(ctx, options(j, sourceErr, batches)) }()
	time.Sleep(time.Minute)
	cancel()
	return <-result
}

func options(j *journal, sourceErr error, batches []*change.Batch) Options {
	return Options{
		Source:      &script{journal: j, batches: batches, err: sourceErr},
		Transformer: byContent{}, Index: j, Publisher: j, Ledger: j, Start: 50,
	}
}

// before fails unless a stands in the journal and before b.
func (j *journal) before(t *testing.T, a, b string) {
	t.Helper()
	ia, ib := slices.Index(j.entries, a), slices.Index(j.entries, b)
	if ia < 0 || ib < 0 || ia > ib {
		t.Fatalf("want %q before %q in\n%q", a, b, j.entries)
	}
}

func TestTriggersFollowDocumentsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		j := &journal{hold: map[string]chan struct{}{"a": gate}}
		time.AfterFunc(30*time.Second, func() { close(gate) })
		if err := run(t, j, nil, batch(150, event(100, "a")), batch(250, event(200, "b")), batch(350, event(300, "c"))); err != nil {
			t.Fatal(err)
		}
		j.before(t, "indexed b", "indexed a") // b did not wait for a …
		j.before(t, "indexed a", "published a")
		j.before(t, "published a", "published b") // … but its trigger did
		j.before(t, "published b", "published c")
		j.before(t, "published c", "confirm 0/15E")
	})
}

func TestNothingIsConfirmedBeforeItsReceipt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		if err := run(t, j, nil, batch(150, event(100, "a")), batch(250, event(200, "b"))); err != nil {
			t.Fatal(err)
		}
		j.before(t, "published b", "receipt 0/32 0/FA")
		j.before(t, "receipt 0/32 0/FA", "confirm 0/FA")
		if len(j.receipts) != 1 || j.receipts[0].N != 2 {
			t.Fatalf("receipts %+v, want one of two documents: they come at most every five seconds", j.receipts)
		}
	})
}

func TestFlushSettlesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		ask := batch(260)
		ask.Flush = true
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() { result <- Run(ctx, options(j, nil, []*change.Batch{batch(250, event(200, "b")), ask})) }()
		synctest.Wait()
		j.before(t, "receipt 0/32 0/104", "confirm 0/104")
		cancel()
		if err := <-result; err != nil {
			t.Fatal(err)
		}
	})
}

func TestAnIdleLineConfirmsRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		if err := run(t, j, nil, batch(300), batch(310), batch(320)); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(j.confirmed, []change.LSN{320}) {
			t.Fatalf("confirmed %v, want only the last position, once", j.confirmed)
		}
	})
}

func TestABatchIsCutWhereATransactionIsUnfinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		err := run(t, j, nil, batch(250, event(200, "ended"), event(300, "open")), batch(0, event(300, "more")))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(j.confirmed, []change.LSN{250}) || j.receipts[0].N != 1 {
			t.Fatalf("confirmed %v with receipts %+v, want only what ended", j.confirmed, j.receipts)
		}
		j.before(t, "published open", "published more")
	})
}

func TestStopDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		j := &journal{hold: map[string]chan struct{}{"a": gate}}
		time.AfterFunc(time.Minute+5*time.Second, func() { close(gate) }) // five seconds after the stop
		if err := run(t, j, nil, batch(150, event(100, "a"))); err != nil {
			t.Fatal(err)
		}
		j.before(t, "published a", "confirm 0/96")
	})
}

func TestStopDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{hold: map[string]chan struct{}{"a": make(chan struct{})}}
		if err := run(t, j, nil, batch(150, event(100, "a"))); err != nil {
			t.Fatal(err)
		}
		if len(j.confirmed) != 0 {
			t.Fatalf("confirmed %v although a is not durable", j.confirmed)
		}
	})
}

func TestABrokenStationEndsTheSession(t *testing.T) {
	broken := errors.New("broken")
	for name, j := range map[string]*journal{
		"index":   {failWrite: broken},
		"publish": {failPublish: broken},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := run(t, j, nil, batch(150, event(100, "a")), batch(250, event(200, "b")))
				if !errors.Is(err, broken) {
					t.Fatalf("error %v, want the station's", err)
				}
				if len(j.confirmed) != 0 {
					t.Fatalf("confirmed %v after a failure", j.confirmed)
				}
			})
		})
	}
}

func TestALostSourceFinishesWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := errors.New("connection lost")
		j := &journal{}
		if err := run(t, j, lost, batch(150, event(100, "a"))); !errors.Is(err, lost) {
			t.Fatalf("error %v, want the source's", err)
		}
		j.before(t, "published a", "receipt 0/32 0/96")
	})
}

func TestReceiptsChainOnFromTheHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{head: document.Receipt{From: 10, To: 150, Hash: "h"}}
		if err := run(t, j, nil, batch(150, event(100, "again")), batch(250, event(200, "b"))); err != nil {
			t.Fatal(err)
		}
		if len(j.receipts) != 1 || j.receipts[0].From != 150 || j.receipts[0].PrevHash != "h" || j.receipts[0].N != 1 {
			t.Fatalf("receipts %+v, want one that goes on from the head", j.receipts)
		}
	})
}

func TestWithoutALedgerTheSlotIsTheState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		o := options(j, nil, []*change.Batch{batch(150, event(100, "a"))})
		o.Ledger = nil
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() { result <- Run(ctx, o) }()
		synctest.Wait()
		j.before(t, "published a", "confirm 0/96")
		cancel()
		if err := <-result; err != nil {
			t.Fatal(err)
		}
	})
}

func TestTheWindowBoundsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		j := &journal{hold: map[string]chan struct{}{"a": gate}}
		big := func(end change.LSN, id string) *change.Batch {
			b := batch(end, event(end-50, id))
			b.Bytes = 10 << 20
			return b
		}
		o := options(j, nil, []*change.Batch{big(150, "a"), big(250, "b"), big(350, "c")})
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() { result <- Run(ctx, o) }()
		time.Sleep(time.Minute)
		if slices.Contains(j.entries, "indexed b") {
			t.Fatal("20 MiB went onto a line with a window of 16 MiB")
		}
		close(gate)
		time.Sleep(time.Minute)
		j.before(t, "published b", "published c")
		cancel()
		if err := <-result; err != nil {
			t.Fatal(err)
		}
	})
}
