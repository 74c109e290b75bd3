package devstack

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// Run runs a command with our standard streams until it ends and returns its
// exit code (128 + number when a signal ended it). Signals that arrive on
// signals go to its whole process group, the second one as SIGKILL; and the
// group ends with this program, however that goes.
func Run(argv, env []string, signals <-chan os.Signal) (code int, err error) {
	if len(argv) == 0 {
		return 0, errors.New("no command given")
	}
	g, err := newGuardian(nil)
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	if cmd.Err != nil {
		return 0, errors.Join(cmd.Err, g.close())
	}
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	p, err := launch(cmd, g, syscall.SIGTERM)
	if err != nil {
		return 0, errors.Join(err, g.close())
	}
	p.forward(signals)
	return exitCode(p.exit), errors.Join(p.kill(), g.close())
}

// forward passes signals on until the process has ended.
func (p *process) forward(signals <-chan os.Signal) {
	for asked := false; ; asked = true {
		select {
		case <-p.done:
			return
		case s := <-signals:
			sig, ok := s.(syscall.Signal)
			if asked || !ok {
				sig = syscall.SIGKILL
			}
			_ = p.signal(sig) // gone meanwhile: done tells
		}
	}
}

// exitCode follows the shell's convention.
func exitCode(err error) int {
	if err == nil {
		return 0
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 1
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}
