package indexer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// errTooLong guards the memory of the daemon.
var errTooLong = errors.New("the answer of Elasticsearch is too long: ask for fewer documents")

// maxSearch bounds the answer to a search, in bytes.
const maxSearch = 64 << 20

// Search sends a search request to the indices or aliases of pattern and
// returns the answer as it is. It makes one attempt. Indices that do not exist
// count as empty; shards that do not answer are an error, never a shorter result.
func (x *Indexer) Search(ctx context.Context, pattern string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, x.cfg.Timeout)
	defer cancel()
	yes, no := true, false
	res, err := esapi.SearchRequest{
		Index: []string{pattern}, Body: bytes.NewReader(body),
		IgnoreUnavailable: &yes, AllowNoIndices: &yes, AllowPartialSearchResults: &no,
	}.Do(ctx, x.client.nodes)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	defer closeBody(res.Body)
	if res.StatusCode >= http.StatusMultipleChoices {
		return nil, fmt.Errorf("search: %w", readError(res.StatusCode, res.Body))
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxSearch+1))
	if err == nil && len(answer) > maxSearch {
		err = errTooLong
	}
	return answer, err
}
