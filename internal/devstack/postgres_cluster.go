package devstack

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// includedConf is read by postgresql.conf after everything initdb wrote.
// Settings live in a file and not on the command line because only then
// ALTER SYSTEM can still override them.
const includedConf = "waltrail.conf"

// postgresBinaries prefers the distribution's server: it is there already.
func postgresBinaries(ctx context.Context, major string, progress func(string)) (string, error) {
	bin := filepath.Join("/usr/lib/postgresql", major, "bin")
	if exists(filepath.Join(bin, "postgres")) && exists(filepath.Join(bin, "initdb")) {
		return bin, nil
	}
	a, err := postgresArtifact(major)
	if err != nil {
		return "", err
	}
	dir, err := fetch(ctx, a, progress)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "bin"), nil
}

// postgresSettings are our defaults with the caller's settings over them.
func postgresSettings(o PostgresOptions) map[string]string {
	fsync := "off"
	if o.Durable {
		fsync = "on"
	}
	settings := map[string]string{
		"listen_addresses":      loopback,
		"wal_level":             "logical",
		"max_replication_slots": "32",
		"max_wal_senders":       "32",
		"max_connections":       "200",
		"fsync":                 fsync,
		"log_line_prefix":       "%m [%p] %q%a ",
		"timezone":              "UTC",
		"log_timezone":          "UTC",
	}
	maps.Copy(settings, o.Settings)
	return settings
}

func (s *Postgres) cluster() string { return filepath.Join(s.DataDir, "pgdata") }

// initialise creates the cluster, or checks that an existing one fits.
func (s *Postgres) initialise(ctx context.Context) error {
	if found, err := os.ReadFile(filepath.Join(s.cluster(), "PG_VERSION")); err == nil {
		if v := strings.TrimSpace(string(found)); v != s.Major {
			return fmt.Errorf("%s was made by PostgreSQL %s, asked for is %s: choose that version or another folder", s.DataDir, v, s.Major)
		}
		return nil
	}
	dir, err := s.home.folder("pgdata", 0o700)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "initdb"), "-D", dir, "-U", "postgres",
		"--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
	cmd.Dir, cmd.Env, cmd.SysProcAttr = s.DataDir, s.home.serverEnv(), s.home.account.sysProcAttr()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb of PostgreSQL %s in %s: %w\n%s", s.Major, dir, err, strings.TrimSpace(string(out)))
	}
	return s.includeSettings()
}

// includeSettings makes a new cluster read our file, after initdb's own lines.
func (s *Postgres) includeSettings() error {
	f, err := os.OpenFile(filepath.Join(s.cluster(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := f.WriteString("\ninclude '" + includedConf + "'\n"); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// writeSettings writes the included file anew: the port may have changed.
func (s *Postgres) writeSettings() error {
	socket, err := s.socketFolder()
	if err != nil {
		return err
	}
	settings := maps.Clone(s.settings)
	settings["port"] = strconv.Itoa(s.Port)
	settings["unix_socket_directories"] = socket
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&b, "%s = '%s'\n", name, strings.ReplaceAll(settings[name], "'", "''"))
	}
	return writeReadable(filepath.Join(s.cluster(), includedConf), b.String())
}

// socketFolder is empty, which means no socket, when its path would be longer
// than the kernel allows for one; TCP serves everything anyway.
func (s *Postgres) socketFolder() (string, error) {
	const longest = 80 // of 107 bytes; the rest is for ".s.PGSQL.<port>.lock"
	if len(s.DataDir) > longest {
		return "", nil
	}
	return s.home.folder("s", 0o755)
}

// ping runs one query.
func (s *Postgres) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.DSN("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "SELECT 1")
	return err
}
