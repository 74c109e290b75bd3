package indexer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/waltrail/waltrail/document"
)

// mappings holds the properties of each kind of index. Whatever they do not
// name is stored and not indexed, on every level.
//
//go:embed templates/*.json
var mappings embed.FS

// readAlias is the alias over the documents of all systems.
const readAlias = "trail"

// indexKind is one of the three kinds of indices.
type indexKind struct {
	template string // name of the index template
	pattern  string // indices it is for
	priority int    // the narrower pattern has the higher one
	alias    string // read alias, empty for none
	body     indexBody
}

// indexBody is what an index is created with; a template holds the same.
type indexBody struct {
	Settings settings             `json:"settings"`
	Mappings mapping              `json:"mappings"`
	Aliases  map[string]aliasBody `json:"aliases,omitempty"`
}

type aliasBody struct {
	IsHidden bool `json:"is_hidden,omitempty"`
}

// settings leaves everything else at the server's default: translog
// durability "request", and a refresh when a search asks for it.
type settings struct {
	Shards   int    `json:"number_of_shards"`
	Replicas int    `json:"number_of_replicas"`
	Codec    string `json:"codec"`
}

type mapping struct {
	Dynamic    bool            `json:"dynamic"`
	Meta       meta            `json:"_meta"`
	Properties json.RawMessage `json:"properties"`
}

type meta struct {
	Waltrail metaSchema `json:"waltrail"`
}

// metaSchema tells whose index it is; Hash covers the properties.
type metaSchema struct {
	Schema int    `json:"schema"`
	Hash   string `json:"hash"`
}

// templateBody is the body of PUT _index_template. Indices are created
// explicitly and never by a write that comes too early: allow_auto_create false.
type templateBody struct {
	Patterns   []string  `json:"index_patterns"`
	Priority   int       `json:"priority"`
	AutoCreate bool      `json:"allow_auto_create"`
	Template   indexBody `json:"template"`
	Meta       meta      `json:"_meta"`
}

// schema is the kinds of indices of one system.
type schema struct {
	documents, receipts, quarantine indexKind
	// fields are the full names of what the documents' mapping names, longest first.
	fields []string
}

func newSchema(system string, chosen settings) (*schema, error) {
	base := "trail-" + system
	s := &schema{
		documents:  indexKind{template: base, pattern: base + "-*", priority: 500, alias: readAlias},
		receipts:   indexKind{template: base + "-receipts", pattern: base + "-receipts-*", priority: 510},
		quarantine: indexKind{template: base + "-quarantine", pattern: base + "-quarantine", priority: 510},
	}
	for kind, file := range map[*indexKind]string{&s.documents: "documents", &s.receipts: "receipts", &s.quarantine: "quarantine"} {
		if err := kind.load(file, chosen); err != nil {
			return nil, err
		}
	}
	var err error
	s.fields, err = fieldNames(s.documents.body.Mappings.Properties)
	return s, err
}

func (k *indexKind) load(file string, chosen settings) error {
	text, err := fs.ReadFile(mappings, "templates/"+file+".json")
	if err != nil {
		return err
	}
	var small bytes.Buffer
	if err := json.Compact(&small, text); err != nil {
		return err
	}
	if err := json.Unmarshal(small.Bytes(), &k.body.Mappings); err != nil {
		return err
	}
	sum := sha256.Sum256(small.Bytes())
	k.body.Settings = chosen
	k.body.Mappings.Meta.Waltrail = metaSchema{Schema: document.Version, Hash: hex.EncodeToString(sum[:8])}
	return nil
}

// bodyOf is what an index is created with.
func (k *indexKind) bodyOf(index string) indexBody {
	body := k.body
	body.Aliases = map[string]aliasBody{writeAlias(index): {IsHidden: true}}
	if k.alias != "" {
		body.Aliases[k.alias] = aliasBody{}
	}
	return body
}

// kindOf tells what an index of this system is for, by its name.
func (s *schema) kindOf(index string) *indexKind {
	switch {
	case index == s.quarantine.pattern:
		return &s.quarantine
	case strings.HasPrefix(index, strings.TrimSuffix(s.receipts.pattern, "*")):
		return &s.receipts
	}
	return &s.documents
}

func (s *schema) kinds() []*indexKind {
	return []*indexKind{&s.documents, &s.receipts, &s.quarantine}
}

func (k *indexKind) templateBody() templateBody {
	return templateBody{
		Patterns: []string{k.pattern}, Priority: k.priority,
		Template: k.bodyOf("{index}"), Meta: k.body.Mappings.Meta,
	}
}

// fieldNames lists the leaves of a mapping, longest name first.
func fieldNames(properties json.RawMessage) ([]string, error) {
	var nodes map[string]struct {
		Properties json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(properties, &nodes); err != nil {
		return nil, err
	}
	var names []string
	for name, node := range nodes {
		if node.Properties == nil {
			names = append(names, name)
			continue
		}
		inner, err := fieldNames(node.Properties)
		if err != nil {
			return nil, err
		}
		for _, leaf := range inner {
			names = append(names, name+"."+leaf)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return names, nil
}

// Request is one request of a plan.
type Request struct {
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Body   json.RawMessage `json:"body"`
}

// SetupPlan returns what Setup sends to a server that has nothing yet.
func (x *Indexer) SetupPlan() ([]Request, error) {
	var plan []Request
	for _, kind := range x.schema.kinds() {
		body, err := json.Marshal(kind.templateBody())
		if err != nil {
			return nil, err
		}
		plan = append(plan, Request{Method: http.MethodPut, Path: "/_index_template/" + kind.template, Body: body})
	}
	return plan, nil
}

// Setup stores the index templates unless the server has them as they are, and
// gives indices of ours the aliases that they lack. It makes one attempt and is idempotent.
// Indices are made when the first document comes.
func (x *Indexer) Setup(ctx context.Context) error {
	for _, kind := range x.schema.kinds() {
		if err := x.setupTemplate(ctx, kind); err != nil {
			return fmt.Errorf("index template %s: %w", kind.template, err)
		}
	}
	existing, err := x.existing(ctx, x.schema.documents.pattern)
	if err != nil {
		return fmt.Errorf("existing indices: %w", err)
	}
	for index, found := range existing {
		if found.Mappings.Meta.Waltrail.Schema == 0 {
			continue
		}
		if err := x.addAliases(ctx, index, found.Aliases, x.schema.kindOf(index).bodyOf(index).Aliases); err != nil {
			return fmt.Errorf("index %s: %w", index, err)
		}
	}
	return nil
}

func (x *Indexer) setupTemplate(ctx context.Context, kind *indexKind) error {
	want := kind.templateBody()
	stored, err := x.storedTemplate(ctx, kind.template)
	if err != nil || stored.equal(&want) {
		return err
	}
	body, err := json.Marshal(want)
	if err != nil {
		return err
	}
	return x.client.ask(ctx, esapi.IndicesPutIndexTemplateRequest{Name: kind.template, Body: bytes.NewReader(body)}, nil)
}

// storedTemplate is what doctor and Setup compare.
type storedTemplate struct {
	Patterns []string `json:"index_patterns"`
	Priority int      `json:"priority"`
	Meta     meta     `json:"_meta"`
	Template struct {
		Settings struct {
			Index struct {
				Replicas json.Number `json:"number_of_replicas"`
				Codec    string      `json:"codec"`
			} `json:"index"`
		} `json:"settings"`
	} `json:"template"`
}

// storedTemplate returns a template of the server, nil when it has none of that name.
func (x *Indexer) storedTemplate(ctx context.Context, name string) (*storedTemplate, error) {
	var answer struct {
		Templates []struct {
			Template storedTemplate `json:"index_template"`
		} `json:"index_templates"`
	}
	err := x.client.ask(ctx, esapi.IndicesGetIndexTemplateRequest{Name: name}, &answer)
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusNotFound {
		return nil, nil
	}
	if err != nil || len(answer.Templates) == 0 {
		return nil, err
	}
	return &answer.Templates[0].Template, nil
}

func (t *storedTemplate) equal(want *templateBody) bool {
	if t == nil {
		return false
	}
	has, wants := t.Template.Settings.Index, want.Template.Settings
	return slices.Equal(t.Patterns, want.Patterns) && t.Priority == want.Priority &&
		t.Meta == want.Meta && has.Codec == wants.Codec && has.Replicas.String() == strconv.Itoa(wants.Replicas)
}
