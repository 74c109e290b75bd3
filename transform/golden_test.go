package transform

import (
	"strings"
	"testing"

	"github.com/waltrail/waltrail/change"
)

// shop is a configuration with everything in it.
func shop() Config {
	return Config{MaxValue: 100, MaskKey: []byte("secret of the tests"), Entities: map[string]*Entity{
		"article": {
			Table: "public.articles", Label: "Article", Identifier: Strings{"sku"}, Title: Strings{"title"},
			Fields: Fields{Skip: Strings{"search_vector"}, Columns: map[string]Field{"state": {Label: "State"}}},
			Status: &Status{Field: "state", Values: map[string]StatusValue{
				"new": {Label: "New", Color: "#2d7ff9"}, "approved": {Label: "Approved", Color: "#1a7f37"},
			}},
			Archive:   &Marker{Field: "archived", Value: text("true")},
			Container: &Container{Entity: "catalog", Key: "catalog_id", KindColumn: "kind"}, IndexGroup: "goods",
		},
		"article_price": {
			Table: "public.article_prices", Qualifiers: Strings{"currency", "price_type"},
			Parent: &Parent{Entity: "article", Key: "article_id"},
		},
		"catalog": {Table: "public.catalogs"},
		"contact": {
			Table: "contacts", Label: "Contact", Identifier: Strings{"phone"}, Title: Strings{"name"},
			Fields: Fields{Columns: map[string]Field{
				"phone": {Label: "Phone", Sensitive: true, Mask: "last4"}, "email": {Sensitive: true}, "iban": {Mask: "hmac"},
			}},
			SoftDelete: &Marker{Field: "deleted_at"}, Actor: &Actor{Column: "updated_by"},
		},
	}}
}

const janeDoe = `{"user": {"id": "187234", "name": "Jane Doe"}, "origin": {"interface": "backoffice", "name": "Article form",
 "run": {"type": "api_call", "id": "req-8842", "url": "/monitoring/api/8842"}}, "reason": "Season price list", "client_ip": "203.0.113.7"}`

// TestDocuments compares whole documents, one file of testdata for each case.
func TestDocuments(t *testing.T) {
	article := relation("public.articles", change.IdentityFull,
		"id int8 key", "sku text", "title text", "state state", "archived bool", "catalog_id text", "kind text", "search_vector text")
	price := relation("public.article_prices", change.IdentityFull,
		"article_id int8 key", "currency text key", "price_type text key", "price numeric")
	people := relation("public.contacts", change.IdentityFull,
		"id int8 key", "name text", "phone text", "email text", "iban text", "deleted_at timestamptz", "updated_by text")
	lean := relation("public.contacts", change.IdentityDefault, "id int8 key", "name text", "phone text", "note text")
	tests := map[string]*log{
		"update_with_context": new(log).say("waltrail", janeDoe).
			update(article, "42", "SKU-001", "Blue shirt", "new", "f", "MASTER", "master", "x", "42", "SKU-001", "Blue shirt", "approved", "f", "MASTER", "master", "y"),
		"lifecycle": new(log).insert(article, "1", "A", "Hat", "new", "f", "C", null, null).
			begin().update(article, "1", "A", "Hat", "new", "f", "C", null, null, "1", "A", "Hat", "new", "t", "C", null, null).
			begin().update(article, "1", "A", "Hat", "new", "t", "C", null, null, "1", "A", "Hat", "new", "f", "C", null, null).
			begin().delete(article, "1", "A", "Hat", "new", "f", "C", null, null).
			begin().truncate(article),
		"qualified_and_parent": new(log).insert(price, "42", "EUR", "list", "1.50").
			update(price, "42", "EUR", "list", "1.50", "42", "EUR", "list", "2.00"),
		"masks": new(log).insert(people, "7", "Zoé", "+33612345678", "zoe@example.org", "FR7612345", null, "zoe").
			begin().update(people, "7", "Zoé", "+33612345678", "zoe@example.org", "FR7612345", null, "zoe", "7", "Zoé", "+336", null, "FR76", "2026-03-04 10:00:00+00", "ann"),
		"identity_default": new(log).update(lean, "7", "Zoé", "+33612345678", toast).
			begin().update(lean, "7", unknown, unknown, unknown, "8", "Zoé", "+33612345678", null).
			begin().delete(lean, "8", unknown, unknown, unknown),
		"cut": new(log).update(article, "1", "A", "Hat", "new", "f", "C", null, null, "1", "A", strings.Repeat("é", 51), "new", "f", "C", null, null).
			delete(article, "1", "A", strings.Repeat("é", 51), "new", "f", "C", null, null),
		"logged": new(log).say("waltrail", `{"origin": {"interface": "cron", "name": "licence-expiry"}}`).
			say("waltrail.event", `{"entity": "contact", "id": "7", "kind": "Licence", "title": "Licence expired", "html": "<p onclick=x()>Was <b>Pro</b></p><script>x()</script>", "data": {"plan": "pro"}}`).
			say("waltrail.email", `{"entity": "contact", "id": "7", "message_id": "m1", "subject": "Your licence", "recipient": "a@b.fr", "status": "sent"}`).
			say("waltrail.email", `{"entity": "unheard_of", "id": "7", "message_id": "m1", "subject": "Your licence", "recipient": "a@b.fr", "status": "opened"}`),
	}
	for name, l := range tests {
		t.Run(name, func(t *testing.T) { golden(t, name, run(t, shop(), l)) })
	}
}
