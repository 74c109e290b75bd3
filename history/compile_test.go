package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "rewrite testdata")

// noon is the now of the tests, a Wednesday.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// TestCompile keeps a transcript of queries and what the index is asked.
func TestCompile(t *testing.T) {
	const path = "testdata/compile.txt"
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	lines := bufio.NewScanner(bytes.NewReader(old))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		text, isQuery := strings.CutPrefix(lines.Text(), "> ")
		if strings.HasPrefix(lines.Text(), "#") {
			fmt.Fprintln(&got, lines.Text())
		}
		if !isQuery {
			continue
		}
		q, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		c, err := compile(q, noon, paris)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		body, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "> %s\n%s\n", text, body)
	}
	if *rewrite {
		if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(old), got.String()); diff != "" {
		t.Errorf("%s (-want +got; -rewrite accepts it):\n%s", path, diff)
	}
}

func TestTooBroad(t *testing.T) {
	list := func(prefix string, n int) string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf("%s%d", prefix, i)
		}
		return strings.Join(all, ",")
	}
	for text, broad := range map[string]bool{
		"id:" + list("x", 1000):                            false,
		"id:" + list("x*", 500):                            true,
		"field:" + list("f", 20) + " new:" + list("v", 20): false,
		"field:" + list("f", 40) + " new:" + list("v", 40): true,
	} {
		q, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := compile(q, noon, time.UTC); (err != nil) != broad {
			t.Errorf("%.40s…: got %v", text, err)
		}
	}
}

func TestMoments(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ text, from, until string }{
		{"now", "2026-03-04T12:00:00Z", "2026-03-04T12:00:00Z"},
		{"today", "2026-03-03T23:00:00Z", "2026-03-04T23:00:00Z"},
		{"yesterday", "2026-03-02T23:00:00Z", "2026-03-03T23:00:00Z"},
		{"-45s", "2026-03-04T11:59:15Z", "2026-03-04T11:59:15Z"},
		{"-10m", "2026-03-04T11:50:00Z", "2026-03-04T11:50:00Z"},
		{"-12h", "2026-03-04T00:00:00Z", "2026-03-04T00:00:00Z"},
		{"-7d", "2026-02-25T12:00:00Z", "2026-02-25T12:00:00Z"},
		{"-2w", "2026-02-18T12:00:00Z", "2026-02-18T12:00:00Z"},
		{"-1mo", "2026-02-04T12:00:00Z", "2026-02-04T12:00:00Z"},
		{"-1y", "2025-03-04T12:00:00Z", "2025-03-04T12:00:00Z"},
		{"2026", "2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z"},
		{"2026-03", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"}, // summer time begins
		{"2026-03-04", "2026-03-03T23:00:00Z", "2026-03-04T23:00:00Z"},
		{"2026-03-04 10:15", "2026-03-04T09:15:00Z", "2026-03-04T09:16:00Z"},
		{"2026-03-04T10:15", "2026-03-04T09:15:00Z", "2026-03-04T09:16:00Z"},
		{"2026-03-04 10:15:22", "2026-03-04T09:15:22Z", "2026-03-04T09:15:23Z"},
		{"2026-03-04 10:15:22.5", "2026-03-04T09:15:22.5Z", "2026-03-04T09:15:22.5Z"},
		{"2026-03-04T10:15:22Z", "2026-03-04T10:15:22Z", "2026-03-04T10:15:22Z"},
		{"2026-03-04T10:15:22+02:00", "2026-03-04T08:15:22Z", "2026-03-04T08:15:22Z"},
		{"2026-03-04 10:15:22.25+00", "2026-03-04T10:15:22.25Z", "2026-03-04T10:15:22.25Z"},
	} {
		m, ok := parseMoment(tt.text)
		if !ok {
			t.Errorf("%s is not understood", tt.text)
			continue
		}
		from, until := m.span(noon, paris)
		got := [2]string{from.UTC().Format(time.RFC3339Nano), until.UTC().Format(time.RFC3339Nano)}
		if got != [2]string{tt.from, tt.until} {
			t.Errorf("%s: want %s to %s, got %v", tt.text, tt.from, tt.until, got)
		}
	}
	for _, text := range []string{"", "-", "-7", "-7x", "-x7d", "7d", "2026-13", "2026-02-30", "-99999999d", "12:30", "--7d", "-7dd"} {
		if _, ok := parseMoment(text); ok {
			t.Errorf("%q is understood", text)
		}
	}
}
