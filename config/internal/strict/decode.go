package strict

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Decode fills out, a pointer to a struct with yaml tags, from one YAML
// document. Env looks up the variables of ${NAME}. What can be read is read even
// where mistakes are found, so that the caller may go on looking for more.
//
// A field's kind decides how a value is read: structs and maps from mappings,
// slices from lists (of strings also from one scalar), the rest from scalars.
func Decode(data []byte, out any, env func(string) (string, bool)) *Source {
	s := &Source{places: map[string]place{}, meant: map[string]bool{}}
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		s.syntax(err)
		return s
	}
	d := decoder{src: s, env: env}
	read := false
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case read:
			s.addAt(doc.Body, "", "a second document begins here; one file is one document, take the --- away")
		default:
			read = true
			d.value("", doc.Body, reflect.ValueOf(out).Elem())
		}
	}
	return s
}

// NotYAML begins the text of the one mistake of a document that is no YAML.
const NotYAML = "is not YAML: "

// syntax reports what the parser stopped at.
func (s *Source) syntax(err error) {
	var syntax *yaml.SyntaxError
	if !errors.As(err, &syntax) || syntax.Token == nil || syntax.Token.Position == nil {
		s.problems = append(s.problems, Problem{Line: 1, Column: 1, Text: NotYAML + err.Error()})
		return
	}
	s.problems = append(s.problems, Problem{
		Line: syntax.Token.Position.Line, Column: syntax.Token.Position.Column,
		Text: NotYAML + syntax.Message,
	})
}

type decoder struct {
	src *Source
	env func(string) (string, bool)
}

func isDuration(t reflect.Type) bool { return t == reflect.TypeFor[time.Duration]() }

// value reads a node into v.
func (d *decoder) value(key string, node ast.Node, v reflect.Value) {
	node = content(node)
	if alias, ok := node.(*ast.AliasNode); ok {
		d.src.addAt(alias, key, "aliases are not supported; write the value out")
		return
	}
	if _, ok := node.(*ast.NullNode); ok {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(key, node, v.Elem())
	case reflect.Struct:
		d.structure(key, node, v)
	case reflect.Map:
		d.mapping(key, node, v)
	case reflect.Slice:
		d.list(key, node, v)
	default:
		d.scalar(key, node, v)
	}
}

// members returns the pairs of a mapping, without those that are mistakes.
func (d *decoder) members(key string, node ast.Node) []*ast.MappingValueNode {
	var all []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		all = n.Values
	case *ast.MappingValueNode:
		all = []*ast.MappingValueNode{n}
	default:
		d.src.addAt(node, key, "want keys with values, as in {key: value}, found %s", kindOf(node))
		return nil
	}
	seen := make(map[string]int, len(all))
	good := all[:0:0]
	for _, m := range all {
		name, ok := keyName(m)
		line := position(m).Line
		switch first := seen[name]; {
		case !ok:
			d.src.addAt(m.Key, join(key, name), "merge keys are not supported; write the keys out")
		case first != 0:
			d.src.addAt(m.Key, join(key, name), "is given twice, first in line %d; keep one of them", first)
		default:
			seen[name] = line
			good = append(good, m)
		}
	}
	return good
}

// keyName returns the text of a pair's key, and false for a merge key.
func keyName(m *ast.MappingValueNode) (string, bool) {
	var node ast.Node = m.Key
	if k, ok := node.(*ast.MappingKeyNode); ok {
		node = k.Value
	}
	switch n := content(node).(type) {
	case *ast.MergeKeyNode:
		return "<<", false
	case *ast.StringNode:
		return n.Value, true
	default:
		return n.GetToken().Value, true
	}
}

func (d *decoder) structure(key string, node ast.Node, v reflect.Value) {
	fields := fieldsOf(v.Type())
	for _, m := range d.members(key, node) {
		name, _ := keyName(m)
		path := join(key, name)
		f, ok := fields.byName[name]
		switch {
		case ok:
			d.src.note(path, m.Key, m.Value)
			d.value(path, m.Value, v.FieldByIndex(f))
		case fields.inline != nil:
			d.src.note(path, m.Key, m.Value)
			d.entry(path, name, m.Value, v.FieldByIndex(fields.inline))
		default:
			d.unknown(key, name, fields.names, m.Key)
		}
	}
}

// unknown reports a key that does not exist.
func (d *decoder) unknown(key, name string, known []string, at ast.Node) {
	if near := nearest(known, name); near != "" {
		d.src.meant[join(key, near)] = true
		d.src.addAt(at, join(key, name), "is not a key here; did you mean %s?", near)
		return
	}
	known = slices.Sorted(slices.Values(known))
	d.src.addAt(at, join(key, name), "is not a key here; known are %s", strings.Join(known, ", "))
}

func (d *decoder) mapping(key string, node ast.Node, v reflect.Value) {
	for _, m := range d.members(key, node) {
		name, _ := keyName(m)
		path := join(key, name)
		d.src.note(path, m.Key, m.Value)
		d.entry(path, name, m.Value, v)
	}
}

// entry reads one value of a map with text keys.
func (d *decoder) entry(path, name string, node ast.Node, m reflect.Value) {
	if m.IsNil() {
		m.Set(reflect.MakeMap(m.Type()))
	}
	element := reflect.New(m.Type().Elem()).Elem()
	d.value(path, node, element)
	m.SetMapIndex(reflect.ValueOf(name).Convert(m.Type().Key()), element)
}

func (d *decoder) list(key string, node ast.Node, v reflect.Value) {
	seq, ok := node.(*ast.SequenceNode)
	if !ok && v.Type().Elem().Kind() == reflect.String {
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		d.src.note(key+"[0]", node, node)
		d.value(key, node, v.Index(0))
		return
	}
	if !ok {
		d.src.addAt(node, key, "want a list, each element in a line with - before it, found %s", kindOf(node))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values)))
	for i, item := range seq.Values {
		path := fmt.Sprintf("%s[%d]", key, i)
		d.src.note(path, item, item)
		d.value(path, item, v.Index(i))
	}
}

// structFields is what YAML may say of a struct.
type structFields struct {
	names  []string
	byName map[string][]int
	// inline is the map that takes all other keys, nil when there is none.
	inline []int
}

// fieldsOf reads the yaml tags. A field without one, or with "-", is not for YAML.
func fieldsOf(t reflect.Type) structFields {
	f := structFields{byName: map[string][]int{}}
	for _, field := range reflect.VisibleFields(t) {
		tag, ok := field.Tag.Lookup("yaml")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case !ok || name == "-" || !field.IsExported():
		case options == "inline" && field.Type.Kind() == reflect.Map:
			f.inline = field.Index
		case name != "":
			f.names = append(f.names, name)
			f.byName[name] = field.Index
		}
	}
	return f
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}

// kindOf names a node for a person.
func kindOf(node ast.Node) string {
	switch node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys with values"
	case *ast.SequenceNode:
		return "a list"
	}
	return "a single value"
}
