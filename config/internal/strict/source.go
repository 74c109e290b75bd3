package strict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Problem is one mistake. Line and Column are 1-based, in characters.
type Problem struct {
	Line, Column int
	// Key is the place in the document: entities.contact.fields.phone.mask.
	Key string
	// Text says what is wrong and what to write instead. It ends a sentence
	// that Key begins.
	Text string
}

// Source is a YAML document that was read: where its keys are, and what is
// wrong with it.
type Source struct {
	places   map[string]place
	problems []Problem
	// meant are keys that are missing only because they are misspelt.
	meant map[string]bool
}

// place is where a key and its value are. A value that spans lines (a mapping, a list)
// is best pointed at by its key.
type place struct {
	key, value token.Position
	scalar     bool
}

// Has reports whether the document gives the key.
func (s *Source) Has(key string) bool {
	_, ok := s.places[key]
	return ok
}

// Add reports a mistake at a key. Where the document does not have the key, as
// when it is missing, the nearest one above it is pointed at.
func (s *Source) Add(key, format string, args ...any) {
	at := s.find(key)
	s.problems = append(s.problems, Problem{
		Line: max(at.Line, 1), Column: max(at.Column, 1), Key: key, Text: fmt.Sprintf(format, args...),
	})
}

// Wrong reports whether a mistake at the key is known already, be it that the
// key is misspelt.
func (s *Source) Wrong(key string) bool {
	return s.meant[key] || slices.ContainsFunc(s.problems, func(p Problem) bool { return p.Key == key })
}

// Problems returns all mistakes, in the order of the document.
func (s *Source) Problems() []Problem {
	slices.SortStableFunc(s.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return s.problems
}

func (s *Source) find(key string) token.Position {
	if p, ok := s.places[key]; ok {
		if p.scalar {
			return p.value
		}
		return p.key
	}
	for key != "" {
		cut := strings.LastIndexAny(key, ".[")
		if cut < 0 {
			break
		}
		key = key[:cut]
		if p, ok := s.places[key]; ok {
			return p.key
		}
	}
	return token.Position{}
}

// note remembers the place of a key.
func (s *Source) note(key string, keyNode, value ast.Node) {
	p := place{key: position(keyNode)}
	if _, ok := content(value).(ast.ScalarNode); ok {
		p.value, p.scalar = position(value), true
	}
	if p.value == (token.Position{}) {
		p.value = p.key
	}
	s.places[key] = p
}

// addAt reports a mistake at a node.
func (s *Source) addAt(node ast.Node, key, format string, args ...any) {
	at := position(node)
	s.problems = append(s.problems, Problem{Line: at.Line, Column: at.Column, Key: key, Text: fmt.Sprintf(format, args...)})
}

// position is where a node begins. A block mapping has its first key there
// instead of its first colon.
func position(node ast.Node) token.Position {
	switch n := node.(type) {
	case *ast.MappingValueNode:
		node = n.Key
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			node = n.Values[0].Key
		}
	}
	if node == nil || node.GetToken() == nil || node.GetToken().Position == nil {
		return token.Position{Line: 1, Column: 1}
	}
	return *node.GetToken().Position
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
