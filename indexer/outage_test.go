package indexer

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/waltrail/waltrail/document"
	"github.com/waltrail/waltrail/internal/testenv"
)

// writeMeanwhile starts a Write and waits until it is known to be waiting.
func writeMeanwhile(t *testing.T, x *Indexer, docs []document.Change) <-chan error {
	t.Helper()
	done, ctx := make(chan error, 1), limited(t)
	go func() { done <- x.Write(ctx, docs) }()
	testenv.Eventually(t, "the Write waits", 30*time.Second, func() bool { return x.Healthy() != nil })
	select {
	case err := <-done:
		t.Fatalf("Write returned %v during the outage", err)
	default:
	}
	return done
}

// mustDo sends a request to the server and wants success.
func mustDo(t *testing.T, es *testenv.ES, method, path, body string) {
	t.Helper()
	if status, answer := es.Do(t, method, path, body); status >= http.StatusMultipleChoices {
		t.Fatalf("%s %s answers %d: %s", method, path, status, answer)
	}
}

// TestHeld breaks an index in ways that somebody has to repair, and repairs it.
func TestHeld(t *testing.T) {
	settings := func(body string) func(*testing.T, *testenv.ES, string) {
		return func(t *testing.T, es *testenv.ES, index string) {
			mustDo(t, es, http.MethodPut, "/"+index+"/_settings", body)
		}
	}
	tests := map[string]struct {
		harm, repair func(*testing.T, *testenv.ES, string)
		says         string
	}{
		"closed index": {
			func(t *testing.T, es *testenv.ES, index string) {
				mustDo(t, es, http.MethodPost, "/"+index+"/_close", "")
			},
			func(t *testing.T, es *testenv.ES, index string) {
				mustDo(t, es, http.MethodPost, "/"+index+"/_open", "")
			},
			"index_closed_exception",
		},
		"write block": {
			settings(`{"index.blocks.write":true}`), settings(`{"index.blocks.write":null}`), "index write",
		},
		"flood stage": {
			settings(`{"index.blocks.read_only_allow_delete":true}`), settings(`{"index.blocks.read_only_allow_delete":null}`), "cluster_block_exception",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			es := testenv.Elasticsearch(t)
			x := open(t, es.URL, es.System)
			if err := x.Write(limited(t), sample(es.System, 0, 5).Changes); err != nil {
				t.Fatal(err)
			}
			b := sample(es.System, 5, 5)
			tt.harm(t, es, b.Changes[0].Index)
			done := writeMeanwhile(t, x, b.Changes)
			if err := x.Healthy(); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Healthy says %v, want %q in it", err, tt.says)
			}
			tt.repair(t, es, b.Changes[0].Index)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			if n := es.Count(t, es.Indices()); n != 10 {
				t.Errorf("%d documents, want 10", n)
			}
			if err := x.Healthy(); err != nil {
				t.Errorf("Healthy after the repair: %v", err)
			}
		})
	}
}

// TestDeletedUnderUs deletes index and templates on a server that would make
// an index of any name by itself: the mapping must be ours all the same.
func TestDeletedUnderUs(t *testing.T) {
	es := testenv.Elasticsearch(t)
	x := open(t, es.URL, es.System)
	if err := x.Setup(limited(t)); err != nil {
		t.Fatal(err)
	}
	b := sample(es.System, 0, 5)
	if err := x.Write(limited(t), b.Changes); err != nil {
		t.Fatal(err)
	}
	mustDo(t, es, http.MethodPut, "/_cluster/settings", `{"persistent":{"action.auto_create_index":"true"}}`)
	defer es.Do(t, http.MethodPut, "/_cluster/settings", `{"persistent":{"action.auto_create_index":null}}`)
	mustDo(t, es, http.MethodDelete, "/_index_template/trail-"+es.System+"*", "")
	mustDo(t, es, http.MethodDelete, "/"+b.Changes[0].Index, "")
	if err := x.Write(limited(t), sample(es.System, 5, 5).Changes); err != nil {
		t.Fatal(err)
	}
	if n := es.Count(t, es.Indices()); n != 5 {
		t.Errorf("%d documents, want the 5 after the deletion", n)
	}
	if mapping := string(es.Get(t, "/"+b.Changes[0].Index+"/_mapping")); !strings.Contains(mapping, `"dynamic":"false"`) || strings.Contains(mapping, `"sequence"`) {
		t.Errorf("the mapping was guessed: %s", mapping)
	}
}

func TestForeignIndexIsNotTouched(t *testing.T) {
	es := testenv.Elasticsearch(t)
	x := open(t, es.URL, es.System)
	b := sample(es.System, 0, 5)
	mustDo(t, es, http.MethodPut, "/"+b.Changes[0].Index, `{"settings":{"number_of_replicas":0}}`)
	done := writeMeanwhile(t, x, b.Changes)
	if err := x.Healthy(); err == nil || !strings.Contains(err.Error(), "did not make it") {
		t.Errorf("Healthy says %v", err)
	}
	mustDo(t, es, http.MethodDelete, "/"+b.Changes[0].Index, "")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// TestRestoredWithoutAliases: a snapshot may be restored without aliases.
func TestRestoredWithoutAliases(t *testing.T) {
	es := testenv.Elasticsearch(t)
	b := sample(es.System, 0, 5)
	if err := open(t, es.URL, es.System).Write(limited(t), b.Changes); err != nil {
		t.Fatal(err)
	}
	index := b.Changes[0].Index
	mustDo(t, es, http.MethodDelete, "/"+index+"/_alias/*", "")
	if err := open(t, es.URL, es.System).Write(limited(t), sample(es.System, 5, 5).Changes); err != nil {
		t.Fatal(err)
	}
	if aliases := string(es.Get(t, "/"+index+"/_alias")); !strings.Contains(aliases, `"`+readAlias+`"`) {
		t.Errorf("the read alias is missing: %s", aliases)
	}
}

func TestWriteEndsWithItsContext(t *testing.T) {
	x := open(t, "http://127.0.0.1:1", "nobody")
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("the daemon stops")
	done := make(chan error, 1)
	go func() { done <- x.Write(ctx, sample("nobody", 0, 3).Changes) }()
	testenv.Eventually(t, "the Write waits", 30*time.Second, func() bool { return x.Healthy() != nil })
	cancel(cause)
	if err := <-done; !errors.Is(err, cause) || !strings.Contains(err.Error(), "3 of 3") {
		t.Errorf("Write returns %v, want the cause and the number of documents", err)
	}
	if err := x.Healthy(); err != nil {
		t.Errorf("nothing waits any more, but Healthy says %v", err)
	}
}
