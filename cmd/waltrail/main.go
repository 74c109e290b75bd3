package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/waltrail/waltrail/config"
	"github.com/waltrail/waltrail/history"
)

// The exit codes, the same for all commands. 3, found a difference, is for
// commands that compare.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// execute runs one command line and returns the exit code.
func execute(ctx context.Context, args []string, out, errOut io.Writer) int {
	c := &cli{out: out, err: errOut}
	root := c.root()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	var file *config.Error
	switch {
	case errors.Is(err, errReported):
	case errors.As(err, &file): // each line begins with its place
		c.note("%v", err)
	case !c.started:
		c.note("waltrail: %v; see %s --help", err, cmd.CommandPath())
	default:
		c.note("waltrail: %v", err)
	}
	return c.exitCode(err)
}

// errReported is a failure that the command's own output tells already.
var errReported = errors.New("failed")

// usageError is a mistake in the command line.
type usageError struct{ error }

// Unwrap returns what the mistake is.
func (e usageError) Unwrap() error { return e.error }

func (c *cli) exitCode(err error) int {
	var usage usageError
	var file *config.Error
	var query *history.SyntaxError
	if !c.started || errors.As(err, &usage) || errors.As(err, &file) || errors.As(err, &query) {
		return exitUsage
	}
	return exitFailed
}
