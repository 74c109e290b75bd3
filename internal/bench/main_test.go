package main

import (
	"bytes"
	"testing"
	"time"
)

func TestParseFlags(t *testing.T) {
	o, output, err := parse([]string{"-changes", "7", "-latency", "3s", "-output", "json"}, &bytes.Buffer{})
	if err != nil || o.changes != 7 || o.latency != 3*time.Second || output != "json" || o.rate != 500 {
		t.Errorf("got %+v, %q, %v", o, output, err)
	}
	for _, bad := range [][]string{{"-output", "xml"}, {"-changes", "0"}, {"-rows", "1"}, {"-rate", "-1"}, {"-nonsense"}, {"-latency", "0s"}} {
		if _, _, err := parse(bad, &bytes.Buffer{}); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
}
