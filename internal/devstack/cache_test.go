package devstack

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ulikunitz/xz"
)

// ownCache points the cache at an empty folder.
func ownCache(t *testing.T) string {
	t.Helper()
	dir := openDir(t)
	t.Setenv("WALTRAIL_CACHE", dir)
	return dir
}

func TestCachedBuildsOnceInParallel(t *testing.T) {
	ownCache(t)
	var builds atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			dir, err := cached("thing", func(dir string) error {
				builds.Add(1)
				return os.WriteFile(filepath.Join(dir, "file"), nil, 0o700)
			})
			if err != nil || !exists(filepath.Join(dir, "file")) {
				t.Errorf("cached: %q, %v", dir, err)
			}
		})
	}
	group.Wait()
	if builds.Load() != 1 {
		t.Errorf("built %d times, want once", builds.Load())
	}
}

// What fails half way must not be taken for complete later.
func TestCachedKeepsNothingOfAFailure(t *testing.T) {
	root := ownCache(t)
	broken := errors.New("broken")
	_, err := cached("thing", func(dir string) error {
		must(t, os.WriteFile(filepath.Join(dir, "half"), nil, 0o644))
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	entries, err := os.ReadDir(root)
	must(t, err)
	for _, entry := range entries {
		if entry.Name() != ".thing.lock" {
			t.Errorf("%s is left behind", entry.Name())
		}
	}
}

func TestCachedIsReadableForServers(t *testing.T) {
	ownCache(t)
	dir, err := cached("thing", func(dir string) error {
		must(t, os.Mkdir(filepath.Join(dir, "bin"), 0o700))
		must(t, os.WriteFile(filepath.Join(dir, "bin", "run"), nil, 0o700))
		return os.WriteFile(filepath.Join(dir, "text"), nil, 0o600)
	})
	must(t, err)
	for name, want := range map[string]os.FileMode{".": 0o755, "bin": 0o755, "bin/run": 0o755, "text": 0o644} {
		info, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		if got := info.Mode().Perm(); got != want {
			t.Errorf("mode of %s is %o, want %o", name, got, want)
		}
	}
}

func TestFetchErrors(t *testing.T) {
	a := artifact{name: "thing", title: "Thing 1", coordinate: "g:thing:1", file: "thing.zip", sha256: "00", unpack: unzipStripped}
	t.Run("no maven", func(t *testing.T) {
		ownCache(t)
		t.Setenv("PATH", t.TempDir())
		_, err := fetch(context.Background(), a, nil)
		wantError(t, err, "Thing 1", "apt-get install maven")
	})
	t.Run("download fails", func(t *testing.T) {
		ownCache(t)
		fakeMaven(t, "echo no route to host; exit 1")
		_, err := fetch(context.Background(), a, nil)
		wantError(t, err, "g:thing:1", "check the network", "no route to host")
	})
	t.Run("nothing delivered", func(t *testing.T) {
		ownCache(t)
		fakeMaven(t, "exit 0")
		_, err := fetch(context.Background(), a, nil)
		wantError(t, err, "did not deliver thing.zip")
	})
	t.Run("other content", func(t *testing.T) {
		root := ownCache(t)
		fakeMaven(t, "echo tampered >thing.zip")
		_, err := fetch(context.Background(), a, nil)
		wantError(t, err, "thing.zip has SHA-256", "pinned is 00", "tampered with")
		if exists(filepath.Join(root, "thing")) {
			t.Error("a file with the wrong checksum reached the cache")
		}
	})
}

// fakeMaven puts a script named mvn first on the search path; it runs in the
// folder where the file is expected.
func fakeMaven(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "mvn"), []byte("#!/bin/sh\n"+script+"\n"), 0o755))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func TestUnzipStripped(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, mode := range map[string]os.FileMode{"top/bin/run": 0o755, "top/text": 0o600} {
		h := &zip.FileHeader{Name: name}
		h.SetMode(mode)
		w, err := z.CreateHeader(h)
		must(t, err)
		_, err = w.Write([]byte(name))
		must(t, err)
	}
	must(t, z.Close())
	dir := t.TempDir()
	file := filepath.Join(dir, "a.zip")
	must(t, os.WriteFile(file, b.Bytes(), 0o644))
	must(t, unzipStripped(file, filepath.Join(dir, "out")))
	for name, want := range map[string]os.FileMode{"bin/run": 0o755, "text": 0o644} {
		info, err := os.Stat(filepath.Join(dir, "out", name))
		must(t, err)
		if info.Mode().Perm() != want {
			t.Errorf("mode of %s is %o, want %o", name, info.Mode().Perm(), want)
		}
	}
}

// Archives must not write outside their folder, whatever their names say.
func TestUnpackRefusesToLeaveTheFolder(t *testing.T) {
	for name, h := range map[string]tar.Header{
		"file above":      {Name: "../evil", Typeflag: tar.TypeReg},
		"absolute file":   {Name: "/evil", Typeflag: tar.TypeReg},
		"folder above":    {Name: "a/../../evil/", Typeflag: tar.TypeDir},
		"link elsewhere":  {Name: "lib", Linkname: "/etc", Typeflag: tar.TypeSymlink},
		"link name above": {Name: "../lib", Linkname: "x", Typeflag: tar.TypeSymlink},
		"device":          {Name: "null", Typeflag: tar.TypeChar},
	} {
		t.Run(name, func(t *testing.T) {
			outer := t.TempDir()
			dir := filepath.Join(outer, "in")
			if err := untarXZ(tarXZ(t, h), dir); err == nil {
				t.Error("accepted")
			}
			if exists(filepath.Join(outer, "evil")) || exists(filepath.Join(outer, "lib")) {
				t.Error("something was written outside")
			}
		})
	}
	dir := t.TempDir()
	must(t, untarXZ(tarXZ(t, tar.Header{Name: "lib/a.so", Linkname: "a.so.1", Typeflag: tar.TypeSymlink}), dir))
	if to, err := os.Readlink(filepath.Join(dir, "lib/a.so")); err != nil || to != "a.so.1" {
		t.Errorf("link leads to %q: %v", to, err)
	}
}

func tarXZ(t *testing.T, h tar.Header) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	x, err := xz.NewWriter(&b)
	must(t, err)
	w := tar.NewWriter(x)
	must(t, w.WriteHeader(&h))
	must(t, w.Close())
	must(t, x.Close())
	return &b
}
