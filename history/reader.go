package history

import (
	"context"
	"fmt"
	"time"
)

// Searcher asks the index: body is a search request in Elasticsearch's query
// language for all indices of the pattern, and the response is passed back as it came.
type Searcher interface {
	Search(ctx context.Context, pattern string, body []byte) ([]byte, error)
}

// Reader reads the trail of one system. It is safe for concurrent use.
type Reader struct {
	index   Searcher
	pattern string
}

// NewReader returns a reader of the trail of a system.
func NewReader(index Searcher, system string) *Reader {
	own := "trail-" + system + "-"
	return &Reader{index: index, pattern: own + "*,-" + own + "receipts-*,-" + own + "quarantine*,-" + own + "alerts*"}
}

// Options say which page is wanted.
type Options struct {
	// Size is how many changes a page has; 0 means DefaultSize.
	Size int
	// Cursor is Page.Next of the page before; empty means from the newest on.
	Cursor string
	// Zone is that of dates without one; nil means UTC.
	Zone *time.Location
}

// The sizes of a page.
const (
	DefaultSize = 50
	MaxSize     = 1000
)

// History returns the changes of one item and of its parts, newest first. Id is
// the primary key. An item that was never seen has an empty page.
func (r *Reader) History(ctx context.Context, entity, id string, o Options) (*Page, error) {
	uid := entity + ":" + id
	return r.ask(ctx, anyOf([]clause{
		term(atRoot, uid), term(atUID, uid), term(atAncestors, uid),
		term(atUID, entity+":*"), // the table was truncated, and the item with it
	}), o)
}

// Resolve returns the id of the item that last had a business identifier, and
// false when none ever had.
func (r *Reader) Resolve(ctx context.Context, entity, identifier string) (id string, found bool, err error) {
	p, err := r.ask(ctx, allOf([]clause{term(atEntity, entity), term(atIdentifier, identifier)}), Options{Size: 1})
	if err != nil || len(p.Changes) == 0 {
		return "", false, err
	}
	return p.Changes[0].Trail.Item.ID, true, nil
}

// Search returns the changes that a query finds, newest first.
func (r *Reader) Search(ctx context.Context, q Query, o Options) (*Page, error) {
	zone := o.Zone
	if zone == nil {
		zone = time.UTC
	}
	c, err := compile(q, time.Now(), zone)
	if err != nil {
		return nil, err
	}
	return r.ask(ctx, c, o)
}

func (r *Reader) ask(ctx context.Context, query clause, o Options) (*Page, error) {
	size := o.Size
	switch {
	case size == 0:
		size = DefaultSize
	case size < 0 || size > MaxSize:
		return nil, fmt.Errorf("a page has 1 to %d changes, not %d", MaxSize, size)
	}
	from, err := after(o.Cursor)
	if err != nil {
		return nil, err
	}
	req := request{Query: query, Size: size + 1, Sort: newestFirst(), After: from, Total: countedTotal}
	body, err := req.body()
	if err != nil {
		return nil, err
	}
	response, err := r.index.Search(ctx, r.pattern, body)
	if err != nil {
		return nil, fmt.Errorf("searching the trail: %w", err)
	}
	return page(response, size)
}
