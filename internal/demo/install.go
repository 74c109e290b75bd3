package demo

import (
	"context"
	_ "embed" // schema.sql
	"fmt"

	"github.com/jackc/pgx/v5"
)

//go:embed schema.sql
var schemaSQL string

// installLock is the advisory lock that keeps two installations of one database apart.
const installLock = 0x73686f70 // "shop"

// Install creates the tables of the shop in the schema public and fills them
// when they are empty. It may run again: rows that are there stay as they are.
// The role of the DSN must be allowed to create tables and roles. Run it before
// `waltrail setup`, whose publication needs the tables.
func Install(ctx context.Context, dsn string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("sample shop: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to lose
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return install(ctx, tx) })
	if err != nil {
		return fmt.Errorf("sample shop: install tables: %w", err)
	}
	return nil
}

// install does everything in one transaction: a shop is whole, or it is not there.
func install(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", installLock); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, schemaSQL); err != nil {
		return err
	}
	var filled bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM public.contacts)").Scan(&filled); err != nil || filled {
		return err
	}
	return seed(ctx, tx)
}
