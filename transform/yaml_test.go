package transform

import (
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

func text(s string) *Text { t := Text(s); return &t }

func TestEntityYAML(t *testing.T) {
	no := false
	tests := []struct {
		name, yaml string
		want       Entity
	}{
		{"only a table", "table: public.a", Entity{Table: "public.a"}},
		{"names as scalar", "identifier: phone\ntitle: name", Entity{Identifier: Strings{"phone"}, Title: Strings{"name"}}},
		{"names as list", "key: [a, b]\nqualifiers:\n  - c\n  - 5", Entity{Key: Strings{"a", "b"}, Qualifiers: Strings{"c", "5"}}},
		{
			"fields", "fields:\n  skip: [x]\n  phone: {label: Phone, sensitive: true, mask: last4}\n  price: {transform: 'round(float(value), 2)'}",
			Entity{Fields: Fields{Skip: Strings{"x"}, Columns: map[string]Field{
				"phone": {Label: "Phone", Sensitive: true, Mask: "last4"}, "price": {Transform: "round(float(value), 2)"},
			}}},
		},
		{"one field", "fields:\n  phone: {label: Phone}", Entity{Fields: Fields{Columns: map[string]Field{"phone": {Label: "Phone"}}}}},
		{"only skip", "fields: {skip: canonical}", Entity{Fields: Fields{Skip: Strings{"canonical"}, Columns: map[string]Field{}}}},
		{
			"status with numbers as codes", "status: {field: state, values: {1: {label: New, color: '#2d7ff9'}, done: {}}}",
			Entity{Status: &Status{Field: "state", Values: map[string]StatusValue{"1": {Label: "New", Color: "#2d7ff9"}, "done": {}}}},
		},
		{
			"markers", "soft_delete: {field: deleted_at}\narchive: {field: archived, value: true}",
			Entity{SoftDelete: &Marker{Field: "deleted_at"}, Archive: &Marker{Field: "archived", Value: text("true")}},
		},
		{
			"references", "actor: {column: updated_by}\nparent: {entity: article, key: article_id}\ncontainer: {entity: catalog, key: catalog_id, kind_column: kind}\nindex_group: hr\ntriggers: false",
			Entity{
				Actor: &Actor{Column: "updated_by"}, Parent: &Parent{Entity: "article", Key: "article_id"},
				Container: &Container{Entity: "catalog", Key: "catalog_id", KindColumn: "kind"}, IndexGroup: "hr", Triggers: &no,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got Entity
			if err := yaml.UnmarshalWithOptions([]byte(tt.yaml), &got, yaml.Strict()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("entity differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEntityYAMLRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"identifier as mapping":  "identifier: {a: b}",
		"fields as list":         "fields: [a]",
		"unknown key of a field": "fields: {price: {lable: Price}}",
		"unknown key":            "tabel: public.a",
		"skip as mapping":        "fields: {skip: {a: b}}",
	} {
		t.Run(name, func(t *testing.T) {
			var got Entity
			if err := yaml.UnmarshalWithOptions([]byte(text), &got, yaml.Strict()); err == nil {
				t.Errorf("no error, got %+v", got)
			}
		})
	}
}

func TestEntityDefaults(t *testing.T) {
	yes, no := true, false
	for name, tt := range map[string]struct {
		entity   Entity
		group    string
		triggers bool
	}{
		"nothing said": {Entity{}, "default", true},
		"said":         {Entity{IndexGroup: "hr", Triggers: &no}, "hr", false},
		"said yes":     {Entity{Triggers: &yes}, "default", true},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.entity.Group() != tt.group || tt.entity.TriggersOn() != tt.triggers {
				t.Errorf("group %s, triggers %v, want %s and %v", tt.entity.Group(), tt.entity.TriggersOn(), tt.group, tt.triggers)
			}
		})
	}
}
