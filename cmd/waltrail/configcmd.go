package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/waltrail/waltrail/config"
)

func (c *cli) configCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Check a configuration file, or print its JSON Schema",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.configCheckCmd(), c.configSchemaCmd())
	return cmd
}

// checked is the JSON of `config check`.
type checked struct {
	File     string           `json:"file"`
	OK       bool             `json:"ok"`
	Problems []config.Problem `json:"problems"`
	Warnings []string         `json:"warnings"`
}

func (c *cli) configCheckCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE]",
		Short: "Say all that is wrong with a file, with lines; connects to nothing",
		Example: `  waltrail config check
  waltrail config check shop.yaml
  waltrail config check --config shop.yaml --output json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			path := c.configPath
			if len(args) == 1 {
				path = args[0]
			}
			found, err := config.Find(path)
			if err != nil {
				return usageError{err}
			}
			return c.check(found.Path)
		},
	}
}

func (c *cli) check(path string) error {
	cfg, err := c.loadFrom(path)
	report := checked{File: path, OK: err == nil, Problems: []config.Problem{}, Warnings: []string{}}
	if cfg != nil {
		report.Warnings = append(report.Warnings, cfg.Warnings()...)
	}
	if c.output == outputJSON {
		var file *config.Error
		if errors.As(err, &file) {
			report.Problems, err = file.Problems, usageError{errReported} // in the output
		}
		c.json(report)
		return err
	}
	if err != nil {
		return err
	}
	c.printf("%s: ok; entities: %d, trigger rules: %d\n", path, len(cfg.Entities), len(cfg.Triggers))
	for _, w := range report.Warnings {
		c.printf("warning: %s\n", w)
	}
	return nil
}

func (c *cli) configSchemaCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the configuration, for editors",
		Example: `  waltrail config schema > waltrail.schema.json
  # then, as the first line of waltrail.yaml:
  # yaml-language-server: $schema=waltrail.schema.json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			schema, err := config.Schema()
			if err != nil {
				return err
			}
			c.printf("%s\n", schema)
			return nil
		},
	}
}
