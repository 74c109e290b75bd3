package indexer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func itemsOf(ids ...string) []item {
	items := make([]item, len(ids))
	for i, id := range ids {
		items[i] = item{id: id, index: "trail-shop-default-2026.03", body: fmt.Appendf(nil, `{"n":%d}`, i)}
	}
	return items
}

func outcomes(items []item) string {
	var b strings.Builder
	for i := range items {
		b.WriteByte("?+-"[items[i].outcome])
	}
	return b.String()
}

func TestParseBulk(t *testing.T) {
	created := func(id string) string { return `{"create":{"_id":"` + id + `","status":201}}` }
	tests := map[string]struct {
		answer string
		want   string // + durable, - refused, ? unsure
		fails  bool
	}{
		"all created":      {`{"errors":false,"items":[` + created("a") + `,` + created("b") + `,` + created("c") + `]}`, "+++", false},
		"another layout":   {`{ "took":3, "items":[` + created("a") + `, ` + created("b") + `,` + created("c") + `], "errors":false }`, "+++", false},
		"one refused":      {`{"errors":true,"items":[` + created("a") + `,{"create":{"_id":"b","status":400,"error":{"type":"t","reason":"r"}}},` + created("c") + `]}`, "+-+", false},
		"too few":          {`{"errors":false,"items":[` + created("a") + `]}`, "+??", false},
		"too many":         {`{"errors":false,"items":[` + created("a") + `,` + created("b") + `,` + created("c") + `,` + created("d") + `]}`, "+++", false},
		"wrong order":      {`{"errors":false,"items":[` + created("b") + `,` + created("a") + `,` + created("c") + `]}`, "??+", false},
		"other operation":  {`{"errors":false,"items":[{"index":{"_id":"a","status":201}},` + created("b") + `,` + created("c") + `]}`, "?++", false},
		"updated, not new": {`{"errors":false,"items":[{"create":{"_id":"a","status":200}},` + created("b") + `,` + created("c") + `]}`, "?++", false},
		"longer id":        {`{"errors":false,"items":[` + created("aa") + `,` + created("b") + `,` + created("c") + `]}`, "?++", false},
		"nothing":          {`{}`, "???", false},
		"cut off":          {`{"errors":false,"items":[` + created("a") + `,` + created("b"), "???", true},
		"more behind it":   {`{"errors":false,"items":[` + created("a") + `,` + created("b") + `,` + created("c") + `]}]}`, "???", true},
		"no JSON":          {`<html>`, "???", true},
		"empty":            {``, "???", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			items := itemsOf("a", "b", "c")
			if err := parseBulk([]byte(tt.answer), items); (err != nil) != tt.fails {
				t.Errorf("error is %v", err)
			}
			if got := outcomes(items); got != tt.want {
				t.Errorf("outcomes are %s, want %s", got, tt.want)
			}
		})
	}
}

// FuzzParseBulk: no answer may make the parser panic, and none may make a
// document durable that encoding/json does not find created at its place.
func FuzzParseBulk(f *testing.F) {
	f.Add([]byte(`{"errors":false,"items":[{"create":{"_id":"a","status":201}},{"create":{"_id":"b","status":201}}]}`))
	f.Add([]byte(`{"errors":true,"items":[{"create":{"_id":"a","status":409,"error":{"type":"version_conflict_engine_exception","reason":"","shard":"0"}}},{"create":{"_id":"b","status":201}}]}`))
	f.Add([]byte(`{"items":[null,{"create":null}]}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		items := itemsOf("a", "b")
		_ = parseBulk(answer, items)
		var full struct {
			Items []struct {
				Create struct {
					ID     string `json:"_id"`
					Status int    `json:"status"`
					Error  any    `json:"error"`
				} `json:"create"`
			} `json:"items"`
		}
		err := json.Unmarshal(answer, &full)
		for i := range items {
			if items[i].outcome != durable {
				continue
			}
			if err != nil || i >= len(full.Items) || full.Items[i].Create.ID != items[i].id || full.Items[i].Create.Status != 201 || full.Items[i].Create.Error != nil {
				t.Fatalf("item %d is durable after %q", i, answer)
			}
		}
	})
}

func TestBulkBody(t *testing.T) {
	items := itemsOf("a", `b"`, "c")
	want := `{"create":{"_id":"a"}}` + "\n" + `{"n":0}` + "\n" +
		`{"create":{"_id":"b\""}}` + "\n" + `{"n":1}` + "\n" + `{"create":{"_id":"c"}}` + "\n" + `{"n":2}` + "\n"
	for name, read := range map[string]func(io.Reader) io.Reader{
		"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "in halves": iotest.HalfReader,
	} {
		body, _ := (&lease{items: items}).open()
		got, err := io.ReadAll(read(body))
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	var w writer
	if n := w.size(items, false); n != int64(len(want)) {
		t.Errorf("size is %d, want %d", n, len(want))
	}
}

func TestBulkBodyNamesIndices(t *testing.T) {
	items := itemsOf("a", "b")
	items[1].index = "trail-shop-other-2026.03"
	body, _ := (&lease{items: items, mixed: mixed(items)}).open()
	got, err := io.ReadAll(body)
	if err != nil || !bytes.Contains(got, []byte(`{"create":{"_id":"b","_index":"trail-shop-other-2026.03-write"}}`)) {
		t.Errorf("%s, %v", got, err)
	}
}

// TestRevokedBody: once a request is over nobody may read the documents.
func TestRevokedBody(t *testing.T) {
	l := &lease{items: itemsOf("a", "b")}
	body, _ := l.open()
	if _, err := body.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	l.revoke()
	if n, err := body.Read(make([]byte, 10)); n != 0 || err == nil {
		t.Errorf("%d bytes read after the end, error %v", n, err)
	}
}
