package demo

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// erpMovesOrder reports that an order was paid, shipped or, rarely, cancelled.
func erpMovesOrder(ctx context.Context, v *visit) error {
	return v.exec(ctx, `UPDATE public.orders SET state = CASE
			WHEN $2 THEN 'cancelled' WHEN state = 'placed' THEN 'paid' ELSE 'shipped' END
		WHERE id = (SELECT id FROM public.orders WHERE state = $1 ORDER BY id LIMIT 1)`,
		pick(v.rng, []string{"placed", "paid"}), v.rng.IntN(12) == 0)
}

// erpOrderWithMistake sends a line that the database refuses, takes it back to
// a savepoint and goes on: what was rolled back must never be in the trail.
func erpOrderWithMistake(ctx context.Context, v *visit) error {
	id, err := newOrder(ctx, v)
	if err != nil {
		return err
	}
	if err := addLine(ctx, v, id, 1); err != nil {
		return err
	}
	before := v.changes
	err = pgx.BeginFunc(ctx, v.tx, func(savepoint pgx.Tx) error {
		inner := *v
		inner.tx = savepoint
		if err := addLine(ctx, &inner, id, 2); err != nil {
			return err
		}
		return addLine(ctx, &inner, id, 0) // violates the check on quantity
	})
	v.changes = before // the savepoint took the first line back too
	if !refused(err) {
		return err
	}
	return v.exec(ctx, `UPDATE public.orders SET state = 'placed', placed_at = now(),
		total = (SELECT sum(quantity * unit_price) FROM public.order_lines WHERE order_id = $1) WHERE id = $1`, id)
}

// removeCarts deletes forgotten carts with their lines.
func removeCarts(ctx context.Context, v *visit) error {
	return v.exec(ctx, `DELETE FROM public.orders WHERE id IN
		(SELECT id FROM public.orders WHERE state = 'cart' ORDER BY id LIMIT 5)`)
}
