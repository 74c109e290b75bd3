package triggers

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/vm"

	"github.com/waltrail/waltrail/document"
)

// maxRules is what fits the bit set of a firing.
const maxRules = 64

// ruleComplaint is the shortest time between two log lines about one rule.
const ruleComplaint = time.Minute

// rules decides which triggers a document fires. All that depends on entity and
// change type only is worked out once per pair of them. Not safe for concurrent use.
type rules struct {
	system string
	list   []*rule
	silent map[string]bool
	plans  map[planKey]*plan
	eval   *evaluator
	log    *slog.Logger
	m      *Metrics
}

// rule is a Rule, ready to be asked.
type rule struct {
	Rule
	types     map[document.Type]bool
	condition *vm.Program
	// complained is when a failed evaluation was last logged.
	complained time.Time
}

type planKey struct {
	entity string
	change document.Type
}

// plan is what documents of one entity and change type have in common.
type plan struct {
	subject, ceType string
	candidates      []*rule // rules that fire unless their condition says no
	conditional     bool    // at least one candidate has a condition
	all             *firing // all candidates fire
	firings         map[uint64]*firing
}

// firing is a set of rules that fire together, and the messages that makes.
type firing struct {
	names  string  // for the header Trail-Triggers
	shared bool    // at least one rule has no subject of its own
	own    []*rule // rules with a subject of their own: one message each
}

func newRules(list []Rule, silent []string, system string, log *slog.Logger, m *Metrics) (*rules, error) {
	if len(list) == 0 {
		list = defaultRules()
	}
	r := &rules{
		system: system, silent: map[string]bool{}, plans: map[planKey]*plan{},
		eval: newEvaluator(), log: log, m: m,
	}
	for _, entity := range silent {
		r.silent[entity] = true
	}
	for _, one := range list {
		condition, err := compile(one.When)
		if err != nil {
			return nil, fmt.Errorf("trigger rule %q: when: %w", one.Name, err)
		}
		r.list = append(r.list, &rule{Rule: one, types: one.types(), condition: condition})
	}
	return r, nil
}

// types is the set of change types that the rule is for.
func (r *Rule) types() map[document.Type]bool {
	words := r.On
	if len(words) == 0 {
		words = defaultOn()
	}
	set := map[document.Type]bool{}
	for _, word := range words {
		for _, t := range included(word) {
			set[t] = true
		}
	}
	return set
}

// subjects lists the rules' own subjects.
func (r *rules) subjects() []string {
	var own []string
	for _, one := range r.list {
		if one.Subject != "" && !slices.Contains(own, one.Subject) {
			own = append(own, one.Subject)
		}
	}
	return own
}

// match returns the plan of a document and what it fires, nil for nothing.
func (r *rules) match(doc *document.Change) (*plan, *firing) {
	key := planKey{doc.Trail.Entity.Name, doc.Trail.Change.Type}
	p := r.plans[key]
	if p == nil {
		p = r.plan(key)
		r.plans[key] = p
	}
	if !p.conditional {
		return p, p.all
	}
	return p, p.firing(r.evaluate(p, doc))
}

// plan is made once per entity and change type. Its key is cloned, because the
// strings of a document belong to a chunk of log.
func (r *rules) plan(key planKey) *plan {
	key.entity = strings.Clone(key.entity)
	p := &plan{
		subject: defaultSubject(r.system, key.entity, key.change),
		ceType:  strings.Join([]string{subjectRoot, token(key.entity), token(string(key.change))}, "."),
		firings: map[uint64]*firing{},
	}
	if r.silent[key.entity] || neverFire(key.change) {
		return p
	}
	for _, one := range r.list {
		if one.types[key.change] && (len(one.Entities) == 0 || slices.Contains(one.Entities, key.entity)) {
			p.candidates = append(p.candidates, one)
			p.conditional = p.conditional || one.condition != nil
		}
	}
	p.all = p.firing(1<<len(p.candidates) - 1)
	return p
}

// evaluate returns a bit per candidate that fires. A condition that cannot be
// evaluated counts as true: at least once is better than silence.
func (r *rules) evaluate(p *plan, doc *document.Change) uint64 {
	r.eval.look(doc)
	var set uint64
	for i, one := range p.candidates {
		holds := true
		if one.condition != nil {
			var err error
			if holds, err = r.eval.holds(one.condition); err != nil {
				holds = true
				r.complain(one, doc, err)
			}
		}
		if holds {
			set |= 1 << i
		}
	}
	return set
}

func (r *rules) complain(one *rule, doc *document.Change, err error) {
	r.m.ruleError(one.Name)
	if time.Since(one.complained) < ruleComplaint {
		return
	}
	one.complained = time.Now()
	r.log.Warn("a trigger rule could not be evaluated and fires",
		"rule", one.Name, "document", doc.Event.ID, "error", err,
		"cure", "make the condition of the rule accept values that are missing or of another form")
}

// firing returns the firing of a set of candidates, made once per set.
func (p *plan) firing(set uint64) *firing {
	if set == 0 {
		return nil
	}
	if f := p.firings[set]; f != nil {
		return f
	}
	f := &firing{}
	var names []string
	for i, one := range p.candidates {
		if set>>i&1 == 0 {
			continue
		}
		names = append(names, one.Name)
		if one.Subject == "" {
			f.shared = true
		} else {
			f.own = append(f.own, one)
		}
	}
	f.names = strings.Join(names, ",")
	p.firings[set] = f
	return f
}
