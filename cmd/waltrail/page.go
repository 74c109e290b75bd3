package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/waltrail/waltrail/config"
	"github.com/waltrail/waltrail/history"
	"github.com/waltrail/waltrail/history/render"
)

// shownValue is how many characters of a value are shown without --full.
const shownValue = 200

// history shows one item. What is not a primary key may be a business identifier.
func (c *cli) history(ctx context.Context, cfg *config.Config, r *history.Reader, flags *readFlags, o history.Options, entity, id string) error {
	page, err := r.History(ctx, entity, id, o)
	if err != nil {
		return err
	}
	if len(page.Changes) == 0 && o.Cursor == "" {
		key, found, err := r.Resolve(ctx, entity, id)
		if err != nil {
			return err
		}
		if !found {
			return c.nothing(cfg, entity, id)
		}
		id = key
		if page, err = r.History(ctx, entity, id, o); err != nil {
			return err
		}
	}
	uid := entity + ":" + id
	title := uid
	for i := range page.Changes {
		if item := &page.Changes[i].Trail.Item; item.UID == uid {
			title = render.Title(cfg.Label(entity), item)
			break
		}
	}
	return c.page(cfg, flags, page, uid, title, []string{"history", entity, id})
}

// nothing explains an empty History.
func (c *cli) nothing(cfg *config.Config, entity, id string) error {
	if _, ok := cfg.Entities[entity]; !ok {
		return usageError{fmt.Errorf("%s is not an audited entity; configured are %s", entity, strings.Join(cfg.EntityNames(), ", "))}
	}
	c.note("No change of %s %s is recorded.", entity, id)
	return nil
}

func (c *cli) search(ctx context.Context, cfg *config.Config, r *history.Reader, flags *readFlags, o history.Options, q history.Query) error {
	page, err := r.Search(ctx, q, o)
	if err != nil {
		return err
	}
	if len(page.Changes) == 0 {
		c.note("Nothing was found.")
		return nil
	}
	return c.page(cfg, flags, page, "", q.String(), []string{"search", q.String()})
}

// page prints a page, and with which command to get the one after it.
func (c *cli) page(cfg *config.Config, flags *readFlags, page *history.Page, item, title string, command []string) error {
	if c.output == outputJSON {
		return c.lines(page)
	}
	zone := flags.zone()
	p := &render.Printer{Out: c.out, Colors: c.colors(), Zone: zone, Item: item, Limit: shownValue, Labels: cfg.Labels()}
	if flags.full {
		p.Limit = 0
	}
	if err := p.Heading(title, count(page)+", newest first, times in "+zoneName(page, zone)); err != nil {
		return err
	}
	for i := range page.Changes {
		if err := p.Change(&page.Changes[i].Change); err != nil {
			return err
		}
	}
	if page.Next != "" {
		c.printf("\nearlier: %s\n", c.again(command, page.Next))
	}
	return nil
}

// again writes the command for the next page, to be copied into a shell.
func (c *cli) again(command []string, cursor string) string {
	words := []string{"waltrail", command[0]}
	if c.configPath != "" {
		words = append(words, "--config", shellWord(c.configPath))
	}
	words = append(words, "--cursor", cursor)
	if slices.ContainsFunc(command, func(arg string) bool { return strings.HasPrefix(arg, "-") }) {
		words = append(words, "--")
	}
	for _, arg := range command[1:] {
		words = append(words, shellWord(arg))
	}
	return strings.Join(words, " ")
}

// lines prints the stored documents, one in each line.
func (c *cli) lines(page *history.Page) error {
	var b bytes.Buffer
	for i := range page.Changes {
		if err := json.Compact(&b, page.Changes[i].Raw); err != nil {
			return err
		}
		b.WriteByte('\n')
	}
	if _, err := c.out.Write(b.Bytes()); err != nil {
		return err
	}
	if page.Next != "" {
		c.note("earlier: --cursor %s", page.Next)
	}
	return nil
}

func count(page *history.Page) string {
	switch {
	case page.More:
		return fmt.Sprintf("more than %d changes", page.Total)
	case page.Total == 1:
		return "1 change"
	}
	return fmt.Sprintf("%d changes", page.Total)
}

// zoneName names the zone as of the newest change.
func zoneName(page *history.Page, zone *time.Location) string {
	if len(page.Changes) == 0 {
		return zone.String()
	}
	return page.Changes[0].Timestamp.In(zone).Format("MST")
}

// shellWord quotes a word for a POSIX shell where it needs it.
func shellWord(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/,@%+=", r)
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func trimStatement(sql string) string { return strings.TrimRight(strings.TrimSpace(sql), ";") }

func indentJSON(raw []byte) string {
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return string(raw)
	}
	return b.String()
}
