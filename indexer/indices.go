package indexer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// foreignIndex is our own error type: an index of our name that is not ours.
const foreignIndex = "waltrail_foreign_index"

// writeSuffix makes the name of the alias that an index is written through. Writes
// demand an alias (require_alias), so that no setting of the server can make
// an index with a guessed mapping out of a write, whatever was deleted before.
const writeSuffix = "-write"

func writeAlias(index string) string { return index + writeSuffix }

// indexSet remembers which indices are known to exist. The zero value is ready.
type indexSet struct {
	mu    sync.RWMutex
	known map[string]bool // guarded by mu
}

func (s *indexSet) has(index string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.known[index]
}

func (s *indexSet) add(index string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[string]bool{}
	}
	s.known[index] = true
}

// remove reports whether the index was known.
func (s *indexSet) remove(index string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.known[index]
	delete(s.known, index)
	return was
}

// ensure makes sure that an index exists and is ours. The body is given in
// full, so that the mapping does not depend on the template.
func (x *Indexer) ensure(ctx context.Context, index string) error {
	if x.indices.has(index) {
		return nil
	}
	body := x.schema.kindOf(index).bodyOf(index)
	err := x.createIndex(ctx, index, body)
	if isType(err, "security_exception") {
		// Naming an alias takes a right that would also allow to delete indices. Without
		// it the aliases come from the template; adopt looks whether they did.
		bare := body
		bare.Aliases = nil
		if err = x.createIndex(ctx, index, bare); err == nil {
			err = x.adopt(ctx, index, body.Aliases)
		}
	}
	if isType(err, "resource_already_exists_exception") {
		err = x.adopt(ctx, index, body.Aliases)
	}
	if err == nil {
		x.indices.add(index)
	}
	return err
}

func (x *Indexer) createIndex(ctx context.Context, index string, body indexBody) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return x.client.ask(ctx, esapi.IndicesCreateRequest{Index: index, Body: bytes.NewReader(text)}, nil)
}

// existingIndex is what adopt looks at.
type existingIndex struct {
	Aliases  map[string]aliasBody `json:"aliases"`
	Mappings struct {
		Meta meta `json:"_meta"`
	} `json:"mappings"`
}

// existing returns the indices of a name or pattern.
func (x *Indexer) existing(ctx context.Context, pattern string) (map[string]existingIndex, error) {
	var answer map[string]existingIndex
	err := x.client.ask(ctx, esapi.IndicesGetRequest{
		Index: []string{pattern}, FilterPath: []string{"*.aliases", "*.mappings._meta"},
	}, &answer)
	return answer, err
}

// adopt checks an index that exists: its mapping must be one of ours, and its
// aliases are added where they are missing (after a restore without them).
func (x *Indexer) adopt(ctx context.Context, index string, aliases map[string]aliasBody) error {
	found, err := x.existing(ctx, index)
	if err != nil {
		return err
	}
	if found[index].Mappings.Meta.Waltrail.Schema == 0 {
		return &Error{Type: foreignIndex, reason: fmt.Sprintf("index %s exists and Waltrail did not make it", index)}
	}
	return x.addAliases(ctx, index, found[index].Aliases, aliases)
}

func (x *Indexer) addAliases(ctx context.Context, index string, has, wants map[string]aliasBody) error {
	for alias, body := range wants {
		if _, there := has[alias]; there {
			continue
		}
		if err := x.addAlias(ctx, index, alias, body); err != nil {
			return fmt.Errorf("alias %s is missing and could not be added (an administrator's waltrail setup adds it): %w", alias, err)
		}
	}
	return nil
}

func (x *Indexer) addAlias(ctx context.Context, index, alias string, body aliasBody) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return x.client.ask(ctx, esapi.IndicesPutAliasRequest{Index: []string{index}, Name: alias, Body: bytes.NewReader(text)}, nil)
}

// lost notes that an index in use is gone. The next attempt makes it anew,
// since new changes must not be lost too; what it held is a matter for the watchdog.
func (x *Indexer) lost(index string) {
	if !x.indices.remove(index) {
		return
	}
	x.metrics.indexLost()
	x.log.Error("an index was deleted while in use; it is made anew and its earlier documents are gone",
		"index", index, "cure", "restore it from a snapshot under another name, then run waltrail watchdog run")
}

// monthOf is the suffix of an index by time.
func monthOf(t time.Time) string { return t.UTC().Format("2006.01") }
