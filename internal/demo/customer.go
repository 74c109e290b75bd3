package demo

import (
	"context"
	"fmt"
)

// customerEditsProfile changes one flag, or three fields at once.
func customerEditsProfile(ctx context.Context, v *visit) error {
	id := v.contact()
	if v.rng.IntN(3) == 0 {
		return v.exec(ctx, "UPDATE public.contacts SET newsletter = NOT newsletter, updated_at = now() WHERE id = $1 AND deleted_at IS NULL", id)
	}
	return v.exec(ctx, `UPDATE public.contacts SET phone = $2, city = $3, email = $4, updated_at = now()
		WHERE id = $1 AND deleted_at IS NULL`,
		id, phone(v.rng), pick(v.rng, cities()), fmt.Sprintf("customer%d.%d@example.com", id, v.rng.IntN(100)))
}

// customerOrders fills a cart and, most of the time, places the order: several
// items in one transaction.
func customerOrders(ctx context.Context, v *visit) error {
	id, err := newOrder(ctx, v)
	if err != nil {
		return err
	}
	for range 1 + v.rng.IntN(4) {
		if err := addLine(ctx, v, id, 1+v.rng.IntN(3)); err != nil {
			return err
		}
	}
	if v.rng.IntN(4) == 0 {
		return nil // left in the cart
	}
	return v.exec(ctx, `UPDATE public.orders SET state = 'placed', placed_at = now(),
		total = (SELECT sum(quantity * unit_price) FROM public.order_lines WHERE order_id = $1) WHERE id = $1`, id)
}

// newOrder inserts an empty cart and returns its id.
func newOrder(ctx context.Context, v *visit) (id int, err error) {
	// The number comes from the id, so that two workloads on one shop do not collide.
	err = v.one(ctx, &id, `WITH next AS (SELECT nextval(pg_get_serial_sequence('public.orders', 'id')) AS id)
		INSERT INTO public.orders (id, number, contact_id, address)
		SELECT id, 'O-' || lpad(id::text, 6, '0'), $1, $2 FROM next RETURNING id`,
		v.contact(), map[string]string{"street": fmt.Sprintf("Dlouhá %d", 1+v.rng.IntN(99)), "city": pick(v.rng, cities())})
	v.changes++
	return id, err
}

// addLine orders some of an article at the retail price of now.
func addLine(ctx context.Context, v *visit, order, quantity int) error {
	article, err := v.article(ctx)
	if err != nil {
		return err
	}
	return v.exec(ctx, `INSERT INTO public.order_lines (order_id, article_id, title, quantity, unit_price)
		SELECT $1, a.id, a.title, $3::int, p.price FROM public.articles a JOIN public.article_prices p ON p.article_id = a.id
		WHERE a.id = $2 AND p.currency = 'EUR' AND p.price_type = 'retail'`, order, article, quantity)
}

// customerOpensTicket inserts a ticket in state new, whose text may be hostile markup.
func customerOpensTicket(ctx context.Context, v *visit) error {
	return v.exec(ctx, `WITH next AS (SELECT nextval(pg_get_serial_sequence('public.tickets', 'id')) AS id)
		INSERT INTO public.tickets (id, number, title, description, priority, contact_id, due_on)
		SELECT id, 'T-2026-' || lpad(id::text, 5, '0'), $1, $2, $3, $4, current_date + 3 FROM next`,
		pick(v.rng, ticketTitles()), pick(v.rng, ticketTexts()), pick(v.rng, priorities()), v.contact())
}
