package triggers

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/waltrail/waltrail/document"
)

// flightOf makes a flight with one message per letter, each letter an item.
func flightOf(items string) *flight {
	f := &flight{}
	last := map[rune]int{}
	for i, item := range items {
		after := -1
		if at, ok := last[item]; ok {
			after = at
		}
		f.add(due{doc: &document.Change{Event: document.Event{ID: fmt.Sprint(i)}}}, after)
		last[item] = i
	}
	return f
}

// sendAll sends what may leave and returns how many that were.
func sendAll(f *flight, window, bytes int) int {
	n := 0
	for i := f.sendable(window, bytes); i >= 0; i = f.sendable(window, bytes) {
		f.leaves(i, 10)
		n++
	}
	return n
}

func TestFlightSends(t *testing.T) {
	for _, tc := range []struct {
		name   string
		items  string
		chain  bool
		window int
		bytes  int
		want   int
	}{
		{"everything of different items", "abcdef", false, 100, 1000, 6},
		{"up to the window", "abcdef", false, 4, 1000, 4},
		{"up to the bytes", "abcdef", false, 100, 30, 3},
		{"one message whatever its size", "abc", false, 100, 1, 1},
		{"up to an item that is in flight", "abcbd", false, 100, 1000, 3},
		{"a chain without waiting", "abcbd", true, 100, 1000, 5},
		{"one item without waiting when chained", "aaaaaa", true, 100, 1000, 6},
		{"one item one by one when not", "aaaaaa", false, 100, 1000, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := flightOf(tc.items)
			f.rewind(tc.chain)
			if got := sendAll(f, tc.window, tc.bytes); got != tc.want {
				t.Errorf("%d messages left, want %d", got, tc.want)
			}
		})
	}
}

func TestFlightWaitsForAllUpToTheItem(t *testing.T) {
	f := flightOf("aba")
	f.rewind(false)
	sendAll(f, 100, 1000)
	f.ack(1)
	if sendAll(f, 100, 1000) != 0 {
		t.Error("the second message of an item left before the first was acknowledged")
	}
	f.ack(0)
	if sendAll(f, 100, 1000) != 1 {
		t.Error("the second message of an item waits although the first is acknowledged")
	}
}

func TestChainsAreShort(t *testing.T) {
	items := []rune("a")
	for range maxChain {
		items = append(items, rune('b'+len(items)))
	}
	f := flightOf(string(append(items, 'a')))
	f.rewind(true)
	if got := sendAll(f, 1000, 1<<20); got != len(items) {
		t.Errorf("%d messages left, want all but the last, which is too far for a chain", got)
	}
}

func TestFlightNumbers(t *testing.T) {
	f := flightOf("abc")
	f.rewind(false)
	sendAll(f, 100, 1000)
	f.ack(1)
	old := f.base
	for _, tc := range []struct {
		name   string
		number uint64
		want   bool
	}{
		{"a message in flight", old, true},
		{"one acknowledged already", old + 1, false},
		{"one of a later flight", old + 3, false},
		{"one of an earlier flight", old - 1, false},
	} {
		if _, ok := f.find(tc.number); ok != tc.want {
			t.Errorf("%s: found = %v, want %v", tc.name, ok, tc.want)
		}
	}
	f.reset()
	if f.base != old+3 {
		t.Errorf("numbers go on at %d, want %d", f.base, old+3)
	}
}

func TestLateAcknowledgementCounts(t *testing.T) {
	f := flightOf("ab")
	f.rewind(false)
	sendAll(f, 100, 1000)
	f.rewind(false)
	f.ack(0)
	if f.pending != 0 {
		t.Errorf("%d pending after an answer to the earlier round, want 0", f.pending)
	}
	if got := sendAll(f, 100, 1000); got != 1 {
		t.Errorf("%d messages were sent again, want the other one only", got)
	}
	f.ack(1)
	if !f.done() {
		t.Error("not done although all is acknowledged")
	}
}

// world is a server that loses, refuses, delays and reorders as it likes, but
// keeps what JetStream promises: one connection's messages come in order or not
// at all, a repeated id is not stored again, and a condition is checked when storing.
type world struct {
	wire   []parcel // sent, not yet looked at
	stored []int
	has    map[int]bool
	last   int // index of the stream's last message; -1 when it is another publisher's
}

type parcel struct {
	index    int
	expected int // -1: no condition
}

func (w *world) store(p parcel) bool {
	if w.has[p.index] {
		return true
	}
	if p.expected >= 0 && p.expected != w.last {
		return false
	}
	w.has[p.index], w.last = true, p.index
	w.stored = append(w.stored, p.index)
	return true
}

// TestOrderPerItem drives a flight through a hostile world: whatever it does,
// all messages get stored, and of each item in order (promise 3).
func TestOrderPerItem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.StringOfN(rapid.RuneFrom([]rune("abc")), 1, 30, -1).Draw(t, "items")
		f := flightOf(items)
		w := &world{has: map[int]bool{}, last: -1}
		var late []parcel // copies that a broken connection left behind
		for round := 0; !f.done(); round++ {
			hostile := round < 20
			f.rewind(round == 0)
			late = append(late, runRound(t, f, w, hostile)...)
			if n := len(late); hostile && n > 0 && rapid.Bool().Draw(t, "late copy arrives") {
				w.store(late[0])
				late = late[1:]
			}
		}
		last := map[byte]int{}
		for _, i := range w.stored {
			if before, ok := last[items[i]]; ok && before > i {
				t.Fatalf("message %d of item %c was stored after message %d", i, items[i], before)
			}
			last[items[i]] = i
		}
		if len(w.stored) != len(items) {
			t.Fatalf("%d messages stored, want %d", len(w.stored), len(items))
		}
	})
}

// runRound sends and answers until something goes wrong or all is done, and
// returns what was on the wire when the connection broke.
func runRound(t *rapid.T, f *flight, w *world, hostile bool) []parcel {
	trouble, previous := false, -1
	for !f.done() {
		for !trouble {
			i := f.sendable(5, 1000)
			if i < 0 {
				break
			}
			p := parcel{index: i, expected: -1}
			if f.chain && f.msgs[i].chained {
				p.expected = previous
			}
			previous = i
			f.leaves(i, 10)
			w.wire = append(w.wire, p)
		}
		if f.pending == 0 || len(w.wire) == 0 {
			return nil
		}
		p := w.wire[0]
		w.wire = w.wire[1:]
		fate := 0
		if hostile {
			fate = rapid.IntRange(0, 9).Draw(t, "fate")
		}
		switch fate {
		case 7: // refused
			f.refuse(p.index)
			trouble = true
		case 8: // the connection breaks: the rest of the wire arrives later, in order, or never
			rest := append([]parcel{p}, w.wire...)
			w.wire = nil
			return rest
		case 9: // stored, and the answer is lost
			w.store(p)
			trouble = true
			f.land(p.index)
			f.msgs[p.index].state = waiting
		default:
			if fate == 6 {
				w.last = -1 // another publisher's message
			}
			if w.store(p) {
				f.ack(p.index)
			} else {
				f.refuse(p.index)
				trouble = true
			}
		}
	}
	return nil
}
