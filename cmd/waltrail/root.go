package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/waltrail/waltrail/config"
)

// cli is one run of the program.
type cli struct {
	out, err io.Writer
	// configPath and output are the flags that all commands share.
	configPath, output string
	// started says that the command line was understood: errors are no longer of usage.
	started bool
}

// The values of --output.
const (
	outputText = "text"
	outputJSON = "json"
)

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "waltrail",
		Short: "Audit trail for PostgreSQL: who changed what, when, from where, old → new",
		Long: `Waltrail reads PostgreSQL's write-ahead log and keeps one document for each
committed row change in Elasticsearch; then it publishes the change on NATS JetStream.

Exit codes: 0 ok, 1 failed, 2 mistake in the command line or configuration, 3 found a difference.`,
		Example: `  waltrail dev                                  everything at once, with a sample shop
  waltrail setup --config waltrail.yaml         prepare the servers
  waltrail run --config waltrail.yaml           the daemon
  waltrail history contact 42                   what happened to one item`,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if c.output != outputText && c.output != outputJSON {
				return fmt.Errorf("--output is text or json, not %q", c.output)
			}
			c.started = true
			return nil
		},
	}
	root.PersistentFlags().StringVarP(&c.configPath, "config", "c", "",
		"configuration file (default $"+config.Variable+", ./"+config.DefaultFile+", or that of a running waltrail dev)")
	root.PersistentFlags().StringVarP(&c.output, "output", "o", outputText, "text or json")
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(c.runCmd(), c.devCmd(), c.setupCmd(), c.doctorCmd(), c.configCmd(),
		c.historyCmd(), c.searchCmd(), c.versionCmd())
	return root
}

// load reads the configuration that the flags, the environment or the working
// directory name.
func (c *cli) load() (*config.Config, error) {
	found, err := config.Find(c.configPath)
	if err != nil {
		return nil, usageError{err}
	}
	if found.Dev {
		_, _ = fmt.Fprintf(c.err, "using %s, of %s\n", found.Path, found.Because)
	}
	return c.loadFrom(found.Path)
}

func (c *cli) loadFrom(path string) (*config.Config, error) {
	cfg, err := config.Load(path)
	if err != nil {
		return nil, usageError{err}
	}
	return cfg, nil
}

func (c *cli) printf(format string, args ...any) { _, _ = fmt.Fprintf(c.out, format, args...) }

// note tells a person something beside the output.
func (c *cli) note(format string, args ...any) { _, _ = fmt.Fprintf(c.err, format+"\n", args...) }

// quiet is the log of commands that answer once: only what is wrong.
func (c *cli) quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// colors reports whether escape sequences may be written: to a terminal, unless
// NO_COLOR (no-color.org) or a dumb terminal forbids it.
func (c *cli) colors() bool {
	file, ok := c.out.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd()))
}
