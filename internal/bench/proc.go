package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU times in /proc/<pid>/stat: USER_HZ is 100 on every
// Linux that Go runs on.
const tick = 10 * time.Millisecond

// cpuTime is what a process has used so far, in user and kernel together, all threads.
func cpuTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("CPU time: %w", err)
	}
	return parseStat(stat)
}

// parseStat adds utime and stime (proc(5)).
func parseStat(stat []byte) (time.Duration, error) {
	// The second field is the name in parentheses, which may itself hold anything.
	end := bytes.LastIndexByte(stat, ')')
	fields := strings.Fields(string(stat[end+1:]))
	if end < 0 || len(fields) < 13 {
		return 0, fmt.Errorf("CPU time: /proc/<pid>/stat has %d fields after the name, want 13 or more", len(fields))
	}
	var ticks int64
	for _, field := range fields[11:13] { // utime, stime
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("CPU time: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// peakMemory is the largest resident set that a process ever had, in bytes.
func peakMemory(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("memory: %w", err)
	}
	return parsePeak(string(status))
}

// parsePeak finds VmHWM, which the kernel prints in KiB.
func parsePeak(status string) (int64, error) {
	_, after, found := strings.Cut(status, "VmHWM:")
	if !found {
		return 0, fmt.Errorf("memory: no VmHWM in /proc/<pid>/status")
	}
	line, _, _ := strings.Cut(after, "\n")
	kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(line), " kB"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("memory: %w", err)
	}
	return kib << 10, nil
}

// busyTime is what all processes of the machine have used so far. What the
// hypervisor gave to others counts too: nobody here had it.
func busyTime() (time.Duration, error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, fmt.Errorf("CPU time of the machine: %w", err)
	}
	return parseBusy(string(stat))
}

// parseBusy adds user, nice, system, irq, softirq and steal of the first line
// (proc(5)), and leaves out idle and iowait.
func parseBusy(stat string) (time.Duration, error) {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, fmt.Errorf("CPU time of the machine: /proc/stat begins with %q, want cpu and 8 numbers", line)
	}
	var ticks int64
	for i, field := range fields[1:9] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("CPU time of the machine: %w", err)
		}
		if i != 3 && i != 4 {
			ticks += n
		}
	}
	return time.Duration(ticks) * tick, nil
}
