package triggers

import (
	"encoding/json"
	"testing"

	"github.com/nats-io/nats.go"
)

func TestParseAck(t *testing.T) {
	for _, tc := range []struct {
		name, data string
		want       pubAck
		code       int // of the refusal, -1 for none
	}{
		{"stored", `{"stream":"TRAIL","seq":7}`, pubAck{stream: []byte("TRAIL"), seq: 7}, -1},
		{"repetition", `{"stream":"TRAIL","seq":7,"duplicate": true}`, pubAck{stream: []byte("TRAIL"), seq: 7, duplicate: true}, -1},
		{"with a domain", `{"stream":"TRAIL","domain":"hub","seq":8}`, pubAck{stream: []byte("TRAIL"), seq: 8}, -1},
		{"with spaces", `{ "stream": "TRAIL", "seq": 9 }`, pubAck{stream: []byte("TRAIL"), seq: 9}, -1},
		{"with a member that is new to us", `{"stream":"TRAIL","seq":9,"batch":"x"}`, pubAck{stream: []byte("TRAIL"), seq: 9}, -1},
		{"full", `{"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"},"stream":"TRAIL","seq":0}`, pubAck{}, 10077},
		{"an error without a code of JetStream's", `{"error":{"code":500,"description":"no"}}`, pubAck{}, 500},
		{"empty", ``, pubAck{}, 0},
		{"cut off", `{"stream":"TRAIL","seq":`, pubAck{}, 0},
		{"no sequence", `{"stream":"TRAIL","seq":}`, pubAck{}, 0},
		{"sequence zero", `{"stream":"TRAIL"}`, pubAck{}, 0},
		{"an old server's OK", `+OK`, pubAck{}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := parseAck(&nats.Msg{Data: []byte(tc.data)})
			if tc.code >= 0 {
				if got.refusal == nil || got.refusal.code != tc.code {
					t.Fatalf("refusal %+v, want code %d", got.refusal, tc.code)
				}
				return
			}
			if got.refusal != nil || string(got.stream) != string(tc.want.stream) || got.seq != tc.want.seq || got.duplicate != tc.want.duplicate {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestNoResponders(t *testing.T) {
	got := parseAck(&nats.Msg{Header: nats.Header{"Status": {"503"}}})
	if got.refusal == nil || got.refusal.code != codeNoResponders {
		t.Errorf("refusal %+v, want no responders", got.refusal)
	}
}

// FuzzParseStored proves that the short cut never says "stored" of what is not
// valid JSON with the same stream and sequence.
func FuzzParseStored(f *testing.F) {
	for _, seed := range []string{
		`{"stream":"TRAIL","seq":7}`, `{"stream":"TRAIL","seq":7,"duplicate": true}`,
		`{"stream":"T","seq":18446744073709551615}`, `{"stream":"T","seq":007}`, `{"stream":"a\"b","seq":1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		ack, ok := parseStored(data)
		if !ok {
			return
		}
		var want struct {
			Stream    string
			Seq       uint64
			Duplicate bool
		}
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("%q was taken for an acknowledgement: %v", data, err)
		}
		if string(ack.stream) != want.Stream || ack.seq != want.Seq || ack.duplicate != want.Duplicate {
			t.Fatalf("%q: got %+v, want %+v", data, ack, want)
		}
	})
}

func TestReplyNumbers(t *testing.T) {
	for _, n := range []uint64{0, 35, 36, 1<<63 + 5} {
		if got, ok := number(string(appendNumber(nil, n))); !ok || got != n {
			t.Errorf("%d came back as %d, %v", n, got, ok)
		}
	}
	if _, ok := number("not-a-number"); ok {
		t.Error("a foreign token was taken for a number")
	}
}
