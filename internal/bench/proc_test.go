package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	const tail = " S 1 2 3 0 -1 4194304 100 0 0 0 150 25 0 0 20 0 1 0 12345 1000 200"
	for _, c := range []struct {
		name, stat string
		want       time.Duration
	}{
		{"plain", "42 (postgres)" + tail, 1750 * time.Millisecond},
		{"spaces and parentheses in the name", "42 (a (b) c)" + tail, 1750 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parseStat([]byte(c.stat))
			if err != nil || got != c.want {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
	for _, bad := range []string{"", "42 (x)", "42 (x) S 1 2", "42 (x" + tail, strings.Replace("42 (x)"+tail, "150", "many", 1)} {
		if _, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("parseStat(%q) succeeded", bad)
		}
	}
}

func TestParsePeak(t *testing.T) {
	got, err := parsePeak("Name:\tx\nVmPeak:\t  99 kB\nVmHWM:\t   2048 kB\nVmRSS:\t 1 kB\n")
	if err != nil || got != 2<<20 {
		t.Errorf("got %d, %v, want 2 MiB", got, err)
	}
	for _, bad := range []string{"", "VmHWM: much kB\n"} {
		if _, err := parsePeak(bad); err == nil {
			t.Errorf("parsePeak(%q) succeeded", bad)
		}
	}
}

func TestParseBusy(t *testing.T) {
	// user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice
	got, err := parseBusy("cpu  1 2 4 1000 2000 8 16 32 5000 6000\ncpu0 9 9 9 9 9 9 9 9 9 9\n")
	if err != nil || got != 63*tick {
		t.Errorf("got %v, %v, want %v", got, err, 63*tick)
	}
	for _, bad := range []string{"", "cpu0 1 2 3 4 5 6 7 8\n", "cpu 1 2\n", "cpu 1 2 x 4 5 6 7 8\n"} {
		if _, err := parseBusy(bad); err == nil {
			t.Errorf("parseBusy(%q) succeeded", bad)
		}
	}
}

func TestOwnProcess(t *testing.T) {
	before, err := cpuTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); time.Since(began) < 100*time.Millisecond; { // burns a few ticks
	}
	after, err := cpuTime(os.Getpid())
	if err != nil || after <= before {
		t.Errorf("CPU time %v, then %v, %v", before, after, err)
	}
	if peak, err := peakMemory(os.Getpid()); err != nil || peak < 1<<20 {
		t.Errorf("peak memory %d, %v", peak, err)
	}
	if _, err := (pids{client: os.Getpid(), index: 1 << 30}).read(); err == nil {
		t.Error("a process that does not exist was measured")
	}
}
