package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// gateScript keeps the future server waiting until its guardian knows about
// it. If we die in between, the gate's pipe ends and the server never starts:
// there is no moment at which a server runs unwatched. exec keeps the pid.
const gateScript = `read -r go <&3 && [ "$go" = go ] || exit 125; exec 3<&-; exec "$@"`

// killGrace is how long a server may take to end after a polite signal.
const killGrace = 20 * time.Second

// command says how to run one server process.
type command struct {
	argv    []string
	dir     string
	env     []string // complete environment; ours is not inherited
	log     string   // file that receives standard output and error, appended
	orphan  syscall.Signal
	account account
}

// process is one running server. It leads its own session and process group.
type process struct {
	pid     int
	log     string
	logFrom int64 // size of the log when this process started
	guard   *guardian
	done    chan struct{} // closed once the process has been reaped
	exit    error         // result of Wait; read only after done
}

// startProcess runs a server under the guardian's watch and returns at once.
func startProcess(c command, g *guardian) (*process, error) {
	out, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(c.argv[0], c.argv[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = c.dir, c.env, out, out
	cmd.SysProcAttr = c.account.sysProcAttr()
	p, err := launch(cmd, g, c.orphan)
	if err != nil {
		return nil, err
	}
	p.log, p.logFrom = c.log, fileSize(out)
	return p, nil
}

// launch starts cmd behind a gate, which opens when the guardian knows the
// process; orphan is the guardian's first signal to it when we are gone.
func launch(cmd *exec.Cmd, g *guardian, orphan syscall.Signal) (*process, error) {
	gate, open, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer gate.Close()
	defer open.Close()
	cmd.Args = append([]string{"/bin/sh", "-c", gateScript, "waltrail-gate"}, cmd.Args...)
	cmd.Path, cmd.Err = "/bin/sh", nil
	cmd.ExtraFiles = []*os.File{gate}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Args[4], err)
	}
	p := &process{pid: cmd.Process.Pid, guard: g, done: make(chan struct{})}
	go func() { // ends with the process; stop and kill wait for it
		p.exit = cmd.Wait()
		close(p.done)
	}()
	if err := g.watch(p.pid, orphan); err != nil {
		return nil, errors.Join(err, p.kill())
	}
	if _, err := open.WriteString("go\n"); err != nil {
		return nil, errors.Join(err, p.kill())
	}
	return p, nil
}

// stop sends sig to the target (the leader or a descendant), waits, and clears
// up what is left of the group by force. A process already gone is no error.
func (p *process) stop(ctx context.Context, target int, sig syscall.Signal) error {
	if p.running() {
		_ = syscall.Kill(-p.pid, syscall.SIGCONT) // a paused process would not see the signal
		_ = syscall.Kill(target, sig)             // gone meanwhile: the wait below returns at once
	}
	timer := time.NewTimer(killGrace)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-ctx.Done():
	case <-timer.C:
	}
	return p.kill()
}

// kill ends the whole group without mercy and waits until nothing of it runs.
func (p *process) kill() error {
	_ = syscall.Kill(-p.pid, syscall.SIGKILL)
	<-p.done // SIGKILL cannot be refused
	if !waitGone(5*time.Second, func() bool { return groupRuns(p.pid) }) {
		return fmt.Errorf("process group %d still runs after SIGKILL", p.pid)
	}
	return p.guard.forget()
}

// signal sends sig to the whole group.
func (p *process) signal(sig syscall.Signal) error { return syscall.Kill(-p.pid, sig) }

func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// await polls probe until it succeeds, the process ends or ctx does. name is
// for the error, which carries the tail of the server's log.
func (p *process) await(ctx context.Context, name string, probe func(context.Context) error) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := probe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return p.failure(name+" ended while starting", p.exit)
		case <-ctx.Done():
			return p.failure(name+" did not become ready", errors.Join(ctx.Err(), err))
		case <-tick.C:
		}
	}
}

// failure describes a start that failed, with what the server itself said.
func (p *process) failure(what string, cause error) error {
	return &startError{what: what, cause: cause, log: p.log, said: logTail(p.log, p.logFrom)}
}

// startError is a failed start together with the end of the server's log.
type startError struct {
	what, log, said string
	cause           error
}

func (e *startError) Error() string {
	if e.said == "" {
		return fmt.Sprintf("%s and wrote nothing to %s: %v", e.what, e.log, e.cause)
	}
	return fmt.Sprintf("%s: %v; the end of %s:\n%s", e.what, e.cause, e.log, lastLines(e.said, 20))
}

func (e *startError) Unwrap() error { return e.cause }

// portTaken tells a lost race for a free port from other failures.
func portTaken(err error) bool {
	var start *startError
	if !errors.As(err, &start) {
		return errors.Is(err, errPortTaken)
	}
	said := strings.ToLower(start.said)
	return strings.Contains(said, "address already in use") || strings.Contains(said, "failed to bind")
}
