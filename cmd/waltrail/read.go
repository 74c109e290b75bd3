package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/waltrail/waltrail/app"
	"github.com/waltrail/waltrail/config"
	"github.com/waltrail/waltrail/history"
)

// readFlags are those of the commands that show changes.
type readFlags struct {
	size      int
	cursor    string
	utc, full bool
}

func (f *readFlags) add(cmd *cobra.Command) {
	cmd.Flags().IntVar(&f.size, "size", history.DefaultSize, fmt.Sprintf("how many changes, at most %d", history.MaxSize))
	cmd.Flags().StringVar(&f.cursor, "cursor", "", "where the page before ended")
	cmd.Flags().BoolVar(&f.utc, "utc", false, "dates and times in UTC, not in this machine's zone")
	cmd.Flags().BoolVar(&f.full, "full", false, "show long values whole")
}

func (f *readFlags) zone() *time.Location {
	if f.utc {
		return time.UTC
	}
	return time.Local
}

// options checks the flags.
func (f *readFlags) options() (history.Options, error) {
	if f.size < 1 || f.size > history.MaxSize {
		return history.Options{}, usageError{fmt.Errorf("--size is 1 to %d, not %d", history.MaxSize, f.size)}
	}
	return history.Options{Size: f.size, Cursor: f.cursor, Zone: f.zone()}, nil
}

func (c *cli) historyCmd() *cobra.Command {
	var flags readFlags
	cmd := &cobra.Command{
		Use:   "history ENTITY ID",
		Short: "Show what happened to one item and its parts, newest first",
		Long: `ID is the primary key; the business identifier does too. Values: ∅ is null, "" is empty
text, (unknown) was not in the log. With --output json: one stored document in each line.`,
		Example: `  waltrail history contact 42
  waltrail history article SKU-001 --size 10
  waltrail history contact 42 --output json | jq .event.action`,
		Args: cobra.ExactArgs(2), //nolint:mnd // ENTITY and ID
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.read(cmd.Context(), &flags, func(ctx context.Context, cfg *config.Config, r *history.Reader, o history.Options) error {
				return c.history(ctx, cfg, r, &flags, o, args[0], args[1])
			})
		},
	}
	flags.add(cmd)
	return cmd
}

func (c *cli) searchCmd() *cobra.Command {
	var flags readFlags
	cmd := &cobra.Command{
		Use:   "search QUERY…",
		Short: "Find changes, newest first",
		Long: `Words and filters, all of which must hold:

  shirt "blue shirt"          in labels, identifiers, titles, reasons, names; values that begin so
  entity:article id:42,43     also container: kind: interface: run: tx:
  type:created,deleted        one of several
  field:price                 any Price; field:"price[currency=EUR]" for one of them
  old:1.50 new:2.00           values; together with field: those of that field
  field:price>10              the new value, as a number or a date
  user:jane                   id, e-mail address, name, or a word of the name
  from:2026-03-01 to:today    also -7d, -12h, yesterday, "2026-03-04 10:15"
  id:SKU-* new:*@example.com  wildcards * and ?; in quotes they stand for themselves
  -interface:import           not

Put the query into single quotes. One that begins with a minus needs -- before it.`,
		Example: `  waltrail search 'entity:article field:price new:>10 from:-7d'
  waltrail search 'user:"Jane Doe" -interface:import' --size 20
  waltrail search --output json -- '-interface:import' | jq .message`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			q, err := history.Parse(strings.Join(args, " "))
			if err != nil {
				return err
			}
			return c.read(cmd.Context(), &flags, func(ctx context.Context, cfg *config.Config, r *history.Reader, o history.Options) error {
				return c.search(ctx, cfg, r, &flags, o, q)
			})
		},
	}
	flags.add(cmd)
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return fmt.Errorf("%w; put -- before a query that begins with a minus", err)
	})
	return cmd
}

// read opens the trail for one question.
func (c *cli) read(ctx context.Context, flags *readFlags, ask func(context.Context, *config.Config, *history.Reader, history.Options) error) error {
	o, err := flags.options()
	if err != nil {
		return err
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	r, done, err := app.OpenReader(cfg, c.quiet())
	if err != nil {
		return err
	}
	defer done()
	return ask(ctx, cfg, r, o)
}
