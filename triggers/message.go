package triggers

import (
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/waltrail/waltrail/document"
	"github.com/waltrail/waltrail/internal/arena"
)

// Headers of a message. Keys go out as written here: NATS keeps their case.
const (
	headerMsgID      = "Nats-Msg-Id"
	headerExpected   = "Nats-Expected-Last-Msg-Id"
	headerVersion    = "ce-specversion"
	headerID         = "ce-id"
	headerSource     = "ce-source"
	headerType       = "ce-type"
	headerSubject    = "ce-subject"
	headerTime       = "ce-time"
	headerContent    = "Content-Type"
	headerTriggers   = "Trail-Triggers"
	headerReconciled = "Trail-Reconciled"
	headerDataref    = "Trail-Dataref"
)

// minHeaders is how many headers every message has.
const minHeaders = 9

// maxHeaderValue bounds, in bytes, a header that repeats a value of the document:
// the server refuses headers over 64 KiB.
const maxHeaderValue = 1 << 10

// due is one message that is to be published.
type due struct {
	doc  *document.Change
	plan *plan
	fire *firing
	// own is the rule with a subject of its own, nil for the shared message.
	own *rule
}

// envelope writes messages into one nats.Msg over and over: the client library
// copies a message when it is published and keeps nothing of it. Its strings
// come from an arena, its header map is changed in place. Not safe for concurrent use.
type envelope struct {
	msg     nats.Msg
	text    arena.Arena
	scratch []byte
	encoder document.Encoder
	body    []byte // scratch for a document without its values

	// Values of headers, one element each. Those of rare headers are in the map
	// only for the messages that have them.
	msgID, id, typ, subject, at, names []string
	expected, dataref, reconciled      []string

	// One transaction's documents share their time, so its text is kept.
	lastTime time.Time
}

func newEnvelope(system string) *envelope {
	one := func() []string { return make([]string, 1) }
	e := &envelope{
		msgID: one(), id: one(), typ: one(), subject: one(), at: one(), names: one(),
		expected: one(), dataref: one(), reconciled: []string{"true"},
	}
	e.msg.Header = nats.Header{
		headerMsgID: e.msgID, headerVersion: {"1.0"}, headerID: e.id, headerSource: {"waltrail/" + system},
		headerType: e.typ, headerSubject: e.subject, headerTime: e.at,
		headerContent: {"application/json"}, headerTriggers: e.names,
	}
	return e
}

// write makes e.msg the message of m, shortened as m.short says and further
// until it fits into limit bytes, if it can. It returns the degree of shortening. With
// chain the server takes it only right after the message that was written before.
func (e *envelope) write(m *message, chain bool, limit int) shortening {
	d, doc := m.due, m.doc
	e.optional(headerExpected, e.expected, chain, e.msgID[0])
	e.msg.Subject, e.msg.Data = d.plan.subject, doc.Body
	e.id[0], e.msgID[0] = doc.Event.ID, doc.Event.ID
	if d.own != nil {
		e.msg.Subject = d.own.Subject
		e.scratch = append(append(append(e.scratch[:0], doc.Event.ID...), '/'), d.own.Name...)
		e.msgID[0] = e.text.String(e.scratch)
	}
	e.typ[0], e.names[0] = d.plan.ceType, d.fire.names
	e.subject[0] = e.escaped(doc.Trail.Item.UID)
	e.timestamp(doc.Timestamp)
	e.optional(headerReconciled, e.reconciled, doc.Trail.Reconciled, "true")
	e.optional(headerDataref, e.dataref, false, "")
	return e.fit(doc, limit, m.short)
}

// optional sets or removes a header that not every message has.
func (e *envelope) optional(key string, slot []string, on bool, value string) {
	if on {
		slot[0] = value
		e.msg.Header[key] = slot
	} else if len(e.msg.Header) > minHeaders {
		delete(e.msg.Header, key)
	}
}

// timestamp sets the time header, in UTC with six digits as in the document.
func (e *envelope) timestamp(t time.Time) {
	if t.Equal(e.lastTime) && e.at[0] != "" {
		return
	}
	e.lastTime = t
	e.scratch = t.UTC().AppendFormat(e.scratch[:0], "2006-01-02T15:04:05.000000Z07:00")
	e.at[0] = e.text.String(e.scratch)
}

// size is what the message counts against the server's max_payload.
func (e *envelope) size() int {
	n := len("NATS/1.0\r\n\r\n") + len(e.msg.Data)
	for key, values := range e.msg.Header {
		n += len(key) + len(values[0]) + len(": \r\n")
	}
	return n
}

// escaped makes a header value by the rule of CloudEvents' HTTP binding, section
// 3.1.3.2: all but printable ASCII is percent-encoded, and so are space, quote and percent.
func (e *envelope) escaped(s string) string {
	if len(s) <= maxHeaderValue && !slices.ContainsFunc([]byte(s), mustEscape) {
		return s
	}
	e.scratch = e.scratch[:0]
	for i := 0; i < len(s) && len(e.scratch) < maxHeaderValue; i++ {
		if c := s[i]; mustEscape(c) {
			e.scratch = append(e.scratch, '%', upperHex[c>>4], upperHex[c&0xf])
		} else {
			e.scratch = append(e.scratch, c)
		}
	}
	return e.text.String(e.scratch)
}

const upperHex = "0123456789ABCDEF"

func mustEscape(c byte) bool { return c <= ' ' || c > '~' || c == '"' || c == '%' }
