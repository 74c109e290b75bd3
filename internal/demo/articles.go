package demo

import (
	"context"
	"fmt"
	"strings"
)

// editorEditsArticle saves one form: the article, a price and a characteristic,
// three items in one transaction.
func editorEditsArticle(ctx context.Context, v *visit) error {
	id, err := v.article(ctx)
	if err != nil {
		return err
	}
	err = v.exec(ctx, `UPDATE public.articles SET title = $2, attributes = attributes || $3, updated_by = $4, updated_at = now()
		WHERE id = $1`, id, articleTitle(v), map[string]any{"care": pick(v.rng, []string{"30°", "hand wash", "no bleach"})}, v.who)
	if err != nil || v.rng.IntN(2) == 0 {
		return err
	}
	err = v.exec(ctx, `UPDATE public.article_prices SET price = $2::numeric
		WHERE article_id = $1 AND currency = 'EUR' AND price_type = 'retail'`, id, amount(v))
	if err != nil {
		return err
	}
	return v.exec(ctx, "UPDATE public.article_characteristics SET value = $2 WHERE article_id = $1 AND name = 'Length'",
		id, fmt.Sprintf("%d.5", 10+v.rng.IntN(90)))
}

// articleTitle may be the title that the article has already: then nothing but
// updated_at changes, which is no change.
func articleTitle(v *visit) string {
	return pick(v.rng, colours()) + " " + strings.ToLower(pick(v.rng, goods()))
}

// amount is a price as text, so that no cent gets lost on the way.
func amount(v *visit) string { return fmt.Sprintf("%d.%02d", 1+v.rng.IntN(300), v.rng.IntN(100)) }

// editorMovesArticle takes an article one step on in its lifecycle; what is
// retired begins anew.
func editorMovesArticle(ctx context.Context, v *visit) error {
	id, err := v.article(ctx)
	if err != nil {
		return err
	}
	return v.exec(ctx, `UPDATE public.articles SET updated_by = $2, updated_at = now(), state = CASE state
		WHEN 'new' THEN 'review' WHEN 'review' THEN 'approved' WHEN 'approved' THEN 'retired' ELSE 'new' END WHERE id = $1`, id, v.who)
}

// editorArchivesArticle archives an article, or restores an archived one.
func editorArchivesArticle(ctx context.Context, v *visit) error {
	id, err := v.article(ctx)
	if err != nil {
		return err
	}
	return v.exec(ctx, "UPDATE public.articles SET archived = NOT archived, updated_by = $2, updated_at = now() WHERE id = $1", id, v.who)
}

// editorRearrangesTree adds a leaf to the hierarchy, or cuts a branch off.
func editorRearrangesTree(ctx context.Context, v *visit) error {
	id, err := v.article(ctx)
	if err != nil {
		return err
	}
	if v.rng.IntN(3) == 0 {
		return v.exec(ctx, "DELETE FROM public.article_characteristics WHERE article_id = $1 AND name = 'Season'", id)
	}
	return v.exec(ctx, `INSERT INTO public.article_characteristics (article_id, parent_id, name, value)
		SELECT article_id, id, 'Season', $2 FROM public.article_characteristics WHERE article_id = $1 AND name = 'Lining' LIMIT 1`,
		id, pick(v.rng, []string{"spring", "summer", "autumn", "winter ❄️"}))
}

// editorCreatesArticle creates an article with its prices and its tree.
func editorCreatesArticle(ctx context.Context, v *visit) error {
	var id int
	in := pick(v.rng, catalogs())
	err := v.one(ctx, &id, `WITH next AS (SELECT nextval(pg_get_serial_sequence('public.articles', 'id')) AS id)
		INSERT INTO public.articles (id, sku, title, description, catalog_id, catalog_kind, updated_by)
		SELECT id, 'SKU-' || lpad(id::text, 3, '0'), $1, $2, $3, $4, $5 FROM next RETURNING id`,
		articleTitle(v), longText(), in.id, in.kind, v.who)
	if err != nil {
		return err
	}
	v.changes++
	for _, kind := range priceKinds() {
		err := v.exec(ctx, `INSERT INTO public.article_prices (article_id, currency, price_type, price, valid_from)
			VALUES ($1, $2, $3, $4::numeric, current_date)`, id, kind[0], kind[1], amount(v))
		if err != nil {
			return err
		}
	}
	return growTree(ctx, v, id)
}

// growTree inserts the hierarchy from the root down.
func growTree(ctx context.Context, v *visit, article int) error {
	ids := []any{nil} // by place in the tree; the parent of a root is NULL
	for _, n := range characteristicTree() {
		var id int
		err := v.one(ctx, &id, `INSERT INTO public.article_characteristics (article_id, parent_id, name, value, unit)
			VALUES ($1, $2, $3, $4, $5) RETURNING id`, article, ids[n.parent], n.name, orNull(n.value), orNull(n.unit))
		if err != nil {
			return err
		}
		v.changes++
		ids = append(ids, id)
	}
	return nil
}

// editorDeletesArticle removes one of the articles that were created later, and
// everything below it.
func editorDeletesArticle(ctx context.Context, v *visit) error {
	return v.exec(ctx, `DELETE FROM public.articles WHERE id =
		(SELECT id FROM public.articles WHERE id > $1 ORDER BY id LIMIT 1)`, articleCount)
}
