package indexer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// lookupSize bounds the ids of one read-back.
const lookupSize = 1000

// resolve finds out what is stored under the ids that exist already.
func (w *writer) resolve(ctx context.Context) {
	slices.SortStableFunc(w.conflicts, func(a, b *item) int { return strings.Compare(a.index, b.index) })
	for start := 0; start < len(w.conflicts); {
		end := start + 1
		for end < len(w.conflicts) && end-start < lookupSize && w.conflicts[end].index == w.conflicts[start].index {
			end++
		}
		if err := w.compare(ctx, w.conflicts[start:end]); err != nil {
			w.later(err, requestPolicy(err))
		}
		start = end
	}
}

// compare judges items of one index by what is stored. The checkpoints are
// read before the documents: what lies below a global checkpoint can no longer
// change, so a document seen after it with a lower number is durable on every copy.
func (w *writer) compare(ctx context.Context, items []*item) error {
	alias := writeAlias(items[0].index)
	checkpoints, err := w.x.checkpoints(ctx, alias)
	if err != nil {
		return err
	}
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.id
	}
	stored, err := w.x.lookup(ctx, alias, ids)
	if err != nil {
		return err
	}
	for i, it := range items {
		w.verdict(it, &stored[i], checkpoints)
	}
	return nil
}

func (w *writer) verdict(it *item, stored *storedDocument, checkpoints map[string]int64) {
	switch checkpoint, known := checkpoints[it.err.shard]; {
	case stored.ID != it.id || !stored.Found || !known:
		w.later(errUnsure, transient) // gone again, or on its way to another node
	case !stored.same(it):
		w.x.metrics.conflicted(false)
		w.fork(it)
	case stored.SeqNo > checkpoint:
		w.later(errNotReplicated, transient)
	default:
		w.x.metrics.conflicted(true)
		w.done(it)
	}
}

// errNotReplicated is the reason to look again at a document that another
// request wrote a moment ago.
var errNotReplicated = fmt.Errorf("a document is not on all copies of its shard yet")

// fork lets an item try the next id of its own history.
func (w *writer) fork(it *item) {
	it.rename()
	if !it.quarantined() {
		return
	}
	body, err := w.x.quarantineBody(it)
	if err != nil {
		w.later(err, unknown)
		return
	}
	it.body = body
}

// rewound reports a document that had to be renamed: never silent (promise 4).
func (x *Indexer) rewound(it *item) {
	x.log.Error("an id is taken by a different change: the database was restored to an earlier point",
		"id", it.baseID, "stored_as", it.id, "index", it.index, "cure", "run waltrail watchdog run, and read about restores in the README")
	if x.onRewind != nil {
		x.onRewind(it.id)
	}
}

// storedDocument is a document's write-ahead log fingerprint, as stored.
type storedDocument struct {
	ID     string `json:"_id"`
	Found  bool   `json:"found"`
	SeqNo  int64  `json:"_seq_no"`
	Source struct {
		Timestamp time.Time `json:"@timestamp"`
		Trail     struct {
			Tx struct {
				ID uint64 `json:"id"`
			} `json:"tx"`
		} `json:"trail"`
	} `json:"_source"`
}

// same compares commit time and transaction id. The hash is left out: it also
// depends on the configuration, which may differ between two runs.
func (s *storedDocument) same(it *item) bool {
	return s.Source.Timestamp.UnixMicro() == it.doc.Timestamp.UnixMicro() && s.Source.Trail.Tx.ID == it.doc.Trail.Tx.ID
}

// lookup reads documents back, in the order of ids.
func (x *Indexer) lookup(ctx context.Context, alias string, ids []string) ([]storedDocument, error) {
	body, err := json.Marshal(struct {
		IDs []string `json:"ids"`
	}{ids})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Docs []storedDocument `json:"docs"`
	}
	err = x.client.ask(ctx, esapi.MgetRequest{
		Index: alias, Body: bytes.NewReader(body), SourceIncludes: []string{"@timestamp", "trail.tx.id"},
	}, &answer)
	if err == nil && len(answer.Docs) != len(ids) {
		err = errUnsure
	}
	return answer.Docs, err
}

// checkpoints returns the global checkpoint of each shard, by shard number: all
// operations up to it are on stable storage of every in-sync copy.
func (x *Indexer) checkpoints(ctx context.Context, alias string) (map[string]int64, error) {
	var answer struct {
		Indices map[string]struct {
			Shards map[string][]struct {
				Routing struct {
					Primary bool `json:"primary"`
				} `json:"routing"`
				SeqNo struct {
					Global int64 `json:"global_checkpoint"`
				} `json:"seq_no"`
			} `json:"shards"`
		} `json:"indices"`
	}
	err := x.client.ask(ctx, esapi.IndicesStatsRequest{
		Index: []string{alias}, Metric: []string{"docs"}, Level: "shards",
		FilterPath: []string{"indices.*.shards.*.seq_no", "indices.*.shards.*.routing.primary"},
	}, &answer)
	result := map[string]int64{}
	for _, index := range answer.Indices {
		for number, copies := range index.Shards {
			for _, c := range copies {
				if c.Routing.Primary {
					result[number] = c.SeqNo.Global
				}
			}
		}
	}
	return result, err
}
