package strict

import (
	"encoding/json"
	"reflect"
)

// Key documents one key for the schema.
type Key struct {
	Text string
	// Enum lists the values, when they are few.
	Enum []string
	// Required says that the file must give it.
	Required bool
}

// schema is the part of JSON Schema 2020-12 that structs need.
type schema struct {
	Schema      string             `json:"$schema,omitempty"`
	Title       string             `json:"title,omitempty"`
	Description string             `json:"description,omitempty"`
	Type        any                `json:"type,omitempty"`
	Enum        []string           `json:"enum,omitempty"`
	Pattern     string             `json:"pattern,omitempty"`
	Properties  map[string]*schema `json:"properties,omitempty"`
	Required    []string           `json:"required,omitempty"`
	// Additional is false or the schema of all other members.
	Additional any       `json:"additionalProperties,omitempty"`
	Items      *schema   `json:"items,omitempty"`
	OneOf      []*schema `json:"oneOf,omitempty"`
}

// Schema returns the JSON Schema of what Decode reads into a struct of type t.
// Keys documents the keys by their path, in which * stands for the name in a map
// and [] for a place in a list.
func Schema(t reflect.Type, title string, keys map[string]Key) ([]byte, error) {
	s := schemaOf("", t, keys)
	s.Schema, s.Title = "https://json-schema.org/draft/2020-12/schema", title
	return json.MarshalIndent(s, "", "  ")
}

func schemaOf(path string, t reflect.Type, keys map[string]Key) *schema {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	s := &schema{}
	switch t.Kind() {
	case reflect.Struct:
		s.object(path, t, keys)
	case reflect.Map:
		s.Type, s.Additional = orNull("object"), schemaOf(join(path, "*"), t.Elem(), keys)
	case reflect.Slice:
		s.list(path, t, keys)
	default:
		s.single(t, keys[path].Enum)
	}
	s.Description = keys[path].Text
	return s
}

func (s *schema) object(path string, t reflect.Type, keys map[string]Key) {
	s.Type, s.Additional = orNull("object"), false
	s.Properties = map[string]*schema{}
	fields := fieldsOf(t)
	for _, name := range fields.names {
		sub := join(path, name)
		s.Properties[name] = schemaOf(sub, t.FieldByIndex(fields.byName[name]).Type, keys)
		if keys[sub].Required {
			s.Required = append(s.Required, name)
		}
	}
	if fields.inline != nil {
		s.Additional = schemaOf(join(path, "*"), t.FieldByIndex(fields.inline).Type.Elem(), keys)
	}
}

func (s *schema) list(path string, t reflect.Type, keys map[string]Key) {
	list := &schema{Type: orNull("array"), Items: schemaOf(path+"[]", t.Elem(), keys)}
	if t.Elem().Kind() != reflect.String {
		*s = *list
		return
	}
	one := &schema{}
	one.single(t.Elem(), keys[path+"[]"].Enum)
	s.OneOf = []*schema{list, one}
}

// single describes a scalar. Any of them may also be written as ${NAME}.
func (s *schema) single(t reflect.Type, enum []string) {
	const variable = `\$\{[A-Za-z_][A-Za-z0-9_]*\}`
	switch {
	case len(enum) > 0:
		s.Enum = enum
	case isDuration(t):
		s.Type, s.Pattern = "string", `^(-?([0-9.]+(ns|us|µs|ms|s|m|h|d|w))+|0|`+variable+`)$`
	case t.Kind() == reflect.String:
		s.Type = []string{"string", "number", "boolean"}
	case t.Kind() == reflect.Bool:
		s.Type, s.Pattern = []string{"boolean", "string"}, `^(true|false|`+variable+`)$`
	case t.Kind() == reflect.Float32, t.Kind() == reflect.Float64:
		s.Type, s.Pattern = []string{"number", "string"}, `^([0-9.eE+-]+|`+variable+`)$`
	default:
		s.Type, s.Pattern = []string{"integer", "string"}, `^(-?[0-9_]+|`+variable+`)$`
	}
}

// orNull allows a key without a value, which means the same as no key.
func orNull(kind string) []string { return []string{kind, "null"} }
