package devstack

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestParseJavaSettings(t *testing.T) {
	for _, test := range []struct {
		name, text, home string
		version          int
	}{
		{"17", "Property settings:\n    java.home = /usr/lib/jvm/17\n    java.specification.version = 17\n", "/usr/lib/jvm/17", 17},
		{"8", "    java.specification.version = 1.8\n    java.home = /opt/jre\n", "/opt/jre", 8},
		{"early access", "    java.home = /j\n    java.specification.version = 26\n    java.version = 26-ea\n", "/j", 26},
		{"no home", "    java.specification.version = 17\n", "", 0},
		{"odd version", "    java.home = /j\n    java.specification.version = new\n", "", 0},
		{"nothing", "", "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			home, version, err := parseJavaSettings(test.text)
			if home != test.home || version != test.version || (err == nil) != (test.version != 0) {
				t.Errorf("home %q, version %d, error %v", home, version, err)
			}
		})
	}
}

// An old Java named by the environment is passed over, not taken.
func TestJavaHome(t *testing.T) {
	old := t.TempDir()
	must(t, os.Mkdir(filepath.Join(old, "bin"), 0o755))
	script := "#!/bin/sh\necho '    java.home = " + old + "'; echo '    java.specification.version = 11'\n"
	must(t, os.WriteFile(filepath.Join(old, "bin", "java"), []byte(script), 0o755))
	t.Setenv("ES_JAVA_HOME", old)
	t.Setenv("JAVA_HOME", filepath.Join(old, "missing"))
	home, err := javaHome(t.Context())
	if err != nil {
		wantError(t, err, "no Java 17 or newer was found", "is Java 11", "apt-get install openjdk-17-jre-headless")
		return // a machine without Java
	}
	if home == old {
		t.Error("Java 11 was taken")
	}
}

func TestCanEnter(t *testing.T) {
	dir := openDir(t)
	closed := filepath.Join(dir, "closed")
	must(t, os.MkdirAll(filepath.Join(closed, "in"), 0o755))
	must(t, os.Chmod(closed, 0o700))
	other := account{uid: 65534, gid: 65534, drop: true}
	if os.Geteuid() == other.uid {
		t.Skip("this is the account itself")
	}
	must(t, other.canEnter(dir))
	wantError(t, other.canEnter(filepath.Join(closed, "in")), closed, "uid 65534", "WALTRAIL_CACHE")
	must(t, account{uid: os.Geteuid()}.canEnter(closed)) // the same account needs no check
	if other.canEnter(filepath.Join(dir, "missing")) == nil {
		t.Error("a missing folder was accepted")
	}
}

// Only root switches; a plain user's servers run as that user.
func TestServerAccount(t *testing.T) {
	a := serverAccount()
	root := os.Geteuid() == 0
	if a.drop != root || a.uid == 0 || (!root && a.uid != os.Geteuid()) {
		t.Errorf("account %+v for uid %d", a, os.Geteuid())
	}
	attr := a.sysProcAttr()
	if !attr.Setsid || (attr.Credential != nil) != root {
		t.Errorf("attributes %+v", attr)
	}
	if root && len(attr.Credential.Groups) != 0 {
		t.Error("root's groups are passed on")
	}
}

// A folder is closed to a second program until the guardian of the first is
// gone, and only what we create in it changes hands.
func TestHome(t *testing.T) {
	dir := openDir(t)
	mine := filepath.Join(dir, "mine")
	must(t, os.WriteFile(mine, nil, 0o600))
	h, err := openHome(dir, "x-")
	must(t, err)
	sub, err := h.folder("sub", 0o700)
	must(t, err)
	if !ownedBy(t, sub, h.account.uid) || !ownedBy(t, mine, os.Geteuid()) || !ownedBy(t, dir, os.Geteuid()) {
		t.Error("wrong owners")
	}
	_, err = lockHome(dir, 0)
	wantError(t, err, dir, "in use by another running program")
	must(t, h.close())
	must(t, h.close()) // twice is fine

	again, err := openHome(dir, "x-")
	must(t, err)
	must(t, again.close())
	if !exists(mine) || !exists(sub) {
		t.Error("a given folder was emptied")
	}
}

func ownedBy(t *testing.T, path string, uid int) bool {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == uid
}
