package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"golang.org/x/sync/errgroup"
)

const (
	loaderConnections = 2
	// loaderChunk documents make about 2.5 MB, where larger requests gain nothing.
	loaderChunk = 2000
)

// message is one trigger as Waltrail published it: the document, its id.
type message struct {
	id   string
	body []byte
}

// elastic speaks plain HTTP to Elasticsearch.
type elastic struct {
	url    string
	client *http.Client
}

// newElastic keeps as many connections open as the loader uses.
func newElastic(url string) elastic {
	return elastic{url: url, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: loaderConnections}}}
}

// do returns the body of a successful answer.
func (e elastic) do(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, e.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	resp, err := e.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("bulk loader: %s %s answered %s: %.300s", method, path, resp.Status, answer)
	}
	return answer, err
}

// count is the number of documents that a pattern of indices holds.
func (e elastic) count(ctx context.Context, pattern string) (int, error) {
	if _, err := e.do(ctx, http.MethodPost, "/"+pattern+"/_refresh", nil); err != nil {
		return 0, err
	}
	answer, err := e.do(ctx, http.MethodGet, "/"+pattern+"/_count", nil)
	if err != nil {
		return 0, err
	}
	var into struct{ Count int }
	err = json.Unmarshal(answer, &into)
	return into.Count, err
}

// copyMapping creates an index with the mapping and the analysis of another one,
// so that the bare loader pays for the same fields.
func (e elastic) copyMapping(ctx context.Context, pattern, name string) error {
	answer, err := e.do(ctx, http.MethodGet, "/"+pattern+"?expand_wildcards=open&flat_settings=false", nil)
	if err != nil {
		return err
	}
	body, err := newIndex(answer)
	if err != nil {
		return err
	}
	_, err = e.do(ctx, http.MethodPut, "/"+name, body)
	return err
}

// newIndex turns the description of existing indices into the request that
// creates one like the first.
func newIndex(description []byte) ([]byte, error) {
	var indices map[string]struct {
		Mappings json.RawMessage `json:"mappings"`
		Settings struct {
			Index map[string]json.RawMessage `json:"index"`
		} `json:"settings"`
	}
	if err := json.Unmarshal(description, &indices); err != nil {
		return nil, err
	}
	for _, index := range indices {
		settings := index.Settings.Index
		for _, own := range []string{"creation_date", "uuid", "version", "provided_name", "routing", "hidden"} {
			delete(settings, own) // what an index has by being that index
		}
		return json.Marshal(map[string]any{"mappings": index.Mappings, "settings": map[string]any{"index": settings}})
	}
	return nil, fmt.Errorf("no index of Waltrail found to take the mapping from")
}

// chunks are the bodies of bulk requests, made before the clock starts.
func chunks(messages []message) [][]byte {
	var all [][]byte
	for start := 0; start < len(messages); start += loaderChunk {
		var b bytes.Buffer
		for _, m := range messages[start:min(start+loaderChunk, len(messages))] {
			b.WriteString(`{"create":{"_id":`)
			b.WriteString(strconv.Quote(m.id))
			b.WriteString("}}\n")
			b.Write(m.body)
			b.WriteByte('\n')
		}
		all = append(all, b.Bytes())
	}
	return all
}

// load sends the chunks through two connections and looks at nothing but "errors".
func (e elastic) load(ctx context.Context, index string, bodies [][]byte) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(loaderConnections)
	for _, body := range bodies {
		group.Go(func() error {
			answer, err := e.do(ctx, http.MethodPost, "/"+index+"/_bulk?filter_path=errors", body)
			if err == nil && !bytes.Contains(answer, []byte(`"errors":false`)) {
				err = fmt.Errorf("bare loader: a document was refused: %.300s", answer)
			}
			return err
		})
	}
	return group.Wait()
}
