package triggers

import (
	"errors"
	"fmt"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/waltrail/waltrail/document"
)

// env is what a rule's condition sees. It is filled anew for each document that
// has a rule with a condition, and reused.
type env struct {
	Entity     string       `expr:"entity"`
	Table      string       `expr:"table"`
	Type       string       `expr:"type"`
	Fields     []string     `expr:"fields"`
	Paths      []string     `expr:"paths"`
	Reason     string       `expr:"reason"`
	Title      string       `expr:"title"`
	Reconciled bool         `expr:"reconciled"`
	User       envUser      `expr:"user"`
	Origin     envOrigin    `expr:"origin"`
	Item       envItem      `expr:"item"`
	Root       envItem      `expr:"root"`
	Container  envContainer `expr:"container"`
	Status     envStatus    `expr:"status"`
	// Old and New return a field's value as PostgreSQL prints it, by the field's
	// name or path; nil when it is null, unknown or not part of the change.
	Old func(field string) any `expr:"old"`
	New func(field string) any `expr:"new"`
}

type envUser struct {
	ID    string   `expr:"id"`
	Name  string   `expr:"name"`
	Email string   `expr:"email"`
	Roles []string `expr:"roles"`
}

type envOrigin struct {
	Interface   string `expr:"interface"`
	Name        string `expr:"name"`
	Source      string `expr:"source"`
	Verified    bool   `expr:"verified"`
	Run         envRun `expr:"run"`
	Role        string `expr:"role"`
	Application string `expr:"application"`
}

type envRun struct {
	Type string `expr:"type"`
	ID   string `expr:"id"`
	URL  string `expr:"url"`
}

type envItem struct {
	UID        string `expr:"uid"`
	ID         string `expr:"id"`
	Identifier string `expr:"identifier"`
	Label      string `expr:"label"`
}

type envContainer struct {
	Type  string `expr:"type"`
	ID    string `expr:"id"`
	Kind  string `expr:"kind"`
	Label string `expr:"label"`
}

type envStatus struct {
	Field string `expr:"field"`
	From  string `expr:"from"`
	To    string `expr:"to"`
}

// evaluator runs compiled conditions over documents. Not safe for concurrent use.
type evaluator struct {
	machine vm.VM
	env     env
	doc     *document.Change
}

func newEvaluator() *evaluator {
	e := &evaluator{}
	e.env.Old = func(field string) any { return value(e.doc, field, oldSide) }
	e.env.New = func(field string) any { return value(e.doc, field, newSide) }
	return e
}

// look makes doc the document that conditions see.
func (e *evaluator) look(doc *document.Change) {
	t := &doc.Trail
	e.doc = doc
	e.env = env{
		Entity: t.Entity.Name, Table: t.Entity.Table, Type: string(t.Change.Type),
		Fields: t.Change.Fields, Paths: t.Change.Paths,
		Reason: doc.Event.Reason, Title: t.Change.Title, Reconciled: t.Reconciled,
		User: envUser{ID: doc.User.ID, Name: doc.User.Name, Email: doc.User.Email, Roles: doc.User.Roles},
		Origin: envOrigin{
			Interface: t.Origin.Interface, Name: t.Origin.Name, Source: t.Origin.Source, Verified: t.Origin.Verified,
			Run: envRun(t.Origin.Run), Role: t.Origin.DB.Role, Application: t.Origin.DB.Application,
		},
		Item:      envItem{UID: t.Item.UID, ID: t.Item.ID, Identifier: t.Item.Identifier, Label: t.Item.Label},
		Root:      envItem{UID: t.Root.UID, Label: t.Root.Label},
		Container: envContainer(t.Container),
		Status:    envStatus(t.Status),
		Old:       e.env.Old, New: e.env.New,
	}
}

// holds evaluates a condition. The error names the place in the expression
// only: expr's own text may quote values (invariant 7).
func (e *evaluator) holds(condition *vm.Program) (bool, error) {
	out, err := e.machine.Run(condition, &e.env)
	if err != nil {
		var at *file.Error
		if errors.As(err, &at) {
			return false, fmt.Errorf("evaluation failed at line %d, column %d of the condition", at.Line, at.Column+1)
		}
		return false, errors.New("evaluation failed")
	}
	holds, ok := out.(bool)
	if !ok {
		return false, errors.New("the condition gave neither true nor false")
	}
	return holds, nil
}

// compile makes a program of a condition; nil when it is empty.
func compile(when string) (*vm.Program, error) {
	if when == "" {
		return nil, nil //nolint:nilnil // no condition is a valid answer
	}
	return expr.Compile(when, expr.Env(&env{}), expr.AsBool(), expr.WarnOnAny())
}

func oldSide(f *document.Field) *document.Side { return &f.Old }
func newSide(f *document.Field) *document.Side { return &f.New }

// value finds a field by path, then by name, and returns one side of it.
func value(doc *document.Change, field string, side func(*document.Field) *document.Side) any {
	var found *document.Field
	for i := range doc.Trail.Fields {
		f := &doc.Trail.Fields[i]
		if f.Path == field {
			found = f
			break
		}
		if found == nil && f.Field == field {
			found = f
		}
	}
	if found == nil {
		return nil
	}
	s := side(found)
	if s.Kind == document.Text || s.Kind == document.JSON {
		return s.Value
	}
	return nil
}
