// Package demo is the sample shop of `waltrail dev`, and the load of tests and
// of the bench: an application that knows nothing of Waltrail but one function,
// trail.set_context.
//
//   - database.go, install.go, schema.sql: the database and its tables, filled once
//   - seed.go, seed_articles.go, names.go: the people and goods in them, the same in every shop
//   - config.go, shop.yaml: the waltrail.yaml of the shop, written to teach
//   - run.go, session.go: the live workload: pace, sessions, retries
//   - actor.go: who comes through which channel, and the context that tells so
//   - scripts.go: what they do and how often; customer.go, contacts.go, tickets.go,
//     articles.go, orders.go, jobs.go, plain.go: one transaction each
//   - load.go, load.sql: updates of one narrow table, as fast as PostgreSQL goes
//
// It does not start servers and does not set Waltrail up: the publication, the
// slot and the trail.* functions come from `waltrail setup`, which needs the
// tables to exist. So the order is Install, setup, Run.
package demo
