package indexer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/waltrail/waltrail/internal/check"
)

// docAnchor is where the README explains the checks.
const docAnchor = "#elasticsearch"

func good(name, detail string) check.Result {
	return check.Result{Name: "elasticsearch: " + name, Status: check.OK, Detail: detail, Doc: docAnchor}
}

func bad(name string, status check.Status, detail, cure string) check.Result {
	return check.Result{Name: "elasticsearch: " + name, Status: status, Detail: detail, Cure: cure, Doc: docAnchor}
}

// notChecked is for a question that the server did not answer.
func notChecked(name string, err error) check.Result {
	return bad(name, check.Warning, "could not be checked: "+err.Error(), cure(err))
}

// Check answers doctor's questions about Elasticsearch, each bounded by the configured
// timeout. It changes nothing.
func (x *Indexer) Check(ctx context.Context) []check.Result {
	health, err := x.clusterHealth(ctx)
	if err != nil {
		return []check.Result{bad("reachable", check.Failure, err.Error(), cure(err))}
	}
	results := []check.Result{
		health.reachable(),
		health.copies(*x.cfg.Replicas),
		x.checkVersion(ctx),
	}
	for _, kind := range x.schema.kinds() {
		results = append(results, x.checkTemplate(ctx, kind))
	}
	return append(results, x.checkAutoCreate(ctx), x.checkIndices(ctx), x.checkDisk(ctx), x.checkRights(ctx))
}

type clusterHealth struct {
	Name      string `json:"cluster_name"`
	Status    string `json:"status"`
	DataNodes int    `json:"number_of_data_nodes"`
}

func (x *Indexer) clusterHealth(ctx context.Context) (*clusterHealth, error) {
	var h clusterHealth
	err := x.client.ask(ctx, esapi.ClusterHealthRequest{}, &h)
	if err == nil && h.DataNodes == 0 {
		err = errors.New("the answer is not that of an Elasticsearch cluster with data nodes")
	}
	return &h, err
}

func (h *clusterHealth) reachable() check.Result {
	detail := fmt.Sprintf("cluster %s is %s, %d data nodes", h.Name, h.Status, h.DataNodes)
	if h.Status == "red" {
		return bad("reachable", check.Failure, detail, "a primary shard is missing: GET _cluster/allocation/explain")
	}
	return good("reachable", detail)
}

func (h *clusterHealth) copies(replicas int) check.Result {
	detail := fmt.Sprintf("replicas: %d, data nodes: %d", replicas, h.DataNodes)
	switch {
	case replicas >= h.DataNodes:
		return bad("replicas", check.Warning, detail+"; some copies have no node to lie on", "set elasticsearch.replicas below the number of data nodes, or add nodes")
	case replicas == 0 && h.DataNodes > 1:
		return bad("replicas", check.Warning, detail+"; the loss of one node loses documents", "set elasticsearch.replicas to 1 or more")
	}
	return good("replicas", detail)
}

func (x *Indexer) checkTemplate(ctx context.Context, kind *indexKind) check.Result {
	name := "template " + kind.template
	stored, err := x.storedTemplate(ctx, kind.template)
	want := kind.templateBody()
	switch {
	case err != nil:
		return notChecked(name, err)
	case stored == nil:
		return bad(name, check.Failure, "missing", "waltrail setup")
	case !stored.equal(&want):
		return bad(name, check.Warning, "differs from what this version of Waltrail and its configuration want", "waltrail setup")
	}
	return good(name, "present, schema hash "+stored.Meta.Waltrail.Hash)
}

// checkAutoCreate warns when a write by somebody else could make an index of
// our names with a guessed mapping. Our own writes cannot, see writeSuffix.
func (x *Indexer) checkAutoCreate(ctx context.Context) check.Result {
	const name = "auto-create"
	yes := true
	var answer struct {
		Persistent, Transient, Defaults map[string]any
	}
	err := x.client.ask(ctx, esapi.ClusterGetSettingsRequest{
		FlatSettings: &yes, IncludeDefaults: &yes, FilterPath: []string{"*.action.auto_create_index"},
	}, &answer)
	if err != nil {
		return notChecked(name, err)
	}
	const key = "action.auto_create_index"
	rule := "true"
	for _, level := range []map[string]any{answer.Defaults, answer.Persistent, answer.Transient} {
		if v, ok := level[key].(string); ok {
			rule = v
		}
	}
	if autoCreates(rule, "trail-"+x.system+"-default") {
		return good(name, "on for trail-* in the cluster, off in the index template")
	}
	return good(name, "off for trail-*")
}

// autoCreates evaluates action.auto_create_index: true, false, or patterns
// with + and - of which the first match decides.
func autoCreates(rule, index string) bool {
	switch rule {
	case "true", "":
		return true
	case "false":
		return false
	}
	for pattern := range strings.SplitSeq(rule, ",") {
		pattern = strings.TrimSpace(pattern)
		bare := strings.TrimLeft(pattern, "+-")
		if matches(bare, index) {
			return !strings.HasPrefix(pattern, "-")
		}
	}
	return false
}

// matches knows the one wildcard that such patterns have.
func matches(pattern, name string) bool {
	first, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == name
	}
	if !strings.HasPrefix(name, first) {
		return false
	}
	name = name[len(first):]
	if rest == "" {
		return true
	}
	for i := range len(name) + 1 {
		if matches(rest, name[i:]) {
			return true
		}
	}
	return false
}

// checkIndices looks for settings of our indices that break a promise.
func (x *Indexer) checkIndices(ctx context.Context) check.Result {
	const name = "indices"
	yes := true
	var answer map[string]struct {
		Settings map[string]any `json:"settings"`
	}
	err := x.client.ask(ctx, esapi.IndicesGetSettingsRequest{
		Index: []string{x.schema.documents.pattern}, FlatSettings: &yes, ExpandWildcards: "open,closed",
	}, &answer)
	if err != nil {
		return notChecked(name, err)
	}
	var problems []string
	for index, found := range answer {
		if problem := indexProblem(found.Settings); problem != "" {
			problems = append(problems, index+": "+problem)
		}
	}
	if len(problems) == 0 {
		return good(name, fmt.Sprintf("%d, all writable, translog durability request", len(answer)))
	}
	slices.Sort(problems)
	return bad(name, check.Failure, strings.Join(problems, "; "), "undo these settings: documents wait, or could be lost with a power failure")
}

func indexProblem(settings map[string]any) string {
	for key, value := range settings {
		switch {
		case key == "index.translog.durability" && value != "request",
			key == "index.verified_before_close" && value == "true",
			key == "index.number_of_shards" && value != "1",
			strings.HasPrefix(key, "index.blocks.") && value == "true":
			return fmt.Sprintf("%s is %v", key, value)
		}
	}
	return ""
}
