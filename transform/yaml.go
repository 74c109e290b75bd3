package transform

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Strings is a list of names that may be written as one scalar: id or [a, b].
type Strings []string

// UnmarshalYAML reads a scalar or a sequence of scalars.
func (s *Strings) UnmarshalYAML(node ast.Node) error {
	node = content(node)
	if list, ok := node.(*ast.SequenceNode); ok {
		*s = make(Strings, 0, len(list.Values))
		for _, item := range list.Values {
			text, err := scalar(item)
			if err != nil {
				return err
			}
			*s = append(*s, text)
		}
		return nil
	}
	text, err := scalar(node)
	if err != nil {
		return err
	}
	*s = Strings{text}
	return nil
}

// Text is any YAML scalar in the words of the file: 5, true and new alike.
type Text string

// UnmarshalYAML reads a scalar as it is written.
func (t *Text) UnmarshalYAML(node ast.Node) error {
	text, err := scalar(content(node))
	*t = Text(text)
	return err
}

// UnmarshalYAML reads the key skip and takes every other key for a column.
func (f *Fields) UnmarshalYAML(node ast.Node) error {
	values, err := members(content(node))
	if err != nil {
		return err
	}
	*f = Fields{Columns: make(map[string]Field, len(values))}
	for _, member := range values {
		name, err := scalar(member.Key)
		if err != nil {
			return err
		}
		if name == "skip" {
			err = f.Skip.UnmarshalYAML(member.Value)
		} else {
			var field Field
			err = yaml.NodeToValue(member.Value, &field, yaml.Strict())
			f.Columns[name] = field
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// members returns the key/value pairs of a mapping, however many it has.
func members(node ast.Node) ([]*ast.MappingValueNode, error) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, nil
	case *ast.NullNode:
		return nil, nil
	}
	return nil, errors.New("want a mapping of column names, as in {skip: [a], b: {label: B}}")
}

// content looks through anchors and tags, which carry no meaning here.
func content(node ast.Node) ast.Node {
	for {
		switch n := node.(type) {
		case *ast.AnchorNode:
			node = n.Value
		case *ast.TagNode:
			node = n.Value
		default:
			return node
		}
	}
}

// scalar returns the text of a scalar as it is written.
func scalar(node ast.Node) (string, error) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NanNode, *ast.InfinityNode:
		return n.GetToken().Value, nil
	}
	return "", fmt.Errorf("want one value or name, found %s", node.Type())
}
