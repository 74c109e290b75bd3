package devstack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// home is the folder of one server with the guardian that watches over both.
type home struct {
	dir     string
	temp    bool
	guard   *guardian
	account account
}

// openHome uses dir, which is kept, or creates a temporary folder which
// disappears with the server or, at the latest, with this program.
func openHome(dir, prefix string) (*home, error) {
	if dir == "" {
		return openTempHome(prefix)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	a := serverAccount()
	if err := makeOpen(dir, 0o755); err != nil {
		return nil, fmt.Errorf("create the data folder: %w", err)
	}
	if err := a.canEnter(dir); err != nil {
		return nil, err
	}
	lock, err := lockHome(dir, homeWait)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	g, err := newGuardian([]*os.File{lock})
	if err != nil {
		return nil, err
	}
	return &home{dir: dir, guard: g, account: a}, nil
}

// openTempHome needs no lock: nobody else knows the folder.
func openTempHome(prefix string) (*home, error) {
	a := serverAccount()
	base := os.TempDir() // honours TMPDIR, unless the servers could not enter it
	if a.canEnter(base) != nil {
		base = "/tmp"
	}
	dir, err := os.MkdirTemp(base, prefix)
	if err != nil {
		return nil, err
	}
	g, err := newGuardian(nil, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	h := &home{dir: dir, temp: true, guard: g, account: a}
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

// homeWait is how long a folder may stay locked: a guardian of a program that
// was killed needs a moment to end the servers of that program.
const homeWait = 15 * time.Second

// lockHome keeps two programs out of one folder. The guardian inherits the
// lock, so it lasts until the servers are gone, also when we are killed.
func lockHome(dir string, wait time.Duration) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	var held error
	free := waitGone(wait, func() bool {
		held = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		return held != nil
	})
	if !free {
		lock.Close()
		return nil, fmt.Errorf("data folder %s is in use by another running program: stop it or choose another folder: %w", dir, held)
	}
	return lock, nil
}

// folder creates a sub-folder that belongs to the servers' account. Only these
// are handed over, never what else a given folder holds.
func (h *home) folder(name string, perm os.FileMode) (string, error) {
	dir := filepath.Join(h.dir, name)
	if err := makeOpen(dir, perm); err != nil {
		return "", err
	}
	if !h.account.drop {
		return dir, nil
	}
	return dir, os.Chown(dir, h.account.uid, h.account.gid)
}

// makeOpen creates a missing folder with exactly this mode: a strict umask of
// root must not lock the servers' account out. An existing one is left alone.
func makeOpen(dir string, perm os.FileMode) error {
	if exists(dir) {
		return nil
	}
	if err := os.MkdirAll(dir, perm); err != nil {
		return err
	}
	return os.Chmod(dir, perm)
}

// writeReadable writes a configuration file for the servers' account.
func writeReadable(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return err
	}
	return os.Chmod(path, 0o644) // whatever the umask
}

// close ends the guardian, which removes a temporary folder.
func (h *home) close() error {
	if h.guard == nil {
		return nil
	}
	g := h.guard
	h.guard = nil
	if err := g.close(); err != nil {
		return fmt.Errorf("clean up %s: %w", h.dir, err)
	}
	return nil
}

// serverEnv is the environment of every server: nothing of ours that could
// change what it does (PGDATA, JAVA_TOOL_OPTIONS, …) and a fixed locale.
func (h *home) serverEnv(extra ...string) []string {
	path := os.Getenv("PATH")
	if path == "" {
		path = "/usr/local/bin:/usr/bin:/bin"
	}
	return append([]string{"PATH=" + path, "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=" + h.dir}, extra...)
}
