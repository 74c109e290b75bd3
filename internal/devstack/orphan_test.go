package devstack

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// orphans is what a child program tells about itself before it is killed.
type orphans struct {
	PIDs   []int    // processes that must end with it
	Remove []string // folders that must disappear with it
}

// playChild starts servers, prints what it started as one JSON line, and waits
// to be killed.
func playChild(part string) error {
	var o orphans
	var err error
	switch part {
	case "servers":
		o, err = childServers()
	case "elasticsearch":
		o, err = childElasticsearch()
	case "run":
		return childRun()
	default:
		return fmt.Errorf("unknown part %q", part)
	}
	if err != nil {
		return err
	}
	return report(o)
}

func report(o orphans) error {
	if err := json.NewEncoder(os.Stdout).Encode(o); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

func childServers() (orphans, error) {
	ctx := context.Background()
	pg, err := StartPostgres(ctx, PostgresOptions{})
	if err != nil {
		return orphans{}, err
	}
	nats, err := StartNATS(ctx, NATSOptions{Separate: true})
	if err != nil {
		return orphans{}, err
	}
	pids := append(childrenOf(pg.PID()), pg.PID(), nats.PID(), pg.home.guard.cmd.Process.Pid, nats.home.guard.cmd.Process.Pid)
	return orphans{PIDs: pids, Remove: []string{pg.DataDir, nats.DataDir}}, nil
}

// childElasticsearch reports in the middle of the start: the launcher and the
// server's JVM run, and nothing answers yet.
func childElasticsearch() (orphans, error) {
	dir := os.Getenv("DEVSTACK_TEST_DIR")
	failed := make(chan error, 1)
	go func() { // ends with the process
		_, err := StartElasticsearch(context.Background(), ElasticsearchOptions{DataDir: dir, Quick: true})
		failed <- err
	}()
	s := &Elasticsearch{DataDir: dir}
	for s.serverPID() == 0 {
		select {
		case err := <-failed:
			return orphans{}, fmt.Errorf("Elasticsearch started too early or not at all: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	var group int
	for _, p := range processes() {
		if p.pid == s.serverPID() {
			group = p.group
		}
	}
	var pids []int
	for _, p := range processes() {
		if p.group == group {
			pids = append(pids, p.pid)
		}
	}
	return orphans{PIDs: pids}, nil
}

// childRun runs a command with a child of its own; the command prints both.
func childRun() error {
	_, err := Run([]string{"sh", "-c", `sleep 1000 & echo "{\"PIDs\":[$$,$!]}"; wait`}, os.Environ(), nil)
	return err
}

// Whatever a program started through this package ends when the program is
// killed with SIGKILL, which it cannot notice.
func TestNothingOutlivesAKilledProgram(t *testing.T) {
	kept := openDir(t)
	for _, test := range []struct {
		part     string
		atLeast  int // processes expected
		keepsDir bool
	}{
		{part: "servers", atLeast: 6},
		{part: "elasticsearch", atLeast: 2, keepsDir: true},
		{part: "run", atLeast: 2},
	} {
		t.Run(test.part, func(t *testing.T) {
			o := killChild(t, test.part, "DEVSTACK_TEST_DIR="+kept)
			if len(o.PIDs) < test.atLeast {
				t.Fatalf("child reported processes %v, want at least %d", o.PIDs, test.atLeast)
			}
			if !waitGone(20*time.Second, func() bool { return anyRuns(o.PIDs) }) {
				t.Errorf("some of processes %v outlived the killed program", o.PIDs)
			}
			for _, dir := range o.Remove {
				if !waitGone(10*time.Second, func() bool { return exists(dir) }) {
					t.Errorf("temporary folder %s outlived the killed program", dir)
				}
			}
			if test.keepsDir && !exists(filepath.Join(kept, "data")) {
				t.Error("the given data folder was removed")
			}
		})
	}
}

// killChild runs this binary as a child, reads its report, checks that what it
// reports does run, and kills it.
func killChild(t *testing.T, part string, env ...string) orphans {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), envChild+"="+part), env...)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	must(t, err)
	defer stdin.Close()
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	line, readErr := bufio.NewReader(stdout).ReadBytes('\n')
	var o orphans
	parseErr := json.Unmarshal(line, &o)
	for _, pid := range o.PIDs {
		if !anyRuns([]int{pid}) {
			t.Errorf("process %d did not run before the kill", pid)
		}
	}
	must(t, cmd.Process.Signal(syscall.SIGKILL))
	_ = cmd.Wait() // reports the kill
	if readErr != nil || parseErr != nil {
		t.Fatalf("no report from the child: %v, %v: %s", readErr, parseErr, line)
	}
	return o
}
