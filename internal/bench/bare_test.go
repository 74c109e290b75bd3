package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waltrail/waltrail/internal/demo"
	"github.com/waltrail/waltrail/internal/testenv"
)

func TestBareReader(t *testing.T) {
	pg := testenv.Postgres(t)
	load := demo.Load{Rows: 10, Writers: 2, Changes: 1000, PerTransaction: 3}
	if err := load.Install(t.Context(), pg.DSN); err != nil {
		t.Fatal(err)
	}
	pg.Exec(t, "CREATE PUBLICATION bench FOR TABLE public.bench_items")
	pg.Exec(t, "SELECT pg_create_logical_replication_slot($1, 'pgoutput')", pg.Name)
	if err := load.Run(t.Context(), pg.DSN); err != nil {
		t.Fatal(err)
	}
	end := pg.Value(t, "SELECT pg_current_wal_lsn()")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := openReader(ctx, pg.DSN, pg.Name, "bench")
	if err != nil {
		t.Fatal(err)
	}
	defer r.close(ctx)
	for r.end == 0 || r.updates < load.Changes { // to the commit of the last one
		if err := r.next(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.read(ctx, load.Changes); err != nil || r.updates != load.Changes {
		t.Errorf("%d updates, %v, want %d", r.updates, err, load.Changes)
	}
	if got := r.end.String(); got > end && len(got) >= len(end) {
		t.Errorf("read up to %s, the log ends at %s", got, end)
	}
	testenv.Eventually(t, "the confirmation", time.Minute, func() bool {
		return pg.Value(t, "SELECT confirmed_flush_lsn >= $1::pg_lsn FROM pg_replication_slots WHERE slot_name = $2", r.end.String(), pg.Name) == "t"
	})
}

func TestBareReaderSaysWhatIsMissing(t *testing.T) {
	pg := testenv.Postgres(t)
	if _, err := openReader(t.Context(), pg.DSN, "no_such_slot", "bench"); err == nil || !strings.Contains(err.Error(), "no_such_slot") {
		t.Errorf("got %v", err)
	}
}

// documents are messages that look like those of Waltrail.
func documents(n int) []message {
	all := make([]message, n)
	for i := range all {
		id := fmt.Sprintf("id-%06d", i)
		all[i] = message{id: id, body: fmt.Appendf(nil, `{"@timestamp":"2026-03-04T09:15:22.481516Z","event":{"id":%q},"n":%d}`, id, i)}
	}
	return all
}

func TestBareLoader(t *testing.T) {
	es := testenv.Elasticsearch(t)
	index := newElastic(es.URL)
	first, second := "trail-"+es.System+"-x-2026.03", "trail-"+es.System+"-bare"
	es.Do(t, "PUT", "/"+first, `{"settings":{"number_of_replicas":0,"analysis":{"normalizer":{"low":{"type":"custom","filter":["lowercase"]}}}},
		"mappings":{"dynamic":false,"properties":{"n":{"type":"keyword","normalizer":"low"}}}}`)
	if err := index.copyMapping(t.Context(), first, second); err != nil {
		t.Fatal(err)
	}
	if got := string(es.Get(t, "/"+second+"/_mapping")); !strings.Contains(got, `"normalizer":"low"`) || !strings.Contains(got, `"dynamic":"false"`) {
		t.Errorf("the mapping was not copied: %s", got)
	}
	docs := documents(2*loaderChunk + 1)
	bodies := chunks(docs)
	if len(bodies) != 3 {
		t.Errorf("%d chunks, want 3", len(bodies))
	}
	if err := index.load(t.Context(), second, bodies); err != nil {
		t.Fatal(err)
	}
	if n, err := index.count(t.Context(), second); err != nil || n != len(docs) {
		t.Errorf("%d documents, %v, want %d", n, err, len(docs))
	}
	if err := index.load(t.Context(), second, bodies); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("the same documents again: %v, want a refusal", err)
	}
	if err := index.copyMapping(t.Context(), "trail-"+es.System+"-none-*", "x"); err == nil {
		t.Error("a mapping was taken from no index")
	}
}

func TestBarePublisherAndHarvest(t *testing.T) {
	bus := testenv.NATS(t)
	conn, js := bus.Connect(t), bus.JetStream(t)
	if err := newStream(t.Context(), js, bareStream, "bare.>"); err != nil {
		t.Fatal(err)
	}
	docs := documents(12_000)
	if err := publish(t.Context(), conn, "bare.item", docs); err != nil {
		t.Fatal(err)
	}
	got, err := harvest(t.Context(), js, bareStream, len(docs))
	if err != nil {
		t.Fatal(err)
	}
	same := func(a, b message) bool { return string(a.body) == string(b.body) }
	if !slices.EqualFunc(got, docs, same) {
		t.Error("what was published did not come back as it was, in order")
	}
	if err := newStream(t.Context(), js, bareStream, "bare.>"); err != nil {
		t.Fatal(err)
	}
	if s, err := state(t.Context(), js, bareStream); err != nil || s.Msgs != 0 {
		t.Errorf("a new stream holds %d messages, %v", s.Msgs, err)
	}
	if s, err := state(t.Context(), js, "NONE"); err != nil || s.Msgs != 0 {
		t.Errorf("an absent stream: %+v, %v", s, err)
	}
}

func TestCommitTime(t *testing.T) {
	got, err := commitTime(documents(1)[0].body)
	if want := time.Date(2026, 3, 4, 9, 15, 22, 481516000, time.UTC); err != nil || !got.Equal(want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, bad := range []string{`{}`, `{"@timestamp":"2026`, `{"@timestamp":"yesterday"}`} {
		if _, err := commitTime([]byte(bad)); err == nil {
			t.Errorf("commitTime(%s) succeeded", bad)
		}
	}
}
