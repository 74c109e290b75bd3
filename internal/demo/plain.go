package demo

import "context"

// Nobody told the trail anything about these: they are what a person types into psql.

// dbaFixesCity is one row, typed by hand.
func dbaFixesCity(ctx context.Context, v *visit) error {
	return v.exec(ctx, "UPDATE public.contacts SET city = $2 WHERE id = $1", v.contact(), pick(v.rng, cities()))
}

// dbaFixesTitles is one statement that hits several rows.
func dbaFixesTitles(ctx context.Context, v *visit) error {
	return v.exec(ctx, `UPDATE public.articles SET title = initcap(title)
		WHERE id IN (SELECT id FROM public.articles WHERE title <> initcap(title) ORDER BY id LIMIT 3)`)
}
