package devstack

import (
	"io"
	"os"
	"slices"
	"strings"
)

// fileSize is the size of an open file, 0 when unknown.
func fileSize(f *os.File) int64 {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// logTail returns the end of a log, at most 16 KB, not reaching back before
// from.
func logTail(path string, from int64) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	const most = 16 << 10
	if size := fileSize(f); size-from > most {
		from = size - most
	}
	text, err := io.ReadAll(io.NewSectionReader(f, from, most))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// lastLines cuts text to its last lines; the frames of Java's stack traces
// would fill them without saying anything to the reader.
func lastLines(text string, lines int) string {
	all := slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool {
		return strings.HasPrefix(line, "\tat ") || strings.HasPrefix(line, "\t... ")
	})
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
