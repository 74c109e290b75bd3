package devstack

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// guardianScript outlives us. It learns over its standard input which process
// to watch, one "PID SIGNAL" line each time; the last line counts. When the
// input ends, because we closed it or because we were killed, it stops that
// process politely, then its whole group by force, and removes the folders
// given as arguments. PID 0 means "nothing to stop".
const guardianScript = `
trap '' INT TERM HUP QUIT
runs() { kill -0 "$1" 2>/dev/null && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null; }
pid=0; sig=TERM
while read -r p s; do pid=$p; sig=$s; done
if [ "$pid" -gt 0 ]; then
  kill -CONT -"$pid" 2>/dev/null
  kill -"$sig" "$pid" 2>/dev/null
  n=0
  while [ $n -lt 50 ] && runs "$pid"; do sleep 0.1; n=$((n+1)); done
  kill -KILL -"$pid" 2>/dev/null
fi
n=0
while [ $# -gt 0 ] && [ $n -lt 50 ]; do
  if rm -rf -- "$@" 2>/dev/null; then break; fi
  sleep 0.1; n=$((n+1))
done
`

// guardian is the small process that ends a server when this program is gone,
// however it went. There is one for the whole life of a server, across
// restarts, because it also owns the removal of the temporary folder.
type guardian struct {
	cmd  *exec.Cmd
	pipe *os.File // write end; close-on-exec, so no other child keeps it open
}

// newGuardian starts a guardian which keeps the given files open as long as it
// lives and removes the given folders at its end.
func newGuardian(keep []*os.File, remove ...string) (*guardian, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("guardian pipe: %w", err)
	}
	defer r.Close()
	cmd := exec.Command("/bin/sh", append([]string{"-c", guardianScript, "waltrail-guardian"}, remove...)...)
	cmd.Dir = "/"
	cmd.Stdin, cmd.ExtraFiles = r, keep
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		w.Close()
		return nil, fmt.Errorf("start guardian with /bin/sh: %w", err)
	}
	return &guardian{cmd: cmd, pipe: w}, nil
}

// watch makes pid the process to stop, with sig first.
func (g *guardian) watch(pid int, sig syscall.Signal) error {
	// kill(1) of a POSIX shell understands numbers as well as names.
	return g.tell(strconv.Itoa(pid) + " " + strconv.Itoa(int(sig)))
}

// forget tells the guardian that we have reaped its process ourselves.
func (g *guardian) forget() error { return g.tell("0 TERM") }

func (g *guardian) tell(line string) error {
	if _, err := g.pipe.WriteString(line + "\n"); err != nil {
		return fmt.Errorf("the guardian process %d is gone, servers would outlive us: %w", g.cmd.Process.Pid, err)
	}
	return nil
}

// close ends the guardian and waits until it has cleaned up. It may be called
// once only.
func (g *guardian) close() error {
	g.pipe.Close()
	return g.cmd.Wait()
}
