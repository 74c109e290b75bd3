package indexer

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func schemaOf(t *testing.T, system string) *schema {
	t.Helper()
	s, err := newSchema(system, settings{Shards: 1, Replicas: 1})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestKindOf(t *testing.T) {
	s := schemaOf(t, "shop")
	tests := map[string]*indexKind{
		"trail-shop-default-2026.03":  &s.documents,
		"trail-shop-receipts-2026.03": &s.receipts,
		"trail-shop-quarantine":       &s.quarantine,
	}
	for index, want := range tests {
		if got := s.kindOf(index); got != want {
			t.Errorf("%s is of the kind %s", index, got.template)
		}
	}
}

func TestOnlyDocumentsAreUnderTheReadAlias(t *testing.T) {
	s := schemaOf(t, "shop")
	for _, kind := range s.kinds() {
		aliases := kind.bodyOf("i").Aliases
		if _, has := aliases[readAlias]; has != (kind == &s.documents) {
			t.Errorf("%s: aliases are %v", kind.template, aliases)
		}
		if !aliases["i-write"].IsHidden {
			t.Errorf("%s: the write alias is not hidden: %v", kind.template, aliases)
		}
	}
}

// TestHashFollowsTheMapping: doctor and Setup compare nothing else.
func TestHashFollowsTheMapping(t *testing.T) {
	s := schemaOf(t, "shop")
	hashes := map[string]bool{}
	for _, kind := range s.kinds() {
		hashes[kind.body.Mappings.Meta.Waltrail.Hash] = true
	}
	if len(hashes) != 3 {
		t.Errorf("three mappings have %d hashes", len(hashes))
	}
	if other := schemaOf(t, "other"); other.documents.body.Mappings.Meta != s.documents.body.Mappings.Meta {
		t.Error("the hash depends on the system's name")
	}
}

// TestMappingIsLean checks every field against the rules of the format: core
// types, bounded keywords, lower-cased where people type, and nothing of the
// facts' ballast indexed.
func TestMappingIsLean(t *testing.T) {
	s := schemaOf(t, "shop")
	for name, field := range leaves(t, s.documents.body.Mappings.Properties, "") {
		if !slices.Contains([]string{"keyword", "long", "integer", "date_nanos", "boolean", "ip", "object"}, field.Type) {
			t.Errorf("%s has type %s", name, field.Type)
		}
		if field.Type == "keyword" && (field.IgnoreAbove == 0 || field.IgnoreAbove > 32766/4) {
			t.Errorf("%s: ignore_above is %d: a long value would refuse the document", name, field.IgnoreAbove)
		}
		if field.Type == "object" && (field.Enabled == nil || *field.Enabled) {
			t.Errorf("%s is an object that is parsed", name)
		}
	}
	for _, stored := range []string{"message", "event.id", "event.hash", "trail.v", "trail.sequence", "trail.item.key.id"} {
		if slices.Contains(s.fields, stored) {
			t.Errorf("%s is indexed", stored)
		}
	}
	for _, folded := range []string{"trail.item.identifier", "trail.item.label"} {
		if field := leaves(t, s.documents.body.Mappings.Properties, "")[folded]; field.Normalizer != "lowercase" {
			t.Errorf("%s is not folded: %+v", folded, field)
		}
	}
}

type leaf struct {
	Type        string
	Enabled     *bool
	IgnoreAbove int `json:"ignore_above"`
	Normalizer  string
	Properties  json.RawMessage
}

// leaves flattens a mapping.
func leaves(t *testing.T, properties json.RawMessage, prefix string) map[string]leaf {
	t.Helper()
	var nodes map[string]leaf
	if err := json.Unmarshal(properties, &nodes); err != nil {
		t.Fatal(err)
	}
	all := map[string]leaf{}
	for name, node := range nodes {
		if node.Properties == nil {
			all[prefix+name] = node
			continue
		}
		for inner, field := range leaves(t, node.Properties, prefix+name+".") {
			all[inner] = field
		}
	}
	return all
}

func TestFieldNamesLongestFirst(t *testing.T) {
	fields := schemaOf(t, "shop").fields
	for _, want := range []string{"@timestamp", "trail.tx.id", "user.effective.roles"} {
		if !slices.Contains(fields, want) {
			t.Errorf("%s is missing in %s", want, strings.Join(fields, " "))
		}
	}
	if !slices.IsSortedFunc(fields, func(a, b string) int { return len(b) - len(a) }) {
		t.Error("shorter names come first: a part of a name would be taken for it")
	}
}
