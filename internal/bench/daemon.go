package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/waltrail/waltrail/internal/demo"
)

// product is the real binary with one configuration.
type product struct {
	binary, config, listen string
	system                 string
}

// slot is the default name of the system's slot.
func (p product) slot() string { return "waltrail_" + p.system }

// newProduct writes the configuration of a system into a folder.
func newProduct(binary, dir, system string, s *servers, index bool) (product, error) {
	listen, err := freeAddress()
	if err != nil {
		return product{}, err
	}
	p := product{binary: binary, config: filepath.Join(dir, system+".yaml"), listen: listen, system: system}
	return p, os.WriteFile(p.config, demo.LoadConfig(system, s.endpoints(listen, index)), 0o600)
}

// freeAddress is an address on the loopback interface that nobody listens on now.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // answers at once
	if err != nil {
		return "", err
	}
	defer l.Close() //nolint:errcheck // nothing was sent
	return l.Addr().String(), nil
}

// build makes the binary from the module in the current folder.
func build(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "waltrail")
	out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/waltrail/waltrail/cmd/waltrail").CombinedOutput() //nolint:gosec // our own command
	if err != nil {
		return "", fmt.Errorf("build waltrail: %w\n%s", err, out)
	}
	return binary, nil
}

// setup runs `waltrail setup`: publication, slot, templates, stream.
func (p product) setup(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, p.binary, "setup", "--config", p.config).CombinedOutput() //nolint:gosec,noctx // our own binary, ended by stop
	if err != nil {
		return fmt.Errorf("waltrail setup: %w\n%s", err, out)
	}
	return nil
}

// daemon is a running `waltrail run`.
type daemon struct {
	product
	cmd     *exec.Cmd
	log     string
	started time.Time
	ended   chan error // gets the exit once
}

// start runs the daemon; its output goes to a file beside the configuration.
func (p product) start() (*daemon, error) {
	d := &daemon{product: p, log: p.config + ".log", ended: make(chan error, 1)}
	log, err := os.Create(d.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()                                           //nolint:errcheck // the child has its own handle
	d.cmd = exec.Command(p.binary, "run", "--config", p.config) //nolint:gosec,noctx // our own binary, ended by stop
	d.cmd.Stdout, d.cmd.Stderr = log, log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // however the bench ends
	d.started = time.Now()
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { d.ended <- d.cmd.Wait() }() // ends with the process
	return d, nil
}

func (d *daemon) pid() int { return d.cmd.Process.Pid }

// alive fails with the end of the log when the daemon is gone.
func (d *daemon) alive() error {
	select {
	case err := <-d.ended:
		d.ended <- err
		return fmt.Errorf("waltrail run ended early: %w\n%s", err, d.tail())
	default:
		return nil
	}
}

// tail is the end of its output.
func (d *daemon) tail() string {
	text, err := os.ReadFile(d.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-2000):])
}

// stop asks for a clean end, and fails when the daemon has another one.
func (d *daemon) stop() error {
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case err := <-d.ended:
		d.ended <- err
		if err != nil {
			return fmt.Errorf("waltrail run: %w\n%s", err, d.tail())
		}
		return nil
	case <-time.After(30 * time.Second):
		return errors.Join(fmt.Errorf("waltrail run did not end within 30 s of SIGTERM\n%s", d.tail()), d.cmd.Process.Kill())
	}
}

// metric reads one value without labels from /metrics.
func (d *daemon) metric(ctx context.Context, name string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.listen+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if value, found := strings.CutPrefix(lines.Text(), name+" "); found {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, fmt.Errorf("no %s in /metrics", name)
}
