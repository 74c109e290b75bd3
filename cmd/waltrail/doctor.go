package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/waltrail/waltrail/app"
	"github.com/waltrail/waltrail/internal/check"
)

func (c *cli) doctorCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check every precondition on the three servers; each finding with its cure",
		Example: `  waltrail doctor
  waltrail doctor --output json | jq '.[] | select(.status != "ok")'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			all := []check.Result{}
			app.Doctor(cmd.Context(), cfg, c.quiet(), func(results []check.Result) {
				all = append(all, results...)
				if c.output == outputText {
					c.results(results)
				}
			})
			return c.verdict(all)
		},
	}
}

// nameWidth is the column of the details; longer names push theirs to the right.
const nameWidth = 40

// results prints lines: status, name, detail; below, what to do.
func (c *cli) results(results []check.Result) {
	for _, r := range results {
		c.printf("%-8s %-*s  %s\n", r.Status, nameWidth, r.Name, oneLine(r.Detail))
		if r.Status == check.OK {
			continue
		}
		for _, line := range strings.Split(strings.TrimSpace(r.Cure), "\n") {
			c.printf("%-8s cure: %s\n", "", line)
		}
		if r.Doc != "" {
			c.printf("%-8s see:  README.md%s\n", "", r.Doc)
		}
	}
}

// verdict sums up, and fails when something does not work.
func (c *cli) verdict(all []check.Result) error {
	counts := map[check.Status]int{}
	for _, r := range all {
		counts[r.Status]++
	}
	if c.output == outputJSON {
		c.json(all)
	} else {
		c.printf("\n%d ok, %d warnings, %d failures\n", counts[check.OK], counts[check.Warning], counts[check.Failure])
	}
	if counts[check.Failure] > 0 {
		return errReported
	}
	return nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
