package devstack

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// logConfig sends the server's own log to its standard output, our log file.
const logConfig = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] [%node_name]%marker %m%consoleException%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
`

// Garbage collector and compiler: as the distribution has them, and for a quick
// start, where compiling costs more than it ever returns.
const (
	steadyJVM = "-XX:+UseG1GC\n"
	quickJVM  = "-XX:+UseSerialGC\n-XX:TieredStopAtLevel=1\n"
)

// jvmOptions are those of the distribution without its gc log and heap dumps.
const jvmOptions = `-Xms%[1]dm
-Xmx%[1]dm
-Djava.io.tmpdir=${ES_TMPDIR}
20-:--add-modules=jdk.incubator.vector
-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1
-XX:+ExitOnOutOfMemoryError
-XX:-HeapDumpOnOutOfMemoryError
-XX:ErrorFile=hs_err_pid%%p.log
-XX:-UsePerfData
`

// configure writes the node's configuration; the port may have changed.
func (s *Elasticsearch) configure() error {
	for _, name := range []string{"config", "config/jvm.options.d", "data", "logs", "tmp"} {
		if _, err := s.home.folder(name, 0o755); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(s.pidFile()); err != nil { // of a run that was killed
		return err
	}
	compiler := steadyJVM
	if s.quick {
		compiler = quickJVM
	}
	files := map[string]string{
		"elasticsearch.yml": s.yaml(),
		"jvm.options":       fmt.Sprintf(jvmOptions, s.heapMB) + compiler,
		"log4j2.properties": logConfig,
	}
	for name, text := range files {
		if err := writeReadable(filepath.Join(s.DataDir, "config", name), text); err != nil {
			return err
		}
	}
	return nil
}

// yaml is elasticsearch.yml; every value is quoted, so none can be read as
// something else.
func (s *Elasticsearch) yaml() string {
	settings := map[string]string{
		"cluster.name":           "waltrail",
		"node.name":              "waltrail",
		"discovery.type":         "single-node",
		"network.host":           loopback,
		"http.port":              fmt.Sprint(s.Port),
		"transport.port":         "0", // nothing connects to it: any free one
		"path.data":              filepath.Join(s.DataDir, "data"),
		"path.logs":              filepath.Join(s.DataDir, "logs"),
		"xpack.security.enabled": "false",
		// A missing template must never make an index with a guessed mapping.
		"action.auto_create_index": "-trail-*,+*",
		// Small machines run these servers; a full disk is simulated where it matters.
		"cluster.routing.allocation.disk.threshold_enabled": "false",
	}
	maps.Copy(settings, s.settings)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&b, "%s: '%s'\n", name, strings.ReplaceAll(settings[name], "'", "''"))
	}
	return b.String()
}
