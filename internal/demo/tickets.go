package demo

import "context"

// agentMovesTicket takes the oldest ticket that is not done one step on, now
// and then back again.
func agentMovesTicket(ctx context.Context, v *visit) error {
	from := pick(v.rng, []string{"new", "new", "open", "open", "waiting", "done"})
	to := map[string]string{"new": "open", "open": "waiting", "waiting": "done", "done": "open"}[from]
	if from == "open" && v.rng.IntN(2) == 0 {
		to = "done"
	}
	return v.exec(ctx, `UPDATE public.tickets SET state = $2, assignee = $3, updated_by = $3, updated_at = now()
		WHERE id = (SELECT id FROM public.tickets WHERE state = $1 ORDER BY updated_at, id LIMIT 1)`, from, to, v.who)
}

// closeStaleTickets ends what waits for longest, several in one statement.
func closeStaleTickets(ctx context.Context, v *visit) error {
	return v.exec(ctx, `UPDATE public.tickets SET state = 'done', updated_by = 'system', updated_at = now() WHERE id IN
		(SELECT id FROM public.tickets WHERE state = 'waiting' ORDER BY updated_at, id LIMIT 5)`)
}
