package triggers

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/nats-io/nats.go"
)

// pubAck is the server's answer to a message.
type pubAck struct {
	stream    []byte // valid while the answer is
	seq       uint64
	duplicate bool
	refusal   *refusal
}

// parseAck reads an answer. What it cannot understand is a refusal: only a clear
// yes counts as stored.
func parseAck(m *nats.Msg) pubAck {
	if ack, ok := parseStored(m.Data); ok {
		return ack
	}
	if len(m.Data) == 0 && m.Header.Get("Status") == "503" {
		return pubAck{refusal: &refusal{code: codeNoResponders, text: "no stream takes the subject"}}
	}
	return parseAny(m.Data)
}

// parseStored reads the form that servers write for a stored message,
// {"stream":"TRAIL","seq":7} perhaps with "duplicate": true, and nothing else.
func parseStored(data []byte) (pubAck, bool) {
	rest, ok := bytes.CutPrefix(data, []byte(`{"stream":"`))
	if !ok {
		return pubAck{}, false
	}
	end := bytes.IndexFunc(rest, endsName)
	if end <= 0 || rest[end] != '"' {
		return pubAck{}, false
	}
	ack := pubAck{stream: rest[:end]}
	rest = rest[end+1:]
	if rest, ok = bytes.CutPrefix(rest, []byte(`,"seq":`)); !ok {
		return pubAck{}, false
	}
	digits := 0 // a sequence has none in front, is not zero, and 19 digits cannot overflow
	for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' && digits < 19 {
		ack.seq = ack.seq*10 + uint64(rest[digits]-'0')
		digits++
	}
	if digits == 0 || rest[0] == '0' {
		return pubAck{}, false
	}
	switch string(rest[digits:]) {
	case `}`:
	case `,"duplicate": true}`, `,"duplicate":true}`:
		ack.duplicate = true
	default:
		return pubAck{}, false
	}
	return ack, true
}

// endsName reports where a name that needs no unescaping ends.
func endsName(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }

// parseAny reads every other form: refusals, and members that are new to us.
func parseAny(data []byte) pubAck {
	var answer struct {
		Stream    string `json:"stream"`
		Seq       uint64 `json:"seq"`
		Duplicate bool   `json:"duplicate"`
		Error     *struct {
			Code        int    `json:"code"`
			ErrCode     int    `json:"err_code"`
			Description string `json:"description"`
		} `json:"error"`
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return pubAck{refusal: &refusal{text: "an answer that is no JSON"}}
	}
	if e := answer.Error; e != nil {
		code := e.ErrCode
		if code == 0 {
			code = e.Code
		}
		return pubAck{refusal: &refusal{code: code, text: e.Description}}
	}
	if answer.Stream == "" || answer.Seq == 0 {
		return pubAck{refusal: &refusal{text: "an answer without stream and sequence"}}
	}
	return pubAck{stream: []byte(answer.Stream), seq: answer.Seq, duplicate: answer.Duplicate}
}

// appendNumber appends the last token of a reply subject.
func appendNumber(dst []byte, number uint64) []byte { return strconv.AppendUint(dst, number, 36) }

// number reads it back.
func number(token string) (uint64, bool) {
	n, err := strconv.ParseUint(token, 36, 64)
	return n, err == nil
}
