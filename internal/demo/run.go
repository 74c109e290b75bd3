package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/waltrail/waltrail/internal/retry"
)

// DefaultRate is how many rows the workload changes in a second when it is not told.
const DefaultRate = 5

// ErrNoHelpers says that the database has no trail.set_context yet.
var ErrNoHelpers = errors.New("sample shop: the function trail.set_context(jsonb) is missing in the database: run `waltrail setup` first")

// burst is the number of changes that a transaction has to wait for at
// most: larger ones come as a burst, and the shop does not fall silent after.
const burst = 10

// Run lets people and programs work in the shop, changing about rate rows in a
// second (0 or less: DefaultRate), until ctx ends, and then returns nil. The DSN
// is the owner's; the other roles log in to the same server without password.
// What fails is logged and goes on: the database may restart. Only ErrNoHelpers
// is final.
func Run(ctx context.Context, dsn string, rate float64, log *slog.Logger) error {
	if rate <= 0 {
		rate = DefaultRate
	}
	w := &workload{dsn: dsn, rng: newRand(seedValue + 1), log: log, conns: newConns()}
	defer w.close()
	todo := opening()
	backoff := retry.Backoff{Min: 500 * time.Millisecond, Max: 10 * time.Second}
	for {
		changes, err := w.step(ctx, &todo)
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, ErrNoHelpers) {
			return err
		}
		if err != nil {
			log.Warn("sample shop: a transaction failed, trying again", "error", plain(err))
			w.close()
			_ = backoff.Wait(ctx) // the next step sees the end of ctx
			continue
		}
		backoff.Reset()
		if !sleep(ctx, w.pause(changes, rate)) {
			return nil
		}
	}
}

// pause is the time until the next transaction, after one of so many changes.
func (w *workload) pause(changes int, rate float64) time.Duration {
	charged := float64(min(max(changes, 1), burst))
	return time.Duration(charged / rate * (0.5 + w.rng.Float64()) * float64(time.Second))
}

// workload is the state of Run; one goroutine owns it.
type workload struct {
	dsn      string
	rng      *rand.Rand
	log      *slog.Logger
	conns    map[session]*pgx.Conn
	prepared bool
	serial   int // number of the last request
}

// step runs the next script of todo, or one at random when there is none left,
// and says how many rows changed.
func (w *workload) step(ctx context.Context, todo *[]script) (int, error) {
	if !w.prepared {
		if err := prepare(ctx, w.dsn); err != nil {
			return 0, err
		}
		w.prepared = true
	}
	if len(*todo) == 0 {
		return w.perform(ctx, choose(w.rng, scripts()))
	}
	changes, err := w.perform(ctx, (*todo)[0])
	if err == nil {
		*todo = (*todo)[1:]
	}
	return changes, err
}

// opening gives the famous contact a History at once.
func opening() []script {
	at := func(sql string) func(context.Context, *visit) error {
		return func(ctx context.Context, v *visit) error { return v.exec(ctx, sql, FamousContact, phone(v.rng)) }
	}
	return []script{
		{via: backOffice, place: "Contact form", reason: "Customer called",
			do: at("UPDATE public.contacts SET phone = $2, updated_at = now() WHERE id = $1")},
		{via: clientUI, place: "My account", customer: FamousContact,
			do: at("UPDATE public.contacts SET newsletter = NOT newsletter, city = 'Plzeň', note = 'reach at ' || $2 WHERE id = $1")},
		{via: api, place: "PUT /v2/contacts/{id}",
			do: at("UPDATE public.contacts SET phone = $2, updated_at = now() WHERE id = $1")},
		{via: psql,
			do: at("UPDATE public.contacts SET note = 'checked, was ' || $2 WHERE id = $1")},
	}
}

// perform runs one script in a transaction of its own.
func (w *workload) perform(ctx context.Context, s script) (int, error) {
	conn, err := w.connect(ctx, s.via.session())
	if err != nil {
		return 0, err
	}
	w.serial++
	v := &visit{rng: w.rng, customer: s.customer}
	if s.via == clientUI {
		v.customer = v.contact()
	}
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		v.tx = tx
		if s.via != psql {
			if err := v.introduce(ctx, s.account(w.rng, v.customer, w.serial)); err != nil {
				return err
			}
		}
		return s.do(ctx, v)
	})
	return v.changes, err
}

// introduce tells the trail who is coming.
func (v *visit) introduce(ctx context.Context, a account) error {
	v.who = a.User.ID
	if v.customer > 0 {
		if err := v.one(ctx, &a.User.Name, "SELECT name FROM public.contacts WHERE id = $1", v.customer); err != nil {
			return err
		}
	}
	text, err := a.json()
	if err != nil {
		return err
	}
	_, err = v.tx.Exec(ctx, "SELECT trail.set_context($1::jsonb)", text)
	return err
}

// refused says that the database understood a statement and said no.
func refused(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg)
}

// plain is the text of an error without anything of a row in it (invariant 7):
// PostgreSQL may quote values in its message.
func plain(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return fmt.Sprintf("PostgreSQL refused a statement, SQLSTATE %s", pg.Code)
	}
	return err.Error()
}

// sleep waits and reports whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
