package devstack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// oldestJava is the oldest Java that Elasticsearch 8 runs on.
const oldestJava = 17

// javaHome finds a Java that is new enough: ES_JAVA_HOME, JAVA_HOME, the
// search path, then the distribution's usual folders.
func javaHome(ctx context.Context) (string, error) {
	var seen []string
	for _, java := range javaCandidates() {
		home, version, err := probeJava(ctx, java)
		if err != nil {
			continue
		}
		if version >= oldestJava {
			return home, nil
		}
		seen = append(seen, fmt.Sprintf("%s is Java %d", java, version))
	}
	found := ""
	if len(seen) > 0 {
		found = " (" + strings.Join(seen, ", ") + ")"
	}
	return "", fmt.Errorf("no Java %d or newer was found%s, Elasticsearch needs it: apt-get install openjdk-17-jre-headless, or set ES_JAVA_HOME", oldestJava, found)
}

// javaCandidates lists programs to try, those that were chosen on purpose first.
func javaCandidates() []string {
	var list []string
	for _, name := range []string{"ES_JAVA_HOME", "JAVA_HOME"} {
		if home := os.Getenv(name); home != "" {
			list = append(list, filepath.Join(home, "bin", "java"))
		}
	}
	if java, err := exec.LookPath("java"); err == nil {
		list = append(list, java)
	}
	more, err := filepath.Glob("/usr/lib/jvm/*/bin/java")
	if err != nil {
		return list // the pattern is constant and valid
	}
	return append(list, more...)
}

// probeJava asks Java itself where it lives: the search path may lead to a
// link or a wrapper script.
func probeJava(ctx context.Context, java string) (home string, version int, err error) {
	out, err := exec.CommandContext(ctx, java, "-XshowSettings:properties", "-version").CombinedOutput()
	if err != nil {
		return "", 0, err
	}
	return parseJavaSettings(string(out))
}

// parseJavaSettings finds home and major version in what -XshowSettings prints,
// which is the same for every vendor, unlike -version.
func parseJavaSettings(text string) (home string, version int, err error) {
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(line, " = ")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(key) {
		case "java.home":
			home = value
		case "java.specification.version":
			value = strings.TrimPrefix(value, "1.") // Java 8 calls itself 1.8
			if version, err = strconv.Atoi(value); err != nil {
				return "", 0, fmt.Errorf("java.specification.version %q: %w", value, err)
			}
		}
	}
	if home == "" || version == 0 {
		return "", 0, fmt.Errorf("java -XshowSettings did not tell its home and version")
	}
	return home, version, nil
}
