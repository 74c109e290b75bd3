// Command withservers runs a command, usually `go test ./...`, with a shared
// PostgreSQL and Elasticsearch whose addresses it passes in the environment, so
// that test binaries do not start their own. It exits with the command's code
// and leaves nothing running.
//
//	go run ./internal/testenv/cmd/withservers -- go test ./...
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/waltrail/waltrail/internal/devstack"
	"github.com/waltrail/waltrail/internal/testenv"
)

func main() {
	args := os.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: withservers -- command [argument…]")
		os.Exit(2)
	}
	code, err := run(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "withservers:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// run owns the servers: whatever it started is closed when it returns.
func run(args []string) (code int, err error) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)

	begin := time.Now()
	env, stop, err := startServers(signals)
	defer func() { err = errors.Join(err, stop()) }()
	if err != nil {
		return 1, err
	}
	fmt.Fprintf(os.Stderr, "test servers ready in %.1f s\n", time.Since(begin).Seconds())
	return devstack.Run(args, env, signals)
}

// startServers starts what the environment does not already offer. stop is
// never nil and closes what was started, also after an error.
func startServers(signals <-chan os.Signal) (env []string, stop func() error, err error) {
	var running []interface{ Close() error }
	stop = func() error {
		var err error
		for _, server := range running {
			err = errors.Join(err, server.Close())
		}
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ready := make(chan struct{})
	defer close(ready)
	go func() { // ends with startServers: a signal meanwhile aborts the start
		select {
		case <-signals:
			cancel()
		case <-ready:
		}
	}()

	env = os.Environ()
	progress := func(line string) { fmt.Fprintln(os.Stderr, line) }
	if os.Getenv(testenv.EnvPostgresDSN) == "" {
		pg, err := devstack.StartPostgres(ctx, devstack.PostgresOptions{Major: os.Getenv(testenv.EnvPostgresMajor), Progress: progress})
		if err != nil {
			return nil, stop, err
		}
		running = append(running, pg)
		env = append(env, testenv.EnvPostgresDSN+"="+pg.DSN("postgres"))
	}
	if os.Getenv(testenv.EnvElasticsearchURL) == "" {
		es, err := devstack.StartElasticsearch(ctx, devstack.ElasticsearchOptions{Quick: true, Progress: progress})
		if err != nil {
			return nil, stop, err
		}
		running = append(running, es)
		env = append(env, testenv.EnvElasticsearchURL+"="+es.URL)
	}
	return env, stop, nil
}
