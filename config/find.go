package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// DefaultFile is looked for in the working directory; Variable names the
// environment variable that names another file.
const (
	DefaultFile = "waltrail.yaml"
	Variable    = "WALTRAIL_CONFIG"
)

// Found is a file, and in words how it was chosen.
type Found struct {
	Path, Because string
	// Dev says that it is the file of a running `waltrail dev`.
	Dev bool
}

// Find chooses the configuration file: the one asked for, that of WALTRAIL_CONFIG,
// waltrail.yaml in the working directory, or that of a running `waltrail dev`.
func Find(asked string) (Found, error) {
	if asked != "" {
		return Found{Path: asked, Because: "--config"}, nil
	}
	if path := os.Getenv(Variable); path != "" {
		return Found{Path: path, Because: Variable}, nil
	}
	if exists(DefaultFile) {
		return Found{Path: DefaultFile, Because: "working directory"}, nil
	}
	if dev, err := DevPath(); err == nil && exists(dev) {
		return Found{Path: dev, Because: "a running waltrail dev", Dev: true}, nil
	}
	return Found{}, fmt.Errorf("no configuration: name a file with --config or %s, put %s into the working directory, or start waltrail dev", Variable, DefaultFile)
}

// DevPath is where `waltrail dev` leaves its configuration while it runs. The
// folder may not exist yet.
func DevPath() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir()
	}
	if base == "" {
		return "", errors.New("there is neither a cache folder nor one for temporary files; set HOME or TMPDIR")
	}
	return filepath.Join(base, "waltrail-dev", DefaultFile), nil
}

func exists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
