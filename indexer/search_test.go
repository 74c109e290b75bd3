package indexer

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/waltrail/waltrail/internal/testenv"
)

// TestSearchFinds looks for documents by what the mapping promises to index.
func TestSearchFinds(t *testing.T) {
	es := testenv.Elasticsearch(t)
	x := open(t, es.URL, es.System)
	if err := x.Write(limited(t), sample(es.System, 0, 20).Changes); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		query string
		want  int
	}{
		"value of a field":      {`{"term":{"trail.terms":"n:approved=state"}}`, 20},
		"value of any field":    {`{"prefix":{"trail.terms":"n:3.50="}}`, 1},
		"item":                  {`{"term":{"trail.item.uid":"article:7"}}`, 1},
		"identifier, any case":  {`{"term":{"trail.item.identifier":"sKu-7"}}`, 1},
		"label with a wildcard": {`{"wildcard":{"trail.item.label":"blue*7"}}`, 2},
		"user":                  {`{"term":{"user.id":"5"}}`, 1},
		"transaction":           {`{"term":{"trail.tx.id":743}}`, 10},
		"range of the log":      {`{"range":{"trail.tx.commit_lsn":{"gt":380859520}}}`, 10},
		"range of time":         {`{"range":{"@timestamp":{"gte":"2026-03-04T09:15:22.481516Z","lte":"2026-03-04T09:15:22.481516Z"}}}`, 20},
		"nothing":               {`{"term":{"user.id":"none"}}`, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			found := -1
			testenv.Eventually(t, "the documents are found", 30*time.Second, func() bool {
				found = total(t, x, es.System, tt.query)
				return found == tt.want
			})
		})
	}
}

func total(t *testing.T, x *Indexer, system, query string) int {
	t.Helper()
	answer, err := x.Search(limited(t), "trail-"+system+"-default-*", []byte(`{"size":0,"query":`+query+`}`))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Hits struct{ Total struct{ Value int } }
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		t.Fatal(err)
	}
	return got.Hits.Total.Value
}

func TestSearchOfNothing(t *testing.T) {
	es := testenv.Elasticsearch(t)
	answer, err := open(t, es.URL, es.System).Search(limited(t), "trail-"+es.System+"-nothing", []byte(`{}`))
	if err != nil || !strings.Contains(string(answer), `"hits":[]`) {
		t.Fatalf("Search of an index that does not exist: %s, %v", answer, err)
	}
}

func TestSearchErrorHasNoValues(t *testing.T) {
	es := testenv.Elasticsearch(t)
	x := open(t, es.URL, es.System)
	if err := x.Write(limited(t), sample(es.System, 0, 1).Changes); err != nil {
		t.Fatal(err)
	}
	_, err := x.Search(limited(t), es.Indices(), []byte(`{"query":{"term":{"trail.tx.id":"`+secretValue+`"}}}`))
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusBadRequest || e.Type == "" {
		t.Fatalf("a bad query returns %v", err)
	}
	if strings.Contains(err.Error(), secretValue) {
		t.Errorf("the error quotes the query: %v", err)
	}
}
