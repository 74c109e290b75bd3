package devstack

import (
	"archive/tar"
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ulikunitz/xz"
)

// unzipStripped unpacks a zip whose entries share one top folder, without it.
func unzipStripped(file, dir string) error {
	z, err := zip.OpenReader(file)
	if err != nil {
		return fmt.Errorf("open %s: %w", file, err)
	}
	defer z.Close()
	for _, entry := range z.File {
		_, name, _ := strings.Cut(entry.Name, "/")
		if name == "" {
			continue
		}
		if err := unzipEntry(entry, dir, name); err != nil {
			return fmt.Errorf("unpack %s from %s: %w", entry.Name, file, err)
		}
	}
	return nil
}

func unzipEntry(entry *zip.File, dir, name string) error {
	if strings.HasSuffix(name, "/") {
		return makeFolder(dir, name)
	}
	r, err := entry.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	return writeFile(dir, name, entry.Mode(), r)
}

// unpackPostgresJar unpacks the xz-compressed tar that the jar carries.
func unpackPostgresJar(file, dir string) error {
	z, err := zip.OpenReader(file)
	if err != nil {
		return fmt.Errorf("open %s: %w", file, err)
	}
	defer z.Close()
	for _, entry := range z.File {
		if !strings.HasSuffix(entry.Name, ".txz") {
			continue
		}
		r, err := entry.Open()
		if err != nil {
			return err
		}
		defer r.Close()
		if err := untarXZ(r, dir); err != nil {
			return fmt.Errorf("unpack %s from %s: %w", entry.Name, file, err)
		}
		return nil
	}
	return fmt.Errorf("%s holds no .txz archive", file)
}

// untarXZ unpacks a compressed tar as it streams by; nothing is buffered whole.
func untarXZ(r io.Reader, dir string) error {
	x, err := xz.NewReader(r)
	if err != nil {
		return err
	}
	t := tar.NewReader(x)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := untarEntry(t, h, dir); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
}

// untarEntry accepts only what the pinned archives hold: folders, files and
// links to a sibling.
func untarEntry(t *tar.Reader, h *tar.Header, dir string) error {
	switch h.Typeflag {
	case tar.TypeDir:
		return makeFolder(dir, h.Name)
	case tar.TypeReg:
		return writeFile(dir, h.Name, h.FileInfo().Mode(), t)
	case tar.TypeSymlink:
		// Links in the archives are siblings (libpq.so -> libpq.so.5); anything else is refused.
		if !filepath.IsLocal(h.Name) || strings.ContainsRune(h.Linkname, '/') {
			return fmt.Errorf("link to %q leads out of its folder", h.Linkname)
		}
		path := filepath.Join(dir, h.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.Symlink(h.Linkname, path)
	default:
		return fmt.Errorf("entry type %q is not expected", h.Typeflag)
	}
}

// makeFolder refuses names that lead out of dir; every entry passes here.
func makeFolder(dir, name string) error {
	if !filepath.IsLocal(name) {
		return fmt.Errorf("name %q leads out of the folder", name)
	}
	return os.MkdirAll(filepath.Join(dir, name), 0o755)
}

// writeFile writes a new file and keeps of its mode what matters: executable or
// not.
func writeFile(dir, name string, mode fs.FileMode, r io.Reader) error {
	if err := makeFolder(dir, filepath.Dir(name)); err != nil {
		return err
	}
	perm := fs.FileMode(0o644)
	if mode&0o100 != 0 {
		perm = 0o755
	}
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, perm)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, r); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
