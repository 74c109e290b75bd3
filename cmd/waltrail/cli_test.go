package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the transcripts of testdata")

// TestTranscripts runs the command lines of testdata/*.txt ("$ waltrail …") one
// after the other in an empty folder, and compares what a terminal would show. A line
// "< name" puts the file testdata/name there before.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts (%v)", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			file, err := filepath.Abs(file)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			alone(t)
			got := play(t, filepath.Dir(file), string(want))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got; -rewrite accepts it):\n%s", diff)
			}
		})
	}
}

// alone takes this machine's configuration out of sight.
func alone(t *testing.T) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", home)
	t.Setenv("WALTRAIL_CONFIG", "")
	t.Chdir(t.TempDir())
}

func play(t *testing.T, testdata, script string) string {
	t.Helper()
	var got bytes.Buffer
	lines := bufio.NewScanner(strings.NewReader(script))
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "#"):
			fmt.Fprintln(&got, line)
		case strings.HasPrefix(line, "< "):
			fmt.Fprintln(&got, line)
			put(t, filepath.Join(testdata, line[2:]), line[2:])
		case strings.HasPrefix(line, "$ waltrail"):
			fmt.Fprintln(&got, line)
			code, output := run(t, words(strings.TrimPrefix(line, "$ waltrail"))...)
			got.WriteString(output)
			fmt.Fprintf(&got, "[exit %d]\n", code)
		}
	}
	return got.String()
}

func put(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// run executes a command line and returns both outputs as one.
func run(t *testing.T, args ...string) (code int, output string) {
	t.Helper()
	var both bytes.Buffer
	code = execute(t.Context(), args, &both, &both)
	return code, both.String()
}

// words splits a command line; single quotes keep words together.
func words(line string) []string {
	var all []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			all = append(all, part)
			continue
		}
		all = append(all, strings.Fields(part)...)
	}
	return all
}
