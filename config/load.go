package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/waltrail/waltrail/config/internal/strict"
)

// maxFileBytes is far above any real file; it keeps a wrong path from filling the memory.
const maxFileBytes = 4 << 20

// Load reads the file at path. Relative paths of other files in it are taken
// from its own directory. Mistakes in it come as an *Error.
func Load(path string) (*Config, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if info.Size() > maxFileBytes {
		return nil, fmt.Errorf("configuration: %s has %d bytes, which cannot be a configuration", path, info.Size())
	}
	data, err := os.ReadFile(path) //nolint:gosec // the path is the operator's
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	c, err := Parse(path, data)
	if err != nil {
		return nil, err
	}
	resolveFiles(filepath.Dir(path), reflect.ValueOf(c).Elem())
	return c, nil
}

// Parse reads a file's content; name stands in the messages. It applies the
// defaults and returns all mistakes at once, as an *Error.
func Parse(name string, data []byte) (*Config, error) {
	c := &Config{}
	src := strict.Decode(data, c, os.LookupEnv)
	if !isSyntax(src) {
		c.setDefaults()
		c.check(src)
	}
	problems := src.Problems()
	if len(problems) == 0 {
		return c, nil
	}
	e := &Error{}
	for _, p := range problems {
		e.Problems = append(e.Problems, Problem{
			File: name, Line: p.Line, Column: p.Column, Key: p.Key, Message: p.Text,
		})
	}
	return nil, e
}

// isSyntax reports whether the file was no YAML at all: what is missing in it
// cannot be said then.
func isSyntax(src *strict.Source) bool {
	problems := src.Problems()
	return len(problems) == 1 && strings.HasPrefix(problems[0].Text, strict.NotYAML)
}

// resolveFiles makes the relative paths of all *_file keys relative to dir.
func resolveFiles(dir string, v reflect.Value) {
	eachFile(v, func(_ string, path reflect.Value) {
		if !filepath.IsAbs(path.String()) {
			path.SetString(filepath.Join(dir, path.String()))
		}
	})
}

// eachFile calls visit with every *_file key that is given.
func eachFile(v reflect.Value, visit func(key string, path reflect.Value)) {
	if v.Kind() != reflect.Struct {
		return
	}
	for i := range v.NumField() {
		field := v.Field(i)
		key, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		switch {
		case !v.Type().Field(i).IsExported():
		case field.Kind() == reflect.Struct:
			eachFile(field, visit)
		case field.Kind() == reflect.String && strings.HasSuffix(key, "_file") && field.String() != "":
			visit(key, field)
		}
	}
}

// SecretFiles lists the files that hold secrets, in the order of the sections.
func (c *Config) SecretFiles() []string {
	var paths []string
	eachFile(reflect.ValueOf(c).Elem(), func(key string, path reflect.Value) {
		if key != "ca_file" && key != "cert_file" {
			paths = append(paths, path.String())
		}
	})
	return paths
}
