package transform

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"github.com/waltrail/waltrail/change"
)

// derivation makes the value that is recorded of the value in the log.
type derivation func(value string) (string, error)

// derivationEnv is what an expression sees.
type derivationEnv struct {
	Value string `expr:"value"`
}

// derivation returns the configured function of that name, else the compiled
// expression. It belongs to one goroutine.
func (c *Config) derivation(text string) (derivation, error) {
	if f, ok := c.Functions[text]; ok {
		return f, nil
	}
	program, err := expr.Compile(text, expr.Env(derivationEnv{}), expr.DisableBuiltin("round"), expr.Function("round", round,
		new(func(float64) float64), new(func(float64, int) float64)))
	if err != nil {
		return nil, fmt.Errorf("is neither a registered function nor an expression over value: %w", err)
	}
	var machine vm.VM
	return func(value string) (string, error) {
		out, err := machine.Run(program, derivationEnv{Value: value})
		if err != nil {
			return "", err
		}
		return derivedText(out)
	}, nil
}

// round replaces the built-in one, which knows no digits. Halves go away from zero.
func round(args ...any) (any, error) {
	value, ok := args[0].(float64)
	if !ok {
		return nil, errors.New("round wants a float")
	}
	digits := 0
	if len(args) > 1 {
		if digits, ok = args[1].(int); !ok {
			return nil, errors.New("round wants a whole number of digits")
		}
	}
	scale := math.Pow10(digits)
	return math.Round(value*scale) / scale, nil
}

// derivedText writes a result as PostgreSQL writes a value of its kind.
func derivedText(out any) (string, error) {
	switch v := out.(type) {
	case string:
		return v, nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case int:
		return strconv.Itoa(v), nil
	case bool:
		return strconv.FormatBool(v)[:1], nil
	}
	return "", errors.New("the result is neither text, number nor true or false")
}

// derived replaces the values of columns with a derivation, in memory of its
// own: the event stays as it is. A value that cannot be derived is kept raw and counted.
func (t *Transformer) derived(p *plan, e *change.Event) *change.Event {
	t.eventCopy = *e
	t.oldCopy = append(t.oldCopy[:0], e.Old...)
	t.newCopy = append(t.newCopy[:0], e.New...)
	for i := range p.columns {
		f := p.columns[i].derive
		if f == nil {
			continue
		}
		for _, row := range [2][]change.Value{t.oldCopy, t.newCopy} {
			if i < len(row) && row[i].Kind == change.Text {
				t.deriveValue(f, &row[i])
			}
		}
	}
	if e.Old != nil {
		t.eventCopy.Old = t.oldCopy
	}
	if e.New != nil {
		t.eventCopy.New = t.newCopy
	}
	return &t.eventCopy
}

func (t *Transformer) deriveValue(f derivation, v *change.Value) {
	text, err := f(v.Text)
	if err != nil {
		t.count.FailedDerivations++
		return
	}
	v.Text = text
}
