package change

import (
	"cmp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestLSNText(t *testing.T) {
	for _, c := range []struct {
		lsn  LSN
		text string
	}{
		{0, "0/0"},
		{0x16B3748, "0/16B3748"},
		{0xA_0000_0001, "A/1"},
		{1<<64 - 1, "FFFFFFFF/FFFFFFFF"},
	} {
		if got := c.lsn.String(); got != c.text {
			t.Errorf("%d prints %s, want %s", uint64(c.lsn), got, c.text)
		}
		if got, err := ParseLSN(c.text); err != nil || got != c.lsn {
			t.Errorf("%s parses to %d, %v", c.text, uint64(got), err)
		}
	}
}

func TestParseLSNRefuses(t *testing.T) {
	for _, text := range []string{"", "/", "16B3748", "0/", "/1", "0/G", "123456789/0", "0/123456789", "-1/0", "0/1/2"} {
		if got, err := ParseLSN(text); err == nil {
			t.Errorf("%q parses to %s, want an error", text, got)
		} else if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q does not name %q", err, text)
		}
	}
}

func TestPositionTextComparesAsThePosition(t *testing.T) {
	lsn := func(t *rapid.T, name string) LSN {
		return LSN(rapid.OneOf(rapid.Uint64Range(0, 3), rapid.Uint64()).Draw(t, name))
	}
	position := func(t *rapid.T) Position {
		return Position{Commit: lsn(t, "commit"), Change: lsn(t, "change"), N: rapid.Uint16().Draw(t, "n")}
	}
	rapid.Check(t, func(t *rapid.T) {
		p, q := position(t), position(t)
		if len(p.String()) != PositionLen {
			t.Fatalf("%s has %d bytes, want %d", p, len(p.String()), PositionLen)
		}
		if got, want := p.Compare(q), cmp.Compare(p.String(), q.String()); got != want {
			t.Fatalf("%s against %s: %d as positions, %d as text", p, q, got, want)
		}
	})
}

func TestValueKnown(t *testing.T) {
	for kind, want := range map[ValueKind]bool{Unknown: false, Null: true, Text: true, Unchanged: false} {
		if got := (Value{Kind: kind}).Known(); got != want {
			t.Errorf("kind %d known: %v, want %v", kind, got, want)
		}
	}
}
