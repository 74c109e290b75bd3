package testenv_test

import (
	"net/http"
	"testing"

	"github.com/waltrail/waltrail/internal/testenv"
)

func TestElasticsearchHelpers(t *testing.T) {
	es := testenv.Elasticsearch(t)
	index := "/trail-" + es.System + "-default-2026.03"
	if status, answer := es.Do(t, http.MethodPut, index+"/_create/1", `{"a":1}`); status != http.StatusNotFound {
		t.Errorf("a trail index came into being by itself: status %d: %s", status, answer)
	}
	if hits := es.Search(t, ""); len(hits) != 0 {
		t.Errorf("hits without any index: %v", hits)
	}
	es.Do(t, http.MethodPut, index, `{}`)
	for id, body := range map[string]string{"1": `{"a":1}`, "2": `{"a":2}`} {
		if status, answer := es.Do(t, http.MethodPut, index+"/_create/"+id, body); status != http.StatusCreated {
			t.Errorf("create %s: status %d: %s", id, status, answer)
		}
	}
	hits := es.Search(t, `{"sort":[{"a":"desc"}]}`)
	if len(hits) != 2 || hits[0].ID != "2" || string(hits[0].Source) != `{"a":2}` || "/"+hits[0].Index != index {
		t.Errorf("hits %v", hits)
	}
	if n := es.Count(t, es.Indices()); n != 2 {
		t.Errorf("count %d, want 2", n)
	}
	failure(t, func(tb testing.TB) { es.Get(tb, "/no-such-index/_count") })
}

// Indices, hidden ones too, and templates go with the test; others' stay.
func TestElasticsearchCleansUp(t *testing.T) {
	outer := testenv.Elasticsearch(t)
	outer.Do(t, http.MethodPut, "/trail-"+outer.System+"-1", `{}`)
	var system string
	t.Run("leaves a mess", func(t *testing.T) {
		es := testenv.Elasticsearch(t)
		system = es.System
		for path, body := range map[string]string{
			"/trail-" + system + "-1":                         `{}`,
			"/trail-" + system + "-2":                         `{"settings":{"index.hidden":true}}`,
			"/_index_template/trail-" + system:                `{"index_patterns":["trail-` + system + `-*"]}`,
			"/_component_template/trail-" + system + "-parts": `{"template":{}}`,
		} {
			if status, answer := es.Do(t, http.MethodPut, path, body); status != http.StatusOK {
				t.Errorf("PUT %s: status %d: %s", path, status, answer)
			}
		}
	})
	for _, path := range []string{"/trail-" + system + "-1", "/trail-" + system + "-2", "/_index_template/trail-" + system, "/_component_template/trail-" + system + "-parts"} {
		if status, _ := outer.Do(t, http.MethodGet, path, ""); status != http.StatusNotFound {
			t.Errorf("%s is still there: status %d", path, status)
		}
	}
	outer.Get(t, "/trail-"+outer.System+"-1")
}
