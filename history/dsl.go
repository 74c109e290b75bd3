package history

import "encoding/json"

// The part of Elasticsearch's query language that searches use. Everything is
// a filter: nothing is scored, and the index may cache it.

// clause is one query. Exactly one member is set; the zero clause matches everything.
type clause struct {
	Bool     *boolClause            `json:"bool,omitempty"`
	Term     map[string]termValue   `json:"term,omitempty"`
	Terms    map[string][]string    `json:"terms,omitempty"`
	Wildcard map[string]termValue   `json:"wildcard,omitempty"`
	Prefix   map[string]termValue   `json:"prefix,omitempty"`
	Regexp   map[string]regexpValue `json:"regexp,omitempty"`
	Range    map[string]rangeValue  `json:"range,omitempty"`
	MatchAll *struct{}              `json:"match_all,omitempty"`
}

type boolClause struct {
	Filter  []clause `json:"filter,omitempty"`
	MustNot []clause `json:"must_not,omitempty"`
	Should  []clause `json:"should,omitempty"`
	// Minimum is 1 wherever Should is set beside others, which would make it optional.
	Minimum int `json:"minimum_should_match,omitempty"`
}

type termValue struct {
	Value           any  `json:"value"`
	CaseInsensitive bool `json:"case_insensitive,omitempty"`
}

type regexpValue struct {
	Value string `json:"value"`
	// Flags is NONE, so that only the characters that regular expressions must have are special.
	Flags string `json:"flags"`
}

type rangeValue struct {
	From  any `json:"gte,omitempty"`
	After any `json:"gt,omitempty"`
	Until any `json:"lt,omitempty"`
	To    any `json:"lte,omitempty"`
}

func term(field string, value any) clause {
	return clause{Term: map[string]termValue{field: {Value: value}}}
}

func terms(field string, values []string) clause {
	return clause{Terms: map[string][]string{field: values}}
}

func wildcard(field string, pattern Pattern) clause {
	return clause{Wildcard: map[string]termValue{field: {Value: string(pattern)}}}
}

func prefix(field, value string) clause {
	return clause{Prefix: map[string]termValue{field: {Value: value}}}
}

func within(field string, r rangeValue) clause {
	return clause{Range: map[string]rangeValue{field: r}}
}

// anyOf holds when one of the clauses does.
func anyOf(clauses []clause) clause {
	if len(clauses) == 1 {
		return clauses[0]
	}
	return clause{Bool: &boolClause{Should: clauses, Minimum: 1}}
}

// allOf holds when all of the clauses do.
func allOf(clauses []clause) clause {
	if len(clauses) == 1 {
		return clauses[0]
	}
	return clause{Bool: &boolClause{Filter: clauses}}
}

// request is the body of a search, newest first.
type request struct {
	Query clause `json:"query"`
	Size  int    `json:"size"`
	Sort  []sort `json:"sort"`
	After []any  `json:"search_after,omitempty"`
	// Total is the number up to which hits are counted.
	Total int `json:"track_total_hits"`
}

type sort map[string]order

type order struct {
	Order string `json:"order"`
	// Unmapped lets an index that is still empty answer too.
	Unmapped string `json:"unmapped_type"`
}

// newestFirst is the total order backwards: by commit, by record, by row.
func newestFirst() []sort {
	down := order{Order: "desc", Unmapped: "long"}
	return []sort{{"trail.tx.commit_lsn": down}, {"trail.tx.change_lsn": down}, {"trail.tx.n": down}}
}

// body returns the request as JSON.
func (r *request) body() ([]byte, error) { return json.Marshal(r) }
