package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	put := func(t *testing.T, path string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// Each step adds a place that goes before all that were there.
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", cache)
	t.Setenv(Variable, "")
	t.Chdir(t.TempDir())

	if found, err := Find(""); err == nil || !strings.Contains(err.Error(), "--config") {
		t.Fatalf("nowhere: got %v, %v", found, err)
	}
	dev, err := DevPath()
	if err != nil {
		t.Fatal(err)
	}
	put(t, dev)
	want(t, "", Found{Path: dev, Because: "a running waltrail dev", Dev: true})
	put(t, DefaultFile)
	want(t, "", Found{Path: DefaultFile, Because: "working directory"})
	t.Setenv(Variable, "other.yaml")
	want(t, "", Found{Path: "other.yaml", Because: Variable})
	want(t, "asked.yaml", Found{Path: "asked.yaml", Because: "--config"})
}

func want(t *testing.T, asked string, want Found) {
	t.Helper()
	if got, err := Find(asked); err != nil || got != want {
		t.Errorf("want %+v, got %+v, %v", want, got, err)
	}
}
