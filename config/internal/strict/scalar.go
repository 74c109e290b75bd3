package strict

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// scalar reads one value into a string, bool, number or duration. Errors show
// the text of the file, never what a variable was replaced by: it may be a secret.
func (d *decoder) scalar(key string, node ast.Node, v reflect.Value) {
	written, ok := scalarText(node)
	if !ok {
		d.src.addAt(node, key, "want %s, found %s", wanted(v.Type()), kindOf(node))
		return
	}
	text := written
	if isText(node) {
		var err error
		if text, err = expand(written, d.env); err != nil {
			d.src.addAt(node, key, "%v", err)
			return
		}
	}
	if !set(v, text) {
		d.src.addAt(node, key, "want %s, found %q", wanted(v.Type()), written)
	}
}

// set parses text as the kind of v asks, and reports whether it is of that kind.
func set(v reflect.Value, text string) bool {
	var err error
	switch {
	case isDuration(v.Type()):
		var n time.Duration
		n, err = parseDuration(text)
		v.SetInt(int64(n))
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Bool:
		v.SetBool(text == "true")
		return text == "true" || text == "false"
	case v.CanInt():
		var n int64
		n, err = strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, v.Type().Bits())
		v.SetInt(n)
	case v.CanUint():
		var n uint64
		n, err = strconv.ParseUint(strings.ReplaceAll(text, "_", ""), 10, v.Type().Bits())
		v.SetUint(n)
	case v.CanFloat():
		var n float64
		n, err = strconv.ParseFloat(text, v.Type().Bits())
		v.SetFloat(n)
	default:
		return false
	}
	return err == nil
}

// wanted says what a value of the type looks like.
func wanted(t reflect.Type) string {
	switch {
	case isDuration(t):
		return "a duration such as 500ms, 30s, 24h or 7d"
	case t.Kind() == reflect.String:
		return "a single value"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Float32, t.Kind() == reflect.Float64:
		return "a number"
	}
	return "a whole number"
}

// parseDuration knows days and weeks beside Go's units.
func parseDuration(text string) (time.Duration, error) {
	if count, ok := strings.CutSuffix(text, "d"); ok {
		return days(count, 1)
	}
	if count, ok := strings.CutSuffix(text, "w"); ok {
		return days(count, 7)
	}
	return time.ParseDuration(text)
}

// maxDays keeps days within what a time.Duration holds.
const maxDays = 100_000

func days(count string, each int) (time.Duration, error) {
	n, err := strconv.Atoi(count)
	if err != nil || n < -maxDays || n > maxDays/each {
		return 0, errors.New("not a number of days")
	}
	return time.Duration(n) * time.Duration(each) * 24 * time.Hour, nil
}

// scalarText returns the text of a scalar as it is written, without quotes.
func scalarText(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NanNode, *ast.InfinityNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func isText(node ast.Node) bool {
	switch node.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return true
	}
	return false
}

var variable = regexp.MustCompile(`\$?\$\{[^}]*\}?`)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expand replaces ${NAME} by the variable's value; $${ stands for ${ itself.
func expand(text string, env func(string) (string, bool)) (string, error) {
	var mistakes []error
	expanded := variable.ReplaceAllStringFunc(text, func(found string) string {
		if strings.HasPrefix(found, "$$") {
			return found[1:]
		}
		name := strings.TrimSuffix(strings.TrimPrefix(found, "${"), "}")
		if !variableName.MatchString(name) || !strings.HasSuffix(found, "}") {
			mistakes = append(mistakes, fmt.Errorf("%s is not a variable; write ${NAME}, or $${ for the characters themselves", found))
			return ""
		}
		value, ok := env(name)
		if !ok {
			mistakes = append(mistakes, fmt.Errorf("the environment variable %s is not set; set it, or write $${%s} for the characters themselves", name, name))
		}
		return value
	})
	return expanded, errors.Join(mistakes...)
}
