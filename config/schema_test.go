package config

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("waltrail.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("waltrail.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// instance reads a file the way an editor does.
func instance(t *testing.T, file string) any {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := yaml.YAMLToJSON(data)
	if err != nil {
		t.Skipf("not one YAML document: %v", err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Skipf("not JSON: %v", err)
	}
	return doc
}

func TestSchemaAcceptsGoodFiles(t *testing.T) {
	schema := compiled(t)
	files, _ := filepath.Glob("testdata/good/*.yaml")
	for _, file := range files {
		if err := schema.Validate(instance(t, file)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestSchemaFindsMistakes lists the mistakes of testdata/bad that an editor can
// show while one types.
func TestSchemaFindsMistakes(t *testing.T) {
	schema := compiled(t)
	for _, name := range []string{
		"unknown_section", "unknown_key", "number_expected", "bool_expected", "duration_expected", "value_expected",
		"keys_expected", "list_expected", "missing_system", "missing_postgres", "missing_entities", "entity_without_table",
		"bad_snapshot", "bad_mode", "bad_mask", "parent_without_key", "rule_unknown_type", "rule_without_name",
		"field_unknown_setting", "visibility_unknown_action",
	} {
		t.Run(name, func(t *testing.T) {
			if schema.Validate(instance(t, "testdata/bad/"+name+".yaml")) == nil {
				t.Error("the schema accepts it")
			}
		})
	}
}

// TestEveryKeyIsExplained compares the keys that have an explanation with those
// that exist.
func TestEveryKeyIsExplained(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	left := keys()
	var walk func(path string, s map[string]any)
	walk = func(path string, s map[string]any) {
		if _, ok := s["description"]; !ok && path != "" {
			t.Errorf("%s has no explanation; add it to keys.go", path)
		}
		delete(left, path)
		properties, _ := s["properties"].(map[string]any)
		for name, sub := range properties {
			if sub, ok := sub.(map[string]any); ok {
				walk(strings.TrimPrefix(path+"."+name, "."), sub)
			}
		}
		if sub, ok := s["additionalProperties"].(map[string]any); ok {
			walk(path+".*", sub)
		}
		if sub, ok := s["items"].(map[string]any); ok {
			walk(path+"[]", sub)
		}
		list, _ := s["oneOf"].([]any)
		for _, one := range list {
			if sub, ok := one.(map[string]any)["items"].(map[string]any); ok {
				walk(path+"[]", sub)
			}
		}
	}
	walk("", root)
	for path := range left {
		t.Errorf("%s is explained but does not exist", path)
	}
	if !slices.Contains(strings.Split(string(text), "\n"), `  "title": "Waltrail configuration",`) {
		t.Error("the schema has no title")
	}
}
