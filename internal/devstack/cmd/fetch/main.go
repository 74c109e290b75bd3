// Command fetch fills the cache of server distributions, for `make deps`: what
// is there already costs nothing. It starts no server.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/waltrail/waltrail/internal/devstack"
)

func main() {
	postgres := flag.String("postgres", devstack.DefaultPostgresMajor, "comma-separated PostgreSQL majors")
	nats := flag.Bool("nats", false, "also build the separate nats-server")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	progress := func(line string) { fmt.Fprintln(os.Stderr, line) }
	if err := devstack.Prefetch(ctx, strings.Split(*postgres, ","), *nats, progress); err != nil {
		fmt.Fprintln(os.Stderr, "fetch:", err)
		stop()
		os.Exit(1)
	}
}
