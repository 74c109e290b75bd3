package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/waltrail/waltrail/change"
	"github.com/waltrail/waltrail/document"
)

// Page is one page of changes, newest first.
type Page struct {
	Changes []Found
	// Total counts all changes, not only those of the page. Beyond countedTotal it is a lower
	// bound, and More is true.
	Total int
	More  bool
	// Next is the cursor of the page after this one, empty on the last.
	Next string
}

// Found is a change as it was read back.
type Found struct {
	document.Change
	// Raw is the stored JSON.
	Raw json.RawMessage
}

// countedTotal is how far hits are counted; counting further costs more than it tells.
const countedTotal = 10_000

// hits is the part of a search response that is used.
type hits struct {
	TimedOut bool `json:"timed_out"`
	Shards   struct {
		Failed int `json:"failed"`
	} `json:"_shards"`
	Hits struct {
		Total struct {
			Value    int    `json:"value"`
			Relation string `json:"relation"`
		} `json:"total"`
		Hits []struct {
			ID     string          `json:"_id"`
			Source json.RawMessage `json:"_source"`
		} `json:"hits"`
	} `json:"hits"`
}

// page reads a response to a request for one hit more than size, which tells
// whether there is a next page.
func page(response []byte, size int) (*Page, error) {
	var h hits
	if err := json.Unmarshal(response, &h); err != nil {
		return nil, fmt.Errorf("the index's answer is not understood: %w", err)
	}
	if h.Shards.Failed > 0 || h.TimedOut {
		return nil, errors.New("the index answered in part only; look at its health (waltrail doctor) and try again")
	}
	p := &Page{Total: h.Hits.Total.Value, More: h.Hits.Total.Relation == "gte"}
	for i, hit := range h.Hits.Hits {
		if i == size {
			p.Next = p.Changes[i-1].Trail.Sequence
			break
		}
		f := Found{Raw: hit.Source}
		if err := json.Unmarshal(hit.Source, &f.Change); err != nil {
			return nil, fmt.Errorf("document %s is not understood: %w", hit.ID, err)
		}
		p.Changes = append(p.Changes, f)
	}
	return p, nil
}

// after reads a cursor, which is the sequence of the last change of a page.
func after(cursor string) ([]any, error) {
	if cursor == "" {
		return nil, nil
	}
	parts := strings.Split(cursor, "-")
	if len(cursor) != change.PositionLen || len(parts) != 3 {
		return nil, errCursor
	}
	values := make([]any, len(parts))
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 16, 63)
		if err != nil {
			return nil, errCursor
		}
		values[i] = n
	}
	return values, nil
}

var errCursor = errors.New("the cursor is not one that a page gave; leave it out to begin with the newest change")
