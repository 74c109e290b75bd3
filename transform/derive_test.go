package transform

import (
	"errors"
	"testing"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

func TestDerivations(t *testing.T) {
	functions := map[string]func(string) (string, error){
		"shout": func(s string) (string, error) { return s + "!", nil },
		"fail":  func(string) (string, error) { return "", errors.New("no") },
	}
	tests := []struct {
		name, transform, old, new string
		want                      string // empty: no document
		failed                    uint64
	}{
		{"rounded", "round(float(value), 2)", "1.504", "2.005", `v "1.5">"2.01"`, 0},
		{"rounded to a whole", "round(float(value))", "1.4", "2.5", `v "1">"3"`, 0},
		{"rounded away", "round(float(value), 2)", "1.5000", "1.5001", "", 0},
		{"text", "upper(trim(value))", " a", "b ", `v "A">"B"`, 0},
		{"truth", `value == "yes"`, "no", "yes", `v "f">"t"`, 0},
		{"whole number", "len(value)", "a", "bb", `v "1">"2"`, 0},
		{"function", "shout", "a", "b", `v "a!">"b!"`, 0},
		{"null stays null", "upper(value)", null, "b", `v null>"B"`, 0},
		{"not understood", "round(float(value), 2)", "1.504", "x", `v "1.5">"x"`, 1},
		{"failing function", "fail", "a", "b", `v "a">"b"`, 2},
		{"result of another kind", "[value]", "a", "b", `v "a">"b"`, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := entities("thing", Entity{Table: "t", Fields: Fields{Columns: map[string]Field{"v": {Transform: tt.transform}}}})
			cfg.Functions = functions
			tr := transformer(t, cfg)
			src := new(log).update(relation("public.t", change.IdentityFull, "id int8 key", "v text"), "1", tt.old, "1", tt.new)
			var b document.Batch
			tr.Transform(&b, &change.Batch{Events: src.events})
			got := ""
			if len(b.Changes) > 0 {
				got = tell(&b.Changes[0])
			}
			if got != tt.want || tr.Stats().FailedDerivations != tt.failed {
				t.Errorf("recorded %s with %d failures, want %s with %d", got, tr.Stats().FailedDerivations, tt.want, tt.failed)
			}
			if raw := src.events[0].New[1]; raw != texts(tt.new)[0] {
				t.Errorf("the event itself was changed to %+v", raw)
			}
		})
	}
}
