package config

import (
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waltrail/waltrail/transform"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the expected messages of testdata/bad")

func setVariables(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"WALTRAIL_TEST_SYSTEM": "shop", "WALTRAIL_TEST_USER": "waltrail", "WALTRAIL_TEST_REPLICAS": "0",
		"WALTRAIL_TEST_WINDOW": "30m", "WALTRAIL_TEST_TRIGGERS": "false", "WALTRAIL_TEST_SECRET": "hunter2",
	} {
		t.Setenv(name, value)
	}
}

// TestBad reads a file for every mistake; the message beside it is what a
// person sees.
func TestBad(t *testing.T) {
	setVariables(t)
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 50 {
		t.Fatalf("found %d files in testdata/bad (%v)", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse(name+".yaml", data)
			if err == nil {
				t.Fatal("the mistake was not found")
			}
			var list *Error
			if !errors.As(err, &list) {
				t.Fatalf("want an *Error, got %T", err)
			}
			golden(t, "testdata/bad/"+name+".txt", err.Error()+"\n")
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("messages differ from %s (-want +got; -rewrite accepts them):\n%s", path, diff)
	}
}

// TestOneMistakeOneLine makes sure that a file with one mistake has one message:
// what follows from a mistake is no news.
func TestOneMistakeOneLine(t *testing.T) {
	several := map[string]bool{
		"empty": true, "only_comment": true, // everything is missing
		"merge_key": true, "alias": true, // these leave something out
		"many_at_once": true,
	}
	files, _ := filepath.Glob("testdata/bad/*.txt")
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if lines := strings.Count(string(text), "bad"+"\n"); lines > 0 {
			t.Errorf("%s: %d", name, lines)
		}
		if n := strings.Count(string(text), name+".yaml:"); n != 1 && !several[name] {
			t.Errorf("%s has %d messages:\n%s", name, n, text)
		}
	}
}

func TestGood(t *testing.T) {
	setVariables(t)
	for _, name := range []string{"full", "shortest", "variables"} {
		t.Run(name, func(t *testing.T) {
			if _, err := Load("testdata/good/" + name + ".yaml"); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestFull(t *testing.T) {
	c, err := Load("testdata/good/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	contact := c.Entities["contact"]
	if diff := cmp.Diff(transform.Fields{
		Skip: transform.Strings{"search_vector", "canonical"},
		Columns: map[string]transform.Field{
			"phone": {Label: "Phone", Sensitive: true, Mask: "last4"},
			"price": {Transform: "round(float(value), 2)"},
		},
	}, contact.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if v := contact.Archive.Value; v == nil || *v != "true" {
		t.Errorf("archive value: want the text true, got %v", v)
	}
	if diff := cmp.Diff([]string{"public.articles", "public.article_prices", "public.catalogs", "public.contacts"}, c.Postgres.Tables); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	want := Watchdog{Interval: 24 * time.Hour, Health: time.Minute}
	if c.Watchdog != want {
		t.Errorf("watchdog: want %v, got %v", want, c.Watchdog)
	}
	if got := c.Visibility.Profiles["operator"].Rules[0].When; got != `change.title startsWith "Call"` {
		t.Errorf("visibility rule: got when %q", got)
	}
	if got := filepath.ToSlash(c.Auth.APIKeysFile); got != "testdata/good/keys.yaml" {
		t.Errorf("a relative file is beside the configuration: got %s", got)
	}
	if diff := cmp.Diff([]string{"/run/secrets/postgres", "testdata/good/keys.yaml"}, c.SecretFiles()); diff != "" {
		t.Errorf("secret files (-want +got):\n%s", diff)
	}
}

func TestShortestHasDefaults(t *testing.T) {
	c, err := Load("testdata/good/shortest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{
		"slot": c.Postgres.Slot, "publication": c.Postgres.Publication, "mode": c.Elasticsearch.Mode,
		"replicas": *c.Elasticsearch.Replicas, "stream": c.NATS.Stream, "listen": c.HTTP.Listen,
		"tables": strings.Join(c.Postgres.Tables, " "), "label": c.Label("contact"), "system": c.Postgres.System,
	}
	want := map[string]any{
		"slot": "waltrail_shop", "publication": "waltrail_shop", "mode": "index", "replicas": 1,
		"stream": "TRAIL", "listen": "127.0.0.1:8080", "tables": "public.contacts", "label": "contact", "system": "shop",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// The baseline is asked for by default, so its absence is told to everybody.
	if w := c.Warnings(); len(w) != 1 || !strings.HasPrefix(w[0], "postgres.snapshot: ") {
		t.Errorf("warnings %q, want the one about the baseline", w)
	}
}

func TestVariables(t *testing.T) {
	setVariables(t)
	c, err := Load("testdata/good/variables.yaml")
	if err != nil {
		t.Fatal(err)
	}
	contact := c.Entities["contact"]
	if c.System != "shop" || *c.Elasticsearch.Replicas != 0 || c.NATS.DuplicateWindow != 30*time.Minute ||
		contact.TriggersOn() || contact.Label != "Contact ${x}" || *contact.Archive.Value != "5" {
		t.Errorf("got %q %d %v %t %q %q", c.System, *c.Elasticsearch.Replicas, c.NATS.DuplicateWindow,
			contact.TriggersOn(), contact.Label, *contact.Archive.Value)
	}
	if diff := cmp.Diff([]string{"contact"}, c.NATS.Silent); diff != "" {
		t.Errorf("silent entities (-want +got):\n%s", diff)
	}
}

func TestWarnings(t *testing.T) {
	c, err := Load("testdata/good/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, w := range c.Warnings() {
		key, _, _ := strings.Cut(w, ":")
		keys = append(keys, key)
	}
	if diff := cmp.Diff([]string{"postgres.snapshot", "visibility", "auth", "index_groups"}, keys); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLoadSaysWhatCannotBeRead(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yaml"))
	if err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("got %v", err)
	}
	huge := filepath.Join(t.TempDir(), "huge.yaml")
	if err := os.WriteFile(huge, make([]byte, maxFileBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(huge); err == nil || !strings.Contains(err.Error(), "cannot be a configuration") {
		t.Errorf("got %v", err)
	}
}

func TestMaskKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := &Config{System: "shop", MaskKeyFile: file}
	if _, err := c.Transform(); err == nil {
		t.Error("a missing file was accepted")
	}
	write("short\n")
	if _, err := c.Transform(); err == nil || strings.Contains(err.Error(), "short\n") {
		t.Errorf("a short secret: got %v", err)
	}
	write("0123456789abcdef\n")
	got, err := c.Transform()
	if err != nil || string(got.MaskKey) != "0123456789abcdef" {
		t.Errorf("got %q, %v", got.MaskKey, err)
	}
}

// TestSectionsHaveNoHiddenKeys guards the assumption that every exported field
// of the composed structs is either a key or marked as none.
func TestSectionsHaveNoHiddenKeys(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var walk func(path string, typ reflect.Type)
	walk = func(path string, typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || seen[typ] {
			return
		}
		seen[typ] = true
		for _, f := range reflect.VisibleFields(typ) {
			tag, ok := f.Tag.Lookup("yaml")
			if f.IsExported() && !ok {
				t.Errorf("%s.%s has no yaml tag", path, f.Name)
			}
			if tag != "-" {
				walk(path+"."+f.Name, f.Type)
			}
		}
	}
	walk("Config", reflect.TypeFor[Config]())
	if len(seen) < 15 {
		t.Errorf("walked over %d structs only: %v", len(seen), maps.Keys(seen))
	}
}
