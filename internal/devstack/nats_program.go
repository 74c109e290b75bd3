package devstack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// natsProgram builds the nats-server of our go.mod into the cache. It must be
// called from inside this module, which is where tests and benchmarks run.
func natsProgram(ctx context.Context, progress func(string)) (string, error) {
	dir, err := cached("nats-server-"+server.VERSION, func(dir string) error {
		goTool, err := exec.LookPath("go")
		if err != nil {
			return errors.New("the go command was not found, a separate nats-server is built with it: install Go or use the embedded server")
		}
		say(progress, "building nats-server %s, once", server.VERSION)
		cmd := exec.CommandContext(ctx, goTool, "build", "-o", filepath.Join(dir, "nats-server"), "github.com/nats-io/nats-server/v2")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build nats-server (inside the waltrail module only): %w\n%s", err, strings.TrimSpace(string(out)))
		}
		return nil
	})
	return filepath.Join(dir, "nats-server"), err
}

// ping succeeds when the separate server greets a client.
func (s *NATS) ping(ctx context.Context) error {
	d := net.Dialer{Timeout: time.Second}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(loopback, strconv.Itoa(s.Port)))
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	hello := make([]byte, 4)
	if _, err := conn.Read(hello); err != nil {
		return err
	}
	if string(hello) != "INFO" {
		return fmt.Errorf("port %d does not speak NATS", s.Port)
	}
	return nil
}
