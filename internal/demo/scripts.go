package demo

import (
	"context"
	"math/rand/v2"

	"github.com/jackc/pgx/v5"
)

// script is one thing that people or programs do in the shop: one transaction.
type script struct {
	weight int // how often, relative to the others
	via    channel
	place  string // form, job or endpoint
	reason string // optional
	do     func(ctx context.Context, v *visit) error
	// customer is the contact who comes through the client UI; 0 is anyone.
	customer int
}

// scripts is everything that happens in the shop.
func scripts() []script {
	return []script{
		{14, clientUI, "My account", "", customerEditsProfile, 0},
		{10, clientUI, "Checkout", "", customerOrders, 0},
		{8, clientUI, "Help form", "", customerOpensTicket, 0},
		{14, backOffice, "Contact form", "", agentEditsContact, 0},
		{16, backOffice, "Ticket board", "", agentMovesTicket, 0},
		{3, backOffice, "Contact list", "Asked to be forgotten", agentDeletesContact, 0},
		{3, backOffice, "Contact list", "Deleted by mistake", agentRestoresContact, 0},
		{12, backOffice, "Article form", "", editorEditsArticle, 0},
		{6, backOffice, "Article form", "Review done", editorMovesArticle, 0},
		{2, backOffice, "Article list", "Season is over", editorArchivesArticle, 0},
		{4, backOffice, "Characteristics", "", editorRearrangesTree, 0},
		{2, backOffice, "New article", "", editorCreatesArticle, 0},
		{1, backOffice, "Article list", "Never sold", editorDeletesArticle, 0},
		{14, api, "POST /v2/prices", "", erpUpdatesPrices, 0},
		{12, api, "POST /v2/orders/{number}/state", "", erpMovesOrder, 0},
		{3, api, "POST /v2/orders", "", erpOrderWithMistake, 0},
		{1, imports, "prices-season.xlsx", "Season price list", seasonPrices, 0},
		{3, cron, "stale-tickets", "", closeStaleTickets, 0},
		{2, cron, "expired-carts", "", removeCarts, 0},
		{2, cron, "rebuild-search", "", rebuildSearch, 0},
		{6, psql, "", "", dbaFixesCity, 0},
		{3, psql, "", "", dbaFixesTitles, 0},
	}
}

// choose returns a script at random, by weight.
func choose(rng *rand.Rand, from []script) script {
	total := 0
	for _, s := range from {
		total += s.weight
	}
	at := rng.IntN(total)
	for _, s := range from {
		if at -= s.weight; at < 0 {
			return s
		}
	}
	return from[len(from)-1]
}

// visit is one run of a script: an open transaction of one actor.
type visit struct {
	tx       pgx.Tx
	rng      *rand.Rand
	who      string // for the updated_by columns
	customer int    // the contact who comes through the client UI; 0 elsewhere
	changes  int    // rows changed so far
}

// exec runs one statement and counts its rows as changes.
func (v *visit) exec(ctx context.Context, sql string, args ...any) error {
	tag, err := v.tx.Exec(ctx, sql, args...)
	if !tag.Select() {
		v.changes += int(tag.RowsAffected())
	}
	return err
}

// one reads a single value.
func (v *visit) one(ctx context.Context, into any, sql string, args ...any) error {
	return v.tx.QueryRow(ctx, sql, args...).Scan(into)
}

// contact is the id of the customer, or of some contact.
func (v *visit) contact() int {
	if v.customer > 0 {
		return v.customer
	}
	return 1 + v.rng.IntN(contactCount)
}

// article is the id of some article that exists; the highest ids are more likely to be gone.
func (v *visit) article(ctx context.Context) (id int, err error) {
	err = v.one(ctx, &id, `SELECT id FROM public.articles
		ORDER BY id < $1, id LIMIT 1`, 1+v.rng.IntN(articleCount))
	return id, err
}
