package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/waltrail/waltrail/app"
)

func (c *cli) setupCmd() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Prepare the servers: publication, slot, SQL helpers, templates, stream",
		Long: `Makes what is missing and leaves alone what exists; it may be repeated. With --dry-run it
prints the SQL and JSON instead, for those who apply such things by hand.`,
		Example: `  waltrail setup
  waltrail setup --dry-run
  waltrail setup --dry-run --output json | jq -r '.sql[]' > setup.sql`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			told := func(line string) {
				if c.output == outputText {
					c.printf("%s\n", line)
				}
			}
			plan, err := app.Setup(cmd.Context(), cfg, dryRun, c.quiet(), told)
			if c.output == outputJSON {
				c.json(plan)
			} else if dryRun {
				c.plan(plan)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "print what would be done, change nothing")
	return cmd
}

// plan prints a dry run in the languages of the three servers.
func (c *cli) plan(p *app.Plan) {
	c.printf("-- PostgreSQL\n")
	if len(p.SQL) == 0 {
		c.printf("-- nothing is missing, or it could not be asked\n")
	}
	for _, statement := range p.SQL {
		c.printf("%s;\n", trimStatement(statement))
	}
	for _, r := range p.Elasticsearch {
		c.printf("\n# Elasticsearch\n%s %s\n%s\n", r.Method, r.Path, indentJSON(r.Body))
	}
	if len(p.Stream) > 0 {
		c.printf("\n# NATS: nats stream add --config FILE\n%s\n", p.Stream)
	}
}

// json prints a value as indented JSON.
func (c *cli) json(v any) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		c.note("%v", err)
		return
	}
	c.printf("%s\n", text)
}
