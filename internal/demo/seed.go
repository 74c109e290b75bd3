package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

// How much there is in a new shop.
const (
	contactCount = 200
	articleCount = 300
	ticketCount  = 60
	orderCount   = 80
)

// seedValue makes every new shop the same one.
const seedValue = 42

// seeder fills one new shop.
type seeder struct {
	tx  pgx.Tx
	rng *rand.Rand
}

// seed fills the tables in the order of their foreign keys.
func seed(ctx context.Context, tx pgx.Tx) error {
	s := &seeder{tx: tx, rng: newRand(seedValue)}
	steps := []func(context.Context) error{
		s.contacts, s.catalogs, s.articles, s.prices, s.characteristics, s.tickets, s.orders, s.lines, s.totals,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// newRand returns a source that always gives the same numbers for a seed.
func newRand(seed uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // a sample must repeat itself
}

// pick returns one of the choices.
func pick[T any](rng *rand.Rand, choices []T) T { return choices[rng.IntN(len(choices))] }

// copyRows writes n rows whose ids are 1…n, and sets the table's sequence behind them.
func (s *seeder) copyRows(ctx context.Context, table string, columns []string, n int, row func(id int) []any) error {
	source := pgx.CopyFromSlice(n, func(i int) ([]any, error) { return row(i + 1), nil })
	if _, err := s.tx.CopyFrom(ctx, pgx.Identifier{"public", table}, columns, source); err != nil {
		return fmt.Errorf("fill %s: %w", table, err)
	}
	if columns[0] != "id" {
		return nil // a composite key has no sequence; for a key of text, setval(NULL) does nothing
	}
	_, err := s.tx.Exec(ctx, "SELECT setval(pg_get_serial_sequence($1, 'id'), $2)", "public."+table, n)
	return err
}

// contacts are people of many scripts; one of them is famous.
func (s *seeder) contacts(ctx context.Context) error {
	columns := []string{"id", "name", "phone", "email", "city", "note", "newsletter", "updated_by", "updated_at"}
	return s.copyRows(ctx, "contacts", columns, contactCount, func(id int) []any {
		first, last := pick(s.rng, firstNames()), pick(s.rng, lastNames())
		if id == FamousContact {
			first, last = "Jane", "Doe"
		}
		return []any{
			id, first + " " + last, phone(s.rng), fmt.Sprintf("customer%d@example.com", id), pick(s.rng, cities()),
			pick(s.rng, notes()), s.rng.IntN(3) == 0, "import", s.past(700),
		}
	})
}

// phone is a number of no real person's length.
func phone(rng *rand.Rand) string {
	return fmt.Sprintf("+%d %d %06d", 30+rng.IntN(20), 100+rng.IntN(900), rng.IntN(1_000_000))
}

// past is a moment up to so many days ago, in whole seconds. It is counted from a
// fixed day, so that two shops are equal.
func (s *seeder) past(days int) time.Time {
	epoch := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	return epoch.Add(-time.Duration(s.rng.IntN(days*24*3600)) * time.Second)
}

// tickets are in all states, so that there is something to do at once.
func (s *seeder) tickets(ctx context.Context) error {
	columns := []string{"id", "number", "title", "description", "state", "priority", "contact_id", "assignee", "due_on", "updated_by"}
	return s.copyRows(ctx, "tickets", columns, ticketCount, func(id int) []any {
		return []any{
			id, ticketNumber(id), pick(s.rng, ticketTitles()), pick(s.rng, ticketTexts()),
			pick(s.rng, []string{"new", "open", "waiting", "done"}), pick(s.rng, priorities()),
			1 + s.rng.IntN(contactCount), pick(s.rng, staff()).Name, s.past(30), "import",
		}
	})
}

func ticketNumber(id int) string { return fmt.Sprintf("T-2026-%05d", id) }

// priorities has normal twice, so that it comes up more often.
func priorities() []string { return []string{"low", "normal", "normal", "high"} }

func (s *seeder) orders(ctx context.Context) error {
	columns := []string{"id", "number", "contact_id", "state", "currency", "placed_at", "address"}
	return s.copyRows(ctx, "orders", columns, orderCount, func(id int) []any {
		return []any{
			id, orderNumber(id), 1 + s.rng.IntN(contactCount),
			pick(s.rng, []string{"placed", "paid", "shipped"}), "EUR", s.past(90),
			map[string]string{"street": "Lange Straße 7", "city": pick(s.rng, cities())},
		}
	})
}

func orderNumber(id int) string { return fmt.Sprintf("O-%06d", id) }

// lines are two for each order.
func (s *seeder) lines(ctx context.Context) error {
	columns := []string{"id", "order_id", "article_id", "title", "quantity", "unit_price"}
	return s.copyRows(ctx, "order_lines", columns, 2*orderCount, func(id int) []any {
		return []any{id, (id + 1) / 2, 1 + s.rng.IntN(articleCount), pick(s.rng, goods()), 1 + s.rng.IntN(4), "19.90"}
	})
}

// totals makes the orders agree with their lines.
func (s *seeder) totals(ctx context.Context) error {
	_, err := s.tx.Exec(ctx, `UPDATE public.orders o SET total = l.total
		FROM (SELECT order_id, sum(quantity * unit_price) AS total FROM public.order_lines GROUP BY 1) l
		WHERE l.order_id = o.id`)
	return err
}
