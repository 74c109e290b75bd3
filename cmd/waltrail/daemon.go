package main

import (
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/waltrail/waltrail/app"
)

// logFlags say how the daemon logs.
type logFlags struct{ level, format string }

func (f *logFlags) add(cmd *cobra.Command, level string) {
	cmd.Flags().StringVar(&f.level, "log-level", level, "debug, info, warn or error")
	cmd.Flags().StringVar(&f.format, "log-format", outputText, "text or json")
}

func (f *logFlags) logger(c *cli) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.level)); err != nil {
		return nil, usageError{fmt.Errorf("--log-level is debug, info, warn or error, not %q", f.level)}
	}
	options := &slog.HandlerOptions{Level: level}
	switch f.format {
	case outputText:
		return slog.New(slog.NewTextHandler(c.err, options)), nil
	case outputJSON:
		return slog.New(slog.NewJSONHandler(c.err, options)), nil
	}
	return nil, usageError{fmt.Errorf("--log-format is text or json, not %q", f.format)}
}

func (c *cli) runCmd() *cobra.Command {
	var logs logFlags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the daemon: stream changes to Elasticsearch, then to NATS",
		Long: `Streams changes until it gets SIGTERM or SIGINT, then finishes what is under way.
Outages of PostgreSQL, Elasticsearch and NATS do not end it. The log goes to standard error.`,
		Example: `  waltrail run --config /etc/waltrail/waltrail.yaml
  waltrail run --log-format json --log-level warn`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := logs.logger(c)
			if err != nil {
				return err
			}
			cfg, err := c.load()
			if err != nil {
				return err
			}
			for _, w := range cfg.Warnings() {
				log.Warn("configuration", "warning", w)
			}
			return app.Run(cmd.Context(), cfg, log)
		},
	}
	logs.add(cmd, "info")
	return cmd
}

// defaultRate is the sample workload of dev, in changed rows per second.
const defaultRate = 5

func (c *cli) devCmd() *cobra.Command {
	var logs logFlags
	o := app.DevOptions{}
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Try everything: embedded servers, a sample shop at work, the daemon",
		Long: `Starts PostgreSQL, Elasticsearch and NATS on free ports, a sample shop with a live
workload, and the daemon. Ctrl-C stops all it started. While it runs, history and search
in another terminal find its configuration by themselves.`,
		Example: `  waltrail dev
  waltrail dev --data ./shop          keep the state between runs
  waltrail dev --no-elasticsearch     triggers only`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := logs.logger(c)
			if err != nil {
				return err
			}
			o.Out = c.out
			return app.Dev(cmd.Context(), o, log)
		},
	}
	logs.add(cmd, "warn")
	cmd.Flags().StringVar(&o.Data, "data", "", "folder that keeps the state (default: a temporary one)")
	cmd.Flags().BoolVar(&o.TriggersOnly, "no-elasticsearch", false, "leave Elasticsearch out: nothing is kept, triggers are published")
	cmd.Flags().StringVar(&o.Listen, "listen", "127.0.0.1:8080", "address of the daemon's health and metrics")
	cmd.Flags().Float64Var(&o.Rate, "rate", defaultRate, "changed rows per second of the sample shop")
	return cmd
}
