package capture

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// connectTimeout bounds one attempt when the DSN does not say connect_timeout.
const connectTimeout = 10 * time.Second

// sessionSettings are equal on every connection: they fix how PostgreSQL prints values, so
// that the same row has the same text always, and keep row security from hiding rows.
func sessionSettings(system string) map[string]string {
	return map[string]string{
		"application_name":   "waltrail/" + system,
		"DateStyle":          "ISO",
		"IntervalStyle":      "postgres",
		"TimeZone":           "UTC",
		"extra_float_digits": "3",
		"bytea_output":       "hex",
		"lc_monetary":        "C",
		"row_security":       "off",
		"client_encoding":    "UTF8",
		"statement_timeout":  "0",
		// format_type leaves a schema of the search path out: fix what it prints.
		"search_path": "pg_catalog, public",
	}
}

// connConfig builds the configuration of a connection, reading the password
// file again so that a rotated password is found.
func (c *Config) connConfig() (*pgx.ConnConfig, error) {
	cc, err := pgx.ParseConfig(c.DSN)
	if err != nil {
		return nil, fmt.Errorf("postgres.dsn: %w", err)
	}
	if c.PasswordFile != "" {
		secret, err := os.ReadFile(c.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("postgres.password_file: %w", err)
		}
		cc.Password = strings.TrimRight(string(secret), "\r\n")
	}
	if cc.ConnectTimeout == 0 || cc.ConnectTimeout > time.Hour {
		cc.ConnectTimeout = connectTimeout
	}
	maps.Copy(cc.RuntimeParams, sessionSettings(c.System))
	return cc, nil
}

// connect opens an ordinary connection for SQL.
func (c *Config) connect(ctx context.Context) (*pgx.Conn, error) {
	cc, err := c.connConfig()
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, cc)
	return conn, clean("connect", err)
}

// connectReplication opens a walsender connection to the database, whose bytes
// come through the returned coalescer.
func (c *Config) connectReplication(ctx context.Context) (*pgconn.PgConn, *coalescer, error) {
	cc, err := c.connConfig()
	if err != nil {
		return nil, nil, err
	}
	var wire *coalescer
	dial := cc.DialFunc
	cc.DialFunc = dialWith(dial, &wire)
	cc.RuntimeParams["replication"] = "database"
	conn, err := pgconn.ConnectConfig(ctx, &cc.Config)
	if err != nil {
		return nil, nil, clean("connect for replication", err)
	}
	return conn, wire, nil
}

// closeLimit bounds what a connection may take to say goodbye.
const closeLimit = 2 * time.Second

// closeConn ends a connection for SQL; there is nothing to lose in it.
func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	_ = conn.Close(ctx)
}
