package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/waltrail/waltrail/capture"
	"github.com/waltrail/waltrail/config"
	"github.com/waltrail/waltrail/indexer"
	"github.com/waltrail/waltrail/internal/check"
	"github.com/waltrail/waltrail/triggers"
)

// Doctor looks at every precondition: the configuration, then the three servers,
// one after the other. It changes nothing. Told gets each group of lines as soon
// as it is known.
func Doctor(ctx context.Context, cfg *config.Config, log *slog.Logger, told func([]check.Result)) {
	told(configuration(cfg))
	told(capture.Check(ctx, cfg.Postgres))
	told(elasticsearch(ctx, cfg, log))
	told(nats(ctx, cfg, log))
}

// configuration turns the file's warnings into lines, and looks at who may read
// its secrets.
func configuration(cfg *config.Config) []check.Result {
	results := []check.Result{{
		Name: "config: file", Status: check.OK, Doc: "#configuration",
		Detail: fmt.Sprintf("%d entities, %d trigger rules", len(cfg.Entities), len(cfg.Triggers)),
	}}
	for _, w := range cfg.Warnings() {
		results = append(results, check.Result{
			Name: "config: in effect", Status: check.Warning, Detail: w,
			Cure: "nothing to do; know that it is so", Doc: "#configuration",
		})
	}
	for _, path := range cfg.SecretFiles() {
		results = append(results, secretFile(path))
	}
	return results
}

// othersMay are the permission bits of a file that concern everybody else.
const othersMay = 0o007

func secretFile(path string) check.Result {
	r := check.Result{Name: "config: secret", Status: check.OK, Detail: path, Doc: "#configuration"}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		r.Status, r.Detail = check.Failure, err.Error()
		r.Cure = "make the file, readable by the daemon's user, or correct the path"
	case info.Mode().Perm()&othersMay != 0:
		r.Status, r.Detail = check.Warning, fmt.Sprintf("%s: everybody on this machine may read it (mode %04o)", path, info.Mode().Perm())
		r.Cure = "chmod o= " + path
	}
	return r
}

func elasticsearch(ctx context.Context, cfg *config.Config, log *slog.Logger) []check.Result {
	if cfg.Elasticsearch.Mode == indexer.ModeTriggersOnly {
		return []check.Result{{
			Name: "elasticsearch: mode", Status: check.Warning, Detail: "triggers_only keeps no history",
			Cure: "set elasticsearch.mode to index", Doc: "#elasticsearch",
		}}
	}
	idx, err := indexer.New(cfg.Elasticsearch, cfg.System, log, nil)
	if err != nil {
		return []check.Result{{
			Name: "elasticsearch: client", Status: check.Failure, Detail: err.Error(),
			Cure: "correct the section elasticsearch of the configuration", Doc: "#elasticsearch",
		}}
	}
	defer idx.Close()
	return idx.Check(ctx)
}

func nats(ctx context.Context, cfg *config.Config, log *slog.Logger) []check.Result {
	publisher, err := triggers.Connect(ctx, cfg.NATS, cfg.TriggerRules(), cfg.System, log, nil)
	if err != nil {
		return []check.Result{{
			Name: "nats: client", Status: check.Failure, Detail: err.Error(),
			Cure: "correct the section nats of the configuration", Doc: "#nats",
		}}
	}
	defer publisher.Close()
	return publisher.Check(ctx)
}
