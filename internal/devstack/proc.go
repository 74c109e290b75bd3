package devstack

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// procStat is what we need of one /proc/<pid>/stat line.
type procStat struct {
	pid, parent, group int
	zombie             bool
}

// processes lists what runs now. Entries that vanish meanwhile are left out;
// without /proc the list is empty.
func processes() []procStat {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil
	}
	list := make([]procStat, 0, len(files))
	for _, f := range files {
		line, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		if st, ok := parseStat(string(line)); ok {
			list = append(list, st)
		}
	}
	return list
}

// parseStat reads "pid (name) state ppid pgrp …"; the name may hold anything,
// so fields count from its last parenthesis.
func parseStat(line string) (procStat, bool) {
	open, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return procStat{}, false
	}
	rest := strings.Fields(line[end+1:])
	if len(rest) < 3 {
		return procStat{}, false
	}
	pid, err1 := strconv.Atoi(strings.TrimSpace(line[:open]))
	parent, err2 := strconv.Atoi(rest[1])
	group, err3 := strconv.Atoi(rest[2])
	if err1 != nil || err2 != nil || err3 != nil {
		return procStat{}, false
	}
	return procStat{pid: pid, parent: parent, group: group, zombie: rest[0] == "Z" || rest[0] == "X"}, true
}

// groupRuns reports whether a live process belongs to the group. Zombies do
// not count: in a container without a reaping init they stay for ever.
func groupRuns(group int) bool {
	for _, p := range processes() {
		if p.group == group && !p.zombie {
			return true
		}
	}
	return false
}

// childrenOf lists the live children of pid.
func childrenOf(pid int) []int {
	var pids []int
	for _, p := range processes() {
		if p.parent == pid && !p.zombie {
			pids = append(pids, p.pid)
		}
	}
	return pids
}

// anyRuns reports whether one of the pids is a live process.
func anyRuns(pids []int) bool {
	for _, pid := range pids {
		line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil {
			continue
		}
		if st, ok := parseStat(string(line)); ok && !st.zombie {
			return true
		}
	}
	return false
}

// waitGone polls until runs is false; it reports false when the time is over.
func waitGone(limit time.Duration, runs func() bool) bool {
	deadline := time.Now().Add(limit)
	for runs() {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(10 * time.Millisecond) // polling /proc: nothing signals the end of a process that is not our child
	}
	return true
}
