package indexer

import (
	"net/http"
	"strings"
	"testing"

	"github.com/waltrail/waltrail/internal/check"
	"github.com/waltrail/waltrail/internal/testenv"
)

// result finds a check by the end of its name.
func result(t *testing.T, results []check.Result, name string) check.Result {
	t.Helper()
	for _, r := range results {
		if strings.HasSuffix(r.Name, name) {
			return r
		}
	}
	t.Fatalf("no check %s in %v", name, results)
	return check.Result{}
}

func TestCheckAfterSetup(t *testing.T) {
	es := testenv.Elasticsearch(t)
	x := open(t, es.URL, es.System)
	if r := result(t, x.Check(limited(t)), "template trail-"+es.System); r.Status != check.Failure || r.Cure != "waltrail setup" {
		t.Errorf("before Setup: %+v", r)
	}
	if err := x.Setup(limited(t)); err != nil {
		t.Fatal(err)
	}
	if err := x.Write(limited(t), sample(es.System, 0, 1).Changes); err != nil {
		t.Fatal(err)
	}
	for _, r := range x.Check(limited(t)) {
		if r.Status != check.OK && !strings.HasSuffix(r.Name, "disk") {
			t.Errorf("after Setup: %+v", r)
		}
	}
}

func TestCheckFindsHarm(t *testing.T) {
	es := testenv.Elasticsearch(t)
	x := open(t, es.URL, es.System)
	index := sample(es.System, 0, 1).Changes[0].Index
	if err := x.Setup(limited(t)); err != nil {
		t.Fatal(err)
	}
	if err := x.Write(limited(t), sample(es.System, 0, 1).Changes); err != nil {
		t.Fatal(err)
	}
	for name, harm := range map[string]string{
		"index.translog.durability is async": `{"index.translog.durability":"async"}`,
		"index.blocks.write is true":         `{"index.translog.durability":"request","index.blocks.write":true}`,
	} {
		mustDo(t, es, http.MethodPut, "/"+index+"/_settings", harm)
		if r := result(t, x.Check(limited(t)), "indices"); r.Status != check.Failure || !strings.Contains(r.Detail, name) {
			t.Errorf("%s: %+v", name, r)
		}
		mustDo(t, es, http.MethodPut, "/"+index+"/_settings", `{"index.translog.durability":null,"index.blocks.write":null}`)
	}
	three := 3
	y := open(t, es.URL, es.System, func(c *Config) { c.Replicas = &three })
	results := y.Check(limited(t))
	if r := result(t, results, "replicas"); r.Status != check.Warning {
		t.Errorf("three replicas on one node: %+v", r)
	}
	if r := result(t, results, "template trail-"+es.System); r.Status != check.Warning || r.Cure != "waltrail setup" {
		t.Errorf("template with other settings: %+v", r)
	}
}

func TestCheckOfNobody(t *testing.T) {
	results := open(t, "http://127.0.0.1:1", "nobody").Check(limited(t))
	if len(results) != 1 || results[0].Status != check.Failure || results[0].Cure == "" {
		t.Errorf("Check without a server: %+v", results)
	}
}

func TestAutoCreates(t *testing.T) {
	tests := map[string]bool{
		"true": true, "false": false, "-trail-*,+*": false, "+logs*,-*": false, "*": true, "-*": false,
		"+trail-shop-*": true, "logs": false, "-logs*, +tr*-default": true,
	}
	for rule, want := range tests {
		if got := autoCreates(rule, "trail-shop-default"); got != want {
			t.Errorf("rule %q: %v, want %v", rule, got, want)
		}
	}
}

func TestSetupIsIdempotent(t *testing.T) {
	es := testenv.Elasticsearch(t)
	var before []byte
	for i := range 2 {
		x := open(t, es.URL, es.System)
		if err := x.Setup(limited(t)); err != nil {
			t.Fatal(err)
		}
		after := es.Get(t, "/_index_template/trail-"+es.System+"*")
		if i > 0 && string(before) != string(after) {
			t.Errorf("the second Setup changed the templates:\n%s\n%s", before, after)
		}
		before = after
	}
	one := 1
	if err := open(t, es.URL, es.System, func(c *Config) { c.Replicas = &one }).Setup(limited(t)); err != nil {
		t.Fatal(err)
	}
	if text := string(es.Get(t, "/_index_template/trail-"+es.System)); !strings.Contains(text, `"number_of_replicas":"1"`) {
		t.Errorf("Setup did not bring the new number of replicas: %s", text)
	}
}

func TestSetupPlanIsWhatSetupSends(t *testing.T) {
	es := testenv.Elasticsearch(t)
	x := open(t, es.URL, es.System)
	plan, err := x.SetupPlan()
	if err != nil || len(plan) != 3 {
		t.Fatalf("%d requests, %v", len(plan), err)
	}
	for _, r := range plan {
		mustDo(t, es, r.Method, r.Path, string(r.Body))
	}
	for _, kind := range x.schema.kinds() {
		want := kind.templateBody()
		if stored, err := x.storedTemplate(limited(t), kind.template); err != nil || !stored.equal(&want) {
			t.Errorf("%s after the plan: %+v, %v", kind.template, stored, err)
		}
	}
}
