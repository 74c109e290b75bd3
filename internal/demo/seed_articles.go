package demo

import (
	"context"
	"fmt"
	"strings"
)

// catalog is one of the catalogs that every shop has.
type catalog struct{ id, kind, name, country string }

func catalogs() []catalog {
	return []catalog{
		{"MASTER", "master", "Master catalog", "DE"},
		{"NORDLICHT", "supplier", "Nordlicht Textil GmbH", "DE"},
		{"BERANGER", "supplier", "Ateliers Béranger & Fils", "FR"},
	}
}

func (s *seeder) catalogs(ctx context.Context) error {
	return s.copyRows(ctx, "catalogs", []string{"id", "kind", "name", "country"}, len(catalogs()), func(n int) []any {
		c := catalogs()[n-1]
		return []any{c.id, c.kind, c.name, c.country}
	})
}

// articles are spread over the catalogs and over all states.
func (s *seeder) articles(ctx context.Context) error {
	columns := []string{
		"id", "sku", "title", "description", "state", "catalog_id", "catalog_kind", "weight_kg", "tags", "attributes", "archived", "updated_by",
	}
	return s.copyRows(ctx, "articles", columns, articleCount, func(id int) []any {
		good := pick(s.rng, goods())
		in := pick(s.rng, catalogs())
		return []any{
			id, sku(id), pick(s.rng, colours()) + " " + strings.ToLower(good), s.description(id, good),
			pick(s.rng, []string{"new", "review", "approved", "approved", "approved", "retired"}), in.id, in.kind,
			fmt.Sprintf("%d.%03d", s.rng.IntN(4), s.rng.IntN(1000)), []string{strings.ToLower(good), "season-2026"},
			map[string]any{"washable": s.rng.IntN(2) == 0, "origin": in.country}, s.rng.IntN(15) == 0, "import",
		}
	})
}

func sku(id int) string { return fmt.Sprintf("SKU-%03d", id) }

// description is short, but one article in fifty has a text of some 20 KB.
func (s *seeder) description(id int, good string) string {
	if id%50 != 0 {
		return good + ", made to last. Fair wages, recycled fabric."
	}
	var b strings.Builder
	for chapter := range 40 {
		fmt.Fprintf(&b, "§%d (%x) %s\n", chapter+1, s.rng.Uint64(), longText())
	}
	return b.String()
}

// priceKinds are the prices that every article has.
func priceKinds() [][2]string {
	return [][2]string{{"EUR", "retail"}, {"EUR", "wholesale"}, {"CZK", "retail"}, {"USD", "retail"}}
}

// prices are one of each kind for each article.
func (s *seeder) prices(ctx context.Context) error {
	kinds := priceKinds()
	columns := []string{"article_id", "currency", "price_type", "price", "valid_from"}
	return s.copyRows(ctx, "article_prices", columns, articleCount*len(kinds), func(n int) []any {
		kind := kinds[(n-1)%len(kinds)]
		return []any{(n-1)/len(kinds) + 1, kind[0], kind[1], fmt.Sprintf("%d.%02d", 1+s.rng.IntN(300), s.rng.IntN(100)), s.past(200)}
	})
}

// node is one characteristic of the tree that every article has; parent is the
// number of the node above, 0 for a root.
type node struct {
	parent            int
	name, value, unit string
}

// characteristicTree is three levels deep.
func characteristicTree() []node {
	return []node{
		{0, "Material", "", ""}, {1, "Outer fabric", "Polyamide", ""}, {2, "Coating", "silicone", ""}, {2, "Grammage", "64", "g/m²"},
		{1, "Lining", "Cotton", ""}, {0, "Dimensions", "", ""}, {6, "Length", "42.5", "cm"}, {6, "Width", "30", "cm"},
	}
}

// characteristics plants the tree under each article; ids run through, so that
// a parent's id follows from its place.
func (s *seeder) characteristics(ctx context.Context) error {
	tree := characteristicTree()
	columns := []string{"id", "article_id", "parent_id", "name", "value", "unit"}
	return s.copyRows(ctx, "article_characteristics", columns, articleCount*len(tree), func(id int) []any {
		place := (id - 1) % len(tree)
		n, base := tree[place], id-1-place
		var parent any
		if n.parent > 0 {
			parent = base + n.parent
		}
		return []any{id, base/len(tree) + 1, parent, n.name, orNull(n.value), orNull(n.unit)}
	})
}

// orNull is the text, or SQL NULL when it is empty.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
