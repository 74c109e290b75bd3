package triggers

// flight is what one call of Publish has to deliver: which messages wait, which
// are sent and which are acknowledged. It decides what may be sent next and
// knows neither clock nor connection.
type flight struct {
	msgs []message
	// base is the number of msgs[0]. Numbers are unique over the life of a
	// Publisher, so that an acknowledgement that comes late is known for what it is.
	base uint64
	// low: all messages before it are acknowledged. next: the first that this
	// round has not considered. chain: this round sends chained messages without waiting.
	low, next int
	chain     bool
	// pending and bytes count what is sent and neither acknowledged nor refused.
	pending, bytes int
}

type state uint8

const (
	waiting state = iota
	sent
	acked
)

// message is one message to deliver.
type message struct {
	due
	state state
	// short is the degree of shortening that it needs at least.
	short shortening
	// after is the last message of the same item's document before this one, -1
	// for none. Promise 3: this one must not be stored before all up to there are. Either it
	// waits for their acknowledgements, or the messages from there on are chained.
	after int
	// chained messages are sent on condition that the message before them is
	// the stream's last, when the flight may chain.
	chained bool
	size    int
}

// maxChain is how many messages a chain may span. It is for changes of an item that
// follow each other closely; others find their predecessor acknowledged.
const maxChain = 64

// reset starts a new flight, with numbers that follow the old one's.
func (f *flight) reset() {
	base := f.base + uint64(len(f.msgs)) //nolint:gosec // a length
	clear(f.msgs)                        // lets go of the documents
	*f = flight{msgs: f.msgs[:0], base: base}
}

// add appends a message that must not be stored before message after.
func (f *flight) add(d due, after int) {
	f.msgs = append(f.msgs, message{due: d, after: after})
	if last := len(f.msgs) - 1; after >= 0 && last-after <= maxChain {
		for i := after + 1; i <= last; i++ {
			f.msgs[i].chained = true
		}
	}
}

func (f *flight) done() bool { return f.low == len(f.msgs) }

// rewind begins a round: all that is not acknowledged is to be sent again, in
// order.
func (f *flight) rewind(chain bool) {
	for i := f.low; i < len(f.msgs); i++ {
		if f.msgs[i].state == sent {
			f.msgs[i].state = waiting
		}
	}
	f.next, f.chain, f.pending, f.bytes = f.low, chain, 0, 0
}

// sendable returns the next message that may leave with at most the given
// number of messages and bytes pending, or -1. One message may always leave.
func (f *flight) sendable(window, bytes int) int {
	for f.next < len(f.msgs) && f.msgs[f.next].state == acked {
		f.next++
	}
	if f.next == len(f.msgs) {
		return -1
	}
	if m := &f.msgs[f.next]; m.after >= f.low && (!f.chain || !m.chained) {
		return -1
	}
	if f.pending > 0 && (f.pending >= window || f.bytes >= bytes) {
		return -1
	}
	return f.next
}

// leaves notes that message i, with that many bytes, was sent.
func (f *flight) leaves(i, size int) {
	f.msgs[i].state, f.msgs[i].size = sent, size
	f.pending++
	f.bytes += size
	f.next = i + 1
}

// find returns the message of a number, or false when it is none of this
// flight or acknowledged already.
func (f *flight) find(number uint64) (int, bool) {
	i := number - f.base
	if i >= uint64(len(f.msgs)) || f.msgs[i].state == acked {
		return 0, false
	}
	return int(i), true //nolint:gosec // less than a length
}

// ack notes that message i is stored. It may be the answer to an earlier
// round, and then the message need not be sent any more.
func (f *flight) ack(i int) {
	f.land(i)
	f.msgs[i].state = acked
	for f.low < len(f.msgs) && f.msgs[f.low].state == acked {
		f.low++
	}
}

// refuse notes that message i was not stored.
func (f *flight) refuse(i int) {
	f.land(i)
	f.msgs[i].state = waiting
}

func (f *flight) land(i int) {
	if f.msgs[i].state == sent {
		f.pending--
		f.bytes -= f.msgs[i].size
	}
}
