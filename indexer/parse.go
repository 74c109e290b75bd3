package indexer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
)

// parseBulk reads the answer to a bulk request into the outcomes of its
// items. Nothing is believed that is not said: an item is durable only where the
// answer has its id, at its place, with the status of a creation. An
// unreadable answer is an error and leaves every item unsure.
func parseBulk(answer []byte, items []item) error {
	if allCreated(answer, items) {
		for i := range items {
			items[i].outcome = durable
		}
		return nil
	}
	var full bulkJSON
	if err := json.Unmarshal(answer, &full); err != nil {
		return fmt.Errorf("answer to a bulk request of %d documents: %w", len(items), err)
	}
	for i := range min(len(items), len(full.Items)) {
		items[i].judge(full.Items[i].Create)
	}
	return nil
}

// bulkJSON is the answer to a bulk request of creations.
type bulkJSON struct {
	Items []struct {
		Create *itemJSON `json:"create"`
	} `json:"items"`
}

type itemJSON struct {
	ID     string     `json:"_id"`
	Status int        `json:"status"`
	Error  *causeJSON `json:"error"`
}

// judge sets the outcome from what the answer says at the item's place.
func (it *item) judge(said *itemJSON) {
	switch {
	case said == nil || said.ID != it.id:
		it.outcome = unsure
	case said.Error != nil:
		it.outcome = refused
		it.err = &Error{Status: said.Status, Type: said.Error.Type, reason: said.Error.Reason, shard: said.Error.Shard}
	case said.Status == http.StatusCreated:
		it.outcome = durable
	default:
		it.outcome = unsure
	}
}

// allCreated compares the answer with the one and only text that says "all
// created", byte by byte: nearly every answer is that, and needs no parsing.
func allCreated(answer []byte, items []item) bool {
	rest, ok := bytes.CutPrefix(answer, []byte(`{"errors":false,"items":[`))
	for i := range items {
		if i > 0 && ok {
			rest, ok = bytes.CutPrefix(rest, []byte(`,`))
		}
		if ok {
			rest, ok = bytes.CutPrefix(rest, []byte(`{"create":{"_id":"`))
		}
		id := items[i].id
		if !ok || len(rest) < len(id) || string(rest[:len(id)]) != id {
			return false
		}
		rest, ok = bytes.CutPrefix(rest[len(id):], []byte(`","status":201}}`))
	}
	return ok && string(rest) == "]}"
}
