package demo

import "context"

// erpUpdatesPrices brings the three prices of one article up to date.
func erpUpdatesPrices(ctx context.Context, v *visit) error {
	id, err := v.article(ctx)
	if err != nil {
		return err
	}
	for _, kind := range priceKinds()[:3] {
		err := v.exec(ctx, "UPDATE public.article_prices SET price = $4::numeric WHERE article_id = $1 AND currency = $2 AND price_type = $3",
			id, kind[0], kind[1], amount(v))
		if err != nil {
			return err
		}
	}
	return nil
}

// seasonPrices changes fifty prices in one statement.
func seasonPrices(ctx context.Context, v *visit) error {
	return v.exec(ctx, `UPDATE public.article_prices SET price = round(price * $2::numeric, 2) + 0.01, valid_from = current_date
		WHERE currency = 'EUR' AND price_type = 'retail' AND article_id IN
			(SELECT id FROM public.articles ORDER BY id < $1, id LIMIT 50)`,
		1+v.rng.IntN(articleCount), pick(v.rng, []string{"0.9", "0.95", "1.05", "1.1"}))
}

// rebuildSearch touches derived columns only, and the trail stays silent.
func rebuildSearch(ctx context.Context, v *visit) error {
	return v.exec(ctx, `UPDATE public.contacts SET search_vector = to_tsvector('simple', concat_ws(' ', name, city, phone)), updated_at = now()
		WHERE id BETWEEN $1 AND $1 + 9`, v.contact())
}
