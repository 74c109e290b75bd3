package devstack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// cacheDir is where unpacked servers live: WALTRAIL_CACHE, else a folder that
// the account the servers run as can enter.
func cacheDir() (string, error) {
	dir := os.Getenv("WALTRAIL_CACHE")
	switch {
	case dir != "":
	case os.Geteuid() == 0:
		dir = "/var/cache/waltrail"
	default:
		base, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no cache folder: set WALTRAIL_CACHE: %w", err)
		}
		dir = filepath.Join(base, "waltrail")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := makeOpen(dir, 0o755); err != nil {
		return "", fmt.Errorf("create the cache folder: set WALTRAIL_CACHE to a writable one: %w", err)
	}
	return dir, serverAccount().canEnter(dir)
}

// cached returns the folder <cache>/name, calling build to fill it when it is
// not there yet. build writes to a folder of its own, which is renamed into
// place, so a folder that exists is complete. A file lock makes parallel test
// binaries wait for one another instead of doing the work twice.
func cached(name string, build func(dir string) error) (string, error) {
	root, err := cacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, name)
	if exists(dir) {
		return dir, nil
	}
	unlock, err := lockFile(filepath.Join(root, "."+name+".lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(dir) {
		return dir, nil
	}
	work, err := os.MkdirTemp(root, ".work-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	if err := build(work); err != nil {
		return "", err
	}
	if err := makeReadable(work); err != nil {
		return "", err
	}
	return dir, os.Rename(work, dir)
}

// makeReadable opens a tree for reading and running, whatever the umask was:
// servers run from the cache under another account.
func makeReadable(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.Type()&os.ModeSymlink != 0 {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		mode := info.Mode().Perm() | 0o444
		if mode&0o100 != 0 {
			mode |= 0o111
		}
		return os.Chmod(path, mode)
	})
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// lockFile takes an exclusive lock that ends with the process at the latest.
func lockFile(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { f.Close() }, nil
}

// fetch returns the folder of the unpacked artifact, downloading it first when
// the cache does not have it.
func fetch(ctx context.Context, a artifact, progress func(string)) (string, error) {
	return cached(a.name, func(dir string) error {
		say(progress, "downloading %s (%d MB), once", a.title, a.megabytes)
		tmp, err := os.MkdirTemp("", "waltrail-download-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(tmp)
		if err := download(ctx, a, tmp); err != nil {
			return err
		}
		file := filepath.Join(tmp, a.file)
		if err := verify(file, a); err != nil {
			return err
		}
		say(progress, "unpacking %s", a.title)
		return a.unpack(file, dir)
	})
}

// download lets Maven find the file, so that mirrors and proxies in its
// settings are honoured.
func download(ctx context.Context, a artifact, dir string) error {
	mvn, err := exec.LookPath("mvn")
	if err != nil {
		return fmt.Errorf("%s is not in the cache and Maven (mvn) was not found to download it: apt-get install maven, or run make deps", a.title)
	}
	cmd := exec.CommandContext(ctx, mvn, "-q", "-B", "-Dstyle.color=never", "dependency:copy", "-Dartifact="+a.coordinate, "-DoutputDirectory="+dir)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("download %s with mvn dependency:copy: check the network or Maven's settings.xml: %w\n%s", a.coordinate, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// verify compares the file with its pin: what Maven delivers is not trusted
// before that, whatever mirror it came from.
func verify(file string, a artifact) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("mvn did not deliver %s: %w", a.file, err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != a.sha256 {
		return fmt.Errorf("%s has SHA-256 %s, pinned is %s: the download is damaged or was tampered with; remove it from the local Maven repository and try again", a.file, got, a.sha256)
	}
	return nil
}

// say reports progress to whoever asked for it.
func say(progress func(string), format string, args ...any) {
	if progress != nil {
		progress(fmt.Sprintf(format, args...))
	}
}
