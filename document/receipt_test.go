package document

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// merkleRoot is the tree hash as RFC 9162 section 2.1.1 defines it, by recursion.
func merkleRoot(leaves [][32]byte) [32]byte {
	if len(leaves) == 1 {
		return sha256.Sum256(append([]byte{0}, leaves[0][:]...))
	}
	k := 1
	for k*2 < len(leaves) {
		k *= 2
	}
	left, right := merkleRoot(leaves[:k]), merkleRoot(leaves[k:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

func TestMerkle(t *testing.T) {
	var m Merkle
	if root := m.Root(); root != "" {
		t.Errorf("root of nothing is %q, want none", root)
	}
	var leaves [][32]byte
	for i := range 70 {
		leaf := sha256.Sum256([]byte{byte(i)})
		leaves = append(leaves, leaf)
		m.Add(leaf)
		want := merkleRoot(leaves)
		if got := m.Root(); got != hex.EncodeToString(want[:]) {
			t.Fatalf("root of %d leaves is %s, want %x", i+1, got, want)
		}
	}
}

func TestStreamRangeAdd(t *testing.T) {
	at := time.Unix(1, 0).UTC()
	one := StreamRange{Name: "T", Created: at, FirstSeq: 5, LastSeq: 6, LastMsgID: "b", Count: 2}
	two := StreamRange{Name: "T", Created: at, FirstSeq: 9, LastSeq: 9, LastMsgID: "c", Count: 1}
	tests := []struct {
		name        string
		first, then StreamRange
		want        StreamRange
	}{
		{"nothing and nothing", StreamRange{}, StreamRange{}, StreamRange{}},
		{"to nothing", StreamRange{}, one, one},
		{"of nothing", one, StreamRange{}, one},
		{"two", one, two, StreamRange{Name: "T", Created: at, FirstSeq: 5, LastSeq: 9, LastMsgID: "c", Count: 3}},
		{
			"sequences begun anew", StreamRange{FirstSeq: 50, LastSeq: 50, Count: 1}, two,
			StreamRange{Name: "T", Created: at, FirstSeq: 9, LastSeq: 9, LastMsgID: "c", Count: 2},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.first
			got.Add(tt.then)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("range differs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSeal proves that the hash survives a round trip and that any change breaks it.
func TestSeal(t *testing.T) {
	r := Receipt{From: 1, To: 5, N: 2, IDSum: 7, MerkleRoot: "ab", Timeline: 1, Time: time.Unix(1, 500).UTC(), PrevHash: "cd"}
	if err := r.Seal(); err != nil || len(r.Hash) != 64 {
		t.Fatalf("hash %q, %v", r.Hash, err)
	}
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back Receipt
	if err := json.Unmarshal(body, &back); err != nil {
		t.Fatal(err)
	}
	if err := back.Seal(); err != nil || back.Hash != r.Hash {
		t.Errorf("hash after a round trip is %s, want %s, %v", back.Hash, r.Hash, err)
	}
	back.N++
	if err := back.Seal(); err != nil || back.Hash == r.Hash {
		t.Errorf("a changed receipt kept its hash, %v", err)
	}
}

func TestIDHash(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.String().Draw(t, "id")
		sum := sha256.Sum256([]byte(id))
		if got := IDHash(id); hex.EncodeToString([]byte{byte(got >> 24), byte(got >> 16), byte(got >> 8), byte(got)}) != hex.EncodeToString(sum[:4]) {
			t.Fatalf("hash of %q is %x, want %x", id, got, sum[:4])
		}
	})
}
