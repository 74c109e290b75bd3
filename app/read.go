package app

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/waltrail/waltrail/config"
	"github.com/waltrail/waltrail/history"
	"github.com/waltrail/waltrail/indexer"
)

// OpenReader returns a reader of the trail that the configuration describes. It
// connects when it is first asked. Call done when finished.
func OpenReader(cfg *config.Config, log *slog.Logger) (r *history.Reader, done func(), err error) {
	if cfg.Elasticsearch.Mode == indexer.ModeTriggersOnly {
		return nil, nil, errors.New("elasticsearch.mode is triggers_only, which keeps no history; set it to index")
	}
	idx, err := indexer.New(cfg.Elasticsearch, cfg.System, log, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("elasticsearch: %w", err)
	}
	return history.NewReader(idx, cfg.System), idx.Close, nil
}
