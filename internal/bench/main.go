package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures and prints the report on out, progress on log.
func run(ctx context.Context, args []string, out, log io.Writer) (err error) {
	o, output, err := parse(args, log)
	if err != nil {
		return err
	}
	began := time.Now()
	say := func(text string) { fmt.Fprintf(log, "%6.1f s  %s\n", time.Since(began).Seconds(), text) }
	dir, err := os.MkdirTemp("", "waltrail-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	say("start PostgreSQL, Elasticsearch and NATS")
	s, err := startServers(ctx, say)
	defer func() { err = errors.Join(err, s.stop()) }()
	if err != nil {
		return err
	}
	b := &bench{options: o, say: say, dir: dir, servers: s}
	r, err := b.run(ctx)
	if err != nil {
		return err
	}
	say("done")
	if output == "json" {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	return r.table(out)
}

// parse reads the flags and refuses what cannot be measured.
func parse(args []string, log io.Writer) (o options, output string, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.IntVar(&o.changes, "changes", 100_000, "`number` of changes of the backlog")
	flags.IntVar(&o.warmup, "warmup", 100_000, "`number` of changes before measuring")
	flags.IntVar(&o.rows, "rows", 10_000, "`number` of rows of the table")
	flags.Float64Var(&o.rate, "rate", 500, "changes per `second` of the latency phase")
	flags.DurationVar(&o.latency, "latency", 10*time.Second, "`duration` of the latency phase")
	flags.StringVar(&o.binary, "waltrail", "", "`file` of a built waltrail; default: build it")
	flags.StringVar(&output, "output", "text", "`format` of the report: text or json")
	if err := flags.Parse(args); err != nil {
		return o, output, err
	}
	if output != "text" && output != "json" {
		return o, output, fmt.Errorf("-output %q: want text or json", output)
	}
	if o.changes < 1 || o.warmup < 1 || o.rows < 2 || o.rate <= 0 || o.latency <= 0 {
		return o, output, errors.New("-changes, -warmup, -rate and -latency must be positive, -rows 2 or more")
	}
	return o, output, nil
}
