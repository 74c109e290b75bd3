package devstack

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the system account that servers run as. PostgreSQL and
// Elasticsearch refuse to run as root, so root hands them to "nobody".
type account struct {
	uid, gid int
	drop     bool // true when this process is root and must switch
}

// serverAccount decides once per call; it holds no state.
func serverAccount() account {
	if os.Geteuid() != 0 {
		return account{uid: os.Geteuid(), gid: os.Getegid()}
	}
	a := account{uid: 65534, gid: 65534, drop: true}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return a // the kernel's overflow id is "nobody" wherever the name is missing
	}
	if uid, err := strconv.Atoi(nobody.Uid); err == nil && uid != 0 {
		a.uid = uid
	}
	if gid, err := strconv.Atoi(nobody.Gid); err == nil {
		a.gid = gid
	}
	return a
}

// sysProcAttr puts a child into a session of its own, so that a terminal's
// Ctrl-C reaches only us, and switches the account when needed.
func (a account) sysProcAttr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true}
	if a.drop {
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid), Groups: []uint32{}}
	}
	return attr
}

// canEnter reports the first folder on the way to dir that the account may not
// traverse: a server would otherwise fail with a message that names nothing.
func (a account) canEnter(dir string) error {
	if !a.drop {
		return nil
	}
	for dir = filepath.Clean(dir); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		if !a.searchable(info) {
			return fmt.Errorf("folder %s cannot be entered by uid %d, which the servers run as: choose another folder (WALTRAIL_CACHE, TMPDIR or --data) or chmod o+x it", dir, a.uid)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// searchable reports whether the account may pass through the folder.
func (a account) searchable(info os.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return true
	}
	switch {
	case int(st.Uid) == a.uid:
		return info.Mode()&0o100 != 0
	case int(st.Gid) == a.gid:
		return info.Mode()&0o010 != 0
	default:
		return info.Mode()&0o001 != 0
	}
}
