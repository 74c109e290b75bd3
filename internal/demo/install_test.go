package demo

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/waltrail/waltrail/internal/testenv"
)

func TestInstallFillsEveryTable(t *testing.T) {
	pg := newShop(t)
	for table, want := range map[string]string{
		"contacts": "200", "catalogs": "3", "articles": "300", "article_prices": "1200",
		"article_characteristics": "2400", "tickets": "60", "orders": "80", "order_lines": "160",
	} {
		if got := pg.Value(t, "SELECT count(*) FROM public."+table); got != want {
			t.Errorf("%s has %s rows, want %s", table, got, want)
		}
		if got := pg.Value(t, "SELECT relreplident FROM pg_class WHERE oid = $1::regclass", "public."+table); got != "f" {
			t.Errorf("%s has replica identity %q, want f (full)", table, got)
		}
	}
}

func TestInstallMakesWhatAShopNeeds(t *testing.T) {
	pg := newShop(t)
	for _, c := range []struct{ name, sql, want string }{
		{"the famous contact", "SELECT name FROM contacts WHERE id = 42", "Jane Doe"},
		{"catalogs of both kinds", "SELECT string_agg(DISTINCT kind, ',' ORDER BY kind) FROM catalogs", "master,supplier"},
		{"three levels of characteristics", `WITH RECURSIVE tree AS (
			SELECT id, 1 AS level FROM article_characteristics WHERE article_id = 7 AND parent_id IS NULL
			UNION ALL SELECT c.id, level + 1 FROM article_characteristics c JOIN tree ON c.parent_id = tree.id)
			SELECT max(level) FROM tree`, "3"},
		{"no branch of another article", `SELECT count(*) FROM article_characteristics c JOIN article_characteristics p ON p.id = c.parent_id
			WHERE p.article_id <> c.article_id`, "0"},
		{"a description stored out of line", "SELECT count(*) > 0 FROM articles WHERE length(description) > 10000", "t"},
		{"totals that are sums", `SELECT count(*) FROM orders o WHERE total <> (SELECT sum(quantity * unit_price) FROM order_lines WHERE order_id = o.id)`, "0"},
		{"derived columns", "SELECT count(*) FROM contacts WHERE canonical IS NULL OR search_vector IS NULL", "0"},
		{"free ids for new rows", "INSERT INTO contacts (name) VALUES ('x') RETURNING id", "201"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := pg.Value(t, c.sql); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestInstallAgainKeepsTheRows(t *testing.T) {
	pg := newShop(t)
	pg.Exec(t, "UPDATE contacts SET name = 'mine' WHERE id = 42; DELETE FROM contacts WHERE id = 1 AND false")
	if err := Install(t.Context(), pg.DSN); err != nil {
		t.Fatal(err)
	}
	if got := pg.Value(t, "SELECT count(*) || ' ' || max(name) FILTER (WHERE id = 42) FROM contacts"); got != "200 mine" {
		t.Errorf("after a second Install: %s, want 200 mine", got)
	}
}

func TestTwoShopsAreEqual(t *testing.T) {
	sum := "SELECT md5(string_agg(to_jsonb(a)::text, '' ORDER BY id)) FROM (SELECT id, sku, title, description, state FROM articles) a"
	var sums [2]string
	for i := range sums {
		pg := newShop(t)
		sums[i] = pg.Value(t, sum)
	}
	if diff := cmp.Diff(sums[0], sums[1]); diff != "" {
		t.Errorf("articles differ between two new shops: %s", diff)
	}
}

func TestInstallSaysWhatFailed(t *testing.T) {
	pg := testenv.Postgres(t)
	pg.Exec(t, "CREATE TABLE public.contacts (id int)")
	if err := Install(t.Context(), pg.DSN); err == nil {
		t.Fatal("Install into a database with a foreign table contacts succeeded")
	}
	if got := pg.Value(t, "SELECT to_regclass('public.articles') IS NULL"); got != "t" {
		t.Error("a failed Install left tables behind")
	}
}

func TestCreateDatabase(t *testing.T) {
	pg := testenv.Postgres(t)
	name := pg.Name + `_Shop "x"`
	for range 2 {
		if err := CreateDatabase(t.Context(), pg.DSN, name); err != nil {
			t.Fatal(err)
		}
	}
	if got := pg.Value(t, "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = $1", name); got != "UTF8" {
		t.Errorf("encoding %s, want UTF8", got)
	}
	pg.Exec(t, "DROP DATABASE "+pgx.Identifier{name}.Sanitize())
	if err := CreateDatabase(t.Context(), pg.DSN, strings.Repeat("\xff", 3)); err == nil {
		t.Error("a database with an impossible name was created")
	}
}
