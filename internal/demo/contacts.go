package demo

import "context"

// agentEditsContact notes something after a call, and the number if it is new.
func agentEditsContact(ctx context.Context, v *visit) error {
	if v.rng.IntN(2) == 0 {
		return v.exec(ctx, `UPDATE public.contacts SET note = $2, updated_by = $3, updated_at = now()
			WHERE id = $1 AND deleted_at IS NULL`, v.contact(), orNull(pick(v.rng, notes())), v.who)
	}
	return v.exec(ctx, `UPDATE public.contacts SET phone = $2, note = $3, updated_by = $4, updated_at = now()
		WHERE id = $1 AND deleted_at IS NULL`, v.contact(), phone(v.rng), orNull(pick(v.rng, notes())), v.who)
}

// agentDeletesContact marks a contact as deleted; the famous one stays, since
// people are told to look at it.
func agentDeletesContact(ctx context.Context, v *visit) error {
	return v.exec(ctx, `UPDATE public.contacts SET deleted_at = now(), updated_by = $3, updated_at = now()
		WHERE id = $1 AND id <> $2 AND deleted_at IS NULL`, v.contact(), FamousContact, v.who)
}

// agentRestoresContact brings back who was deleted first.
func agentRestoresContact(ctx context.Context, v *visit) error {
	return v.exec(ctx, `UPDATE public.contacts SET deleted_at = NULL, updated_by = $1, updated_at = now()
		WHERE id = (SELECT id FROM public.contacts WHERE deleted_at IS NOT NULL ORDER BY deleted_at LIMIT 1)`, v.who)
}
