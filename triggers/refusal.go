package triggers

import (
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
)

// trouble is why triggers are held: a state of the world that Publish waits out.
type trouble struct {
	kind string // tells one trouble from another; the same kind is logged once
	text string
	cure string
}

func (t *trouble) Error() string { return t.text + "; " + t.cure }

// asTrouble makes a trouble of any error.
func asTrouble(err error) *trouble {
	var t *trouble
	if errors.As(err, &t) {
		return t
	}
	return &trouble{kind: "configuration", text: err.Error(), cure: "correct the configuration; it is tried again"}
}

// sendTrouble says why a message could not leave this process.
func sendTrouble(l *link, err error) *trouble {
	switch {
	case errors.Is(err, nats.ErrMaxPayload):
		return &trouble{kind: "payload", text: "a message is larger than the server's max_payload", cure: "it goes out without values; raise max_payload to have it whole"}
	case errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, nats.ErrConnectionClosed):
		return l.offline()
	}
	return &trouble{kind: "send", text: "sending to NATS failed: " + err.Error(), cure: "nothing, unless it stays: see the server's log"}
}

// Codes of refusals. Those from 10000 on are JetStream's.
const (
	codeOtherStream  = 1   // ours: stored, but where receipts cannot vouch for it
	codeNoResponders = 503 // NATS itself: nobody takes the subject

	codeInsufficientResources = 10023
	codeMemoryExceeded        = 10028
	codeNotEnabledForAccount  = 10039
	codeStorageExceeded       = 10047
	codeMessageTooLarge       = 10054
	codeNotEnabled            = 10076
	codeNotLast               = 10070
	codeStoreFailed           = 10077
	codeHeaderTooLarge        = 10097
	codeInProcess             = 10158
)

// interleaved is the kind of a trouble that is none: somebody else's message
// broke a chain, so the next round goes without.
const interleaved = "interleaved"

func isInterleaved(err error) bool {
	var t *trouble
	return errors.As(err, &t) && t.kind == interleaved
}

// refusal is a server's answer that a message is not stored.
type refusal struct {
	code int
	text string // the server's, which names limits and streams only
}

func (r *refusal) tooLarge() bool {
	return r.code == codeMessageTooLarge || r.code == codeHeaderTooLarge
}

// trouble says what the refusal means for the operator. All are waited out: what a
// server refuses today it may take tomorrow, and a trigger is never given up.
func (r *refusal) trouble(stream string) *trouble {
	if r.code == codeNotLast {
		return &trouble{kind: interleaved, text: "another publisher's message came between", cure: "nothing"}
	}
	return &trouble{
		kind: fmt.Sprint("refused ", r.code),
		text: fmt.Sprintf("stream %s did not take a message: %s (code %d)", stream, r.text, r.code),
		cure: r.cure(stream),
	}
}

func (r *refusal) cure(stream string) string {
	switch r.code {
	case codeOtherStream:
		return "set nats.stream to that stream, or take the subject away from it with `nats stream edit`"
	case codeNoResponders:
		return fmt.Sprintf("check `nats stream info %s`; it is created when it is missing and we may", stream)
	case codeInsufficientResources, codeMemoryExceeded, codeStorageExceeded:
		return "give JetStream more storage, or free some: `nats server report jetstream`"
	case codeMessageTooLarge, codeHeaderTooLarge:
		return fmt.Sprintf("it goes out without values; raise max_msg_size of stream %s to have it whole", stream)
	case codeNotEnabled, codeNotEnabledForAccount:
		return "enable JetStream on the server and for the account"
	case codeStoreFailed:
		return fmt.Sprintf("raise the limits of stream %s or purge it: `nats stream info %s`", stream, stream)
	case codeInProcess:
		return "nothing: the server still stores an earlier copy"
	default:
		return "see the server's log; it is tried again"
	}
}
