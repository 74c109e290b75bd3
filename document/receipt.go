package document

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/waltrail/waltrail/change"
)

// StreamRange is the evidence that triggers were stored: where in JetStream
// they lie. Its zero value means that none was due.
type StreamRange struct {
	Name    string    `json:"name,omitzero"`
	Created time.Time `json:"created,omitzero"`
	// FirstSeq and LastSeq are stream sequences, LastMsgID the Nats-Msg-Id at LastSeq.
	FirstSeq  uint64 `json:"first_seq,omitzero"`
	LastSeq   uint64 `json:"last_seq,omitzero"`
	LastMsgID string `json:"last_msg_id,omitzero"`
	// Count is how many triggers were acknowledged.
	Count uint64 `json:"count,omitzero"`
}

// Add widens the range by a later one.
func (r *StreamRange) Add(later StreamRange) {
	if later.Count == 0 {
		return
	}
	first, count := r.FirstSeq, r.Count
	*r = later
	r.Count += count
	if count > 0 && first < later.FirstSeq {
		r.FirstSeq = first
	}
}

// Receipt says that all changes of the transactions that end after From and at
// or before To are durable and their triggers acknowledged (invariant 1). It is trigger state,
// index checksum and tamper chain in one, created once and never updated.
type Receipt struct {
	// From and To are transaction ends; receipts are contiguous.
	From change.LSN `json:"from"`
	To   change.LSN `json:"to"`
	// N counts the documents, IDSum adds up 32 bits of the SHA-256 of each id.
	N     uint64 `json:"n"`
	IDSum uint64 `json:"id_sum"`
	// MerkleRoot is the root over the documents' hashes, in hexadecimal.
	MerkleRoot string      `json:"merkle_root,omitzero"`
	Stream     StreamRange `json:"stream,omitzero"`
	Timeline   uint32      `json:"timeline"`
	// Time is when the receipt was made.
	Time time.Time `json:"@timestamp"`
	// PrevHash is the Hash of the receipt before; Hash covers all else.
	PrevHash string `json:"prev_hash,omitzero"`
	Hash     string `json:"hash"`
}

// Seal sets the receipt's hash, over its JSON without the hash.
func (r *Receipt) Seal() error {
	r.Hash = ""
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	r.Hash = hex.EncodeToString(sum[:])
	return nil
}

// IDHash is the 32 bits that a document's id adds to Receipt.IDSum.
func IDHash(id string) uint32 {
	var b [96]byte // room for every id of ours, so that nothing is allocated
	sum := sha256.Sum256(append(b[:0], id...))
	return binary.BigEndian.Uint32(sum[:4])
}

// Merkle computes a root over hashes that come one by one, in memory that grows
// with the logarithm of their number. Leaves and nodes are hashed apart, as in RFC 9162
// section 2.1. The zero value is ready.
type Merkle struct {
	// peaks[i] is the root of a full tree of 2^i leaves, present if bit i of n is set.
	peaks [64][sha256.Size]byte
	n     uint64
}

// Add appends a leaf.
func (m *Merkle) Add(leaf [sha256.Size]byte) {
	node := merkleHash(0, leaf[:], nil)
	level := 0
	for ; m.n>>level&1 == 1; level++ {
		node = merkleHash(1, m.peaks[level][:], node[:])
	}
	m.peaks[level] = node
	m.n++
}

// Root returns the root in hexadecimal, empty when no leaf was added.
func (m *Merkle) Root() string {
	if m.n == 0 {
		return ""
	}
	var root [sha256.Size]byte
	started := false
	for level := range m.peaks {
		switch {
		case m.n>>level&1 == 0:
		case !started:
			root, started = m.peaks[level], true
		default:
			root = merkleHash(1, m.peaks[level][:], root[:])
		}
	}
	return hex.EncodeToString(root[:])
}

func merkleHash(kind byte, left, right []byte) [sha256.Size]byte {
	var b [1 + 2*sha256.Size]byte
	b[0] = kind
	n := 1 + copy(b[1:], left)
	n += copy(b[n:], right)
	return sha256.Sum256(b[:n])
}
