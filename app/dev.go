package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/waltrail/waltrail/capture"
	"github.com/waltrail/waltrail/config"
	"github.com/waltrail/waltrail/internal/demo"
	"github.com/waltrail/waltrail/internal/devstack"
)

// DevOptions say how `waltrail dev` runs.
type DevOptions struct {
	// Data is the folder that keeps the state; empty means a temporary one.
	Data string
	// TriggersOnly leaves Elasticsearch out.
	TriggersOnly bool
	// Listen is the daemon's address.
	Listen string
	// Rate is the sample workload, in changed rows per second.
	Rate float64
	// Out gets what a person should read.
	Out io.Writer
}

// shopDatabase is the database of the sample shop.
const shopDatabase = "shop"

// Dev starts PostgreSQL, Elasticsearch and NATS on free ports, fills the sample
// shop, lets people work in it and runs the daemon on it until ctx ends. It
// leaves nothing running.
func Dev(ctx context.Context, o DevOptions, log *slog.Logger) (err error) {
	began := time.Now()
	servers := &devServers{options: o}
	defer func() { err = errors.Join(err, servers.close()) }()
	if err := servers.start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	path, cfg, err := servers.configure()
	if err != nil {
		return err
	}
	defer os.Remove(path) //nolint:errcheck // it names servers that are gone
	if err := servers.shop(ctx, cfg); err != nil {
		return err
	}

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return Run(ctx, cfg, log) })
	group.Go(func() error { return demo.Run(ctx, servers.pg.DSN(shopDatabase), o.Rate, log) })
	servers.welcome(path, time.Since(began))
	err = group.Wait()
	_, _ = fmt.Fprintln(o.Out, "\nStopping the servers …")
	return err
}

// devServers are what Dev started.
type devServers struct {
	options DevOptions
	pg      *devstack.Postgres
	es      *devstack.Elasticsearch // nil in triggers-only mode
	bus     *devstack.NATS
}

// start starts the servers side by side: Elasticsearch alone takes 20 s.
func (s *devServers) start(ctx context.Context) error {
	_, _ = fmt.Fprintln(s.options.Out, "Starting the servers; the first time downloads about 125 MB.")
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		defer s.ready("PostgreSQL", time.Now(), &err)
		s.pg, err = devstack.StartPostgres(ctx, devstack.PostgresOptions{DataDir: s.folder("postgres"), Durable: true, Progress: s.progress("PostgreSQL")})
		return err
	})
	group.Go(func() (err error) {
		defer s.ready("NATS", time.Now(), &err)
		s.bus, err = devstack.StartNATS(ctx, devstack.NATSOptions{DataDir: s.folder("nats"), Progress: s.progress("NATS")})
		return err
	})
	if !s.options.TriggersOnly {
		group.Go(func() (err error) {
			defer s.ready("Elasticsearch", time.Now(), &err)
			s.es, err = devstack.StartElasticsearch(ctx, devstack.ElasticsearchOptions{DataDir: s.folder("elasticsearch"), HeapMB: 1024, Progress: s.progress("Elasticsearch")})
			return err
		})
	}
	return group.Wait()
}

func (s *devServers) folder(name string) string {
	if s.options.Data == "" {
		return ""
	}
	return filepath.Join(s.options.Data, name)
}

func (s *devServers) progress(server string) func(string) {
	return func(what string) { _, _ = fmt.Fprintf(s.options.Out, "  %-14s %s\n", server, what) }
}

func (s *devServers) ready(server string, began time.Time, err *error) {
	if *err == nil {
		s.progress(server)(fmt.Sprintf("ready after %.1f s", time.Since(began).Seconds()))
	}
}

// close stops what was started, in the opposite order of the flow.
func (s *devServers) close() error {
	var errs []error
	if s.bus != nil {
		errs = append(errs, s.bus.Close())
	}
	if s.es != nil {
		errs = append(errs, s.es.Close())
	}
	if s.pg != nil {
		errs = append(errs, s.pg.Close())
	}
	return errors.Join(errs...)
}

// configure writes the shop's configuration to where the other commands look
// for it, and loads it from there like any user's.
func (s *devServers) configure() (string, *config.Config, error) {
	endpoints := demo.Endpoints{Postgres: s.pg.DSN(shopDatabase), NATS: s.bus.URL, Listen: s.options.Listen}
	if s.es != nil {
		endpoints.Elasticsearch = s.es.URL
	}
	path, err := config.DevPath()
	if err != nil {
		return "", nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", nil, err
	}
	if err := os.WriteFile(path, demo.Config(endpoints), 0o600); err != nil {
		return "", nil, err
	}
	cfg, err := config.Load(path)
	return path, cfg, err
}

// shop makes the database ready: tables, then what `waltrail setup` does.
func (s *devServers) shop(ctx context.Context, cfg *config.Config) error {
	if err := demo.CreateDatabase(ctx, s.pg.DSN("postgres"), shopDatabase); err != nil {
		return err
	}
	if err := demo.Install(ctx, s.pg.DSN(shopDatabase)); err != nil {
		return err
	}
	_, err := capture.Setup(ctx, cfg.Postgres, capture.SetupOptions{})
	return err
}

// welcome says what there is and what to try. Each line can be copied as it is.
func (s *devServers) welcome(path string, took time.Duration) {
	me, out := self(), s.options.Out
	_, _ = fmt.Fprintf(out, `
The sample shop is open (after %.0f s): customers, staff, cron jobs and API clients change things, Waltrail keeps the trail.

  Health, metrics   http://%s/readyz   http://%[2]s/metrics
  Configuration     %[3]s

Try, in another terminal:

  see what happened to a contact
    %[4]s history contact %[5]d
`, took.Seconds(), s.options.Listen, path, me, demo.FamousContact)
	if s.es != nil {
		_, _ = fmt.Fprintf(out, `
  search the trail
    %s search 'entity:article_price field:price from:-10m'

  read it in Elasticsearch
    curl -s '%s/trail/_search?q=trail.item.uid:"contact:%d"&sort=@timestamp:desc&size=1&pretty'
`, me, s.es.URL, demo.FamousContact)
	}
	_, _ = fmt.Fprintf(out, `
  listen to the triggers (no nats command? go install github.com/nats-io/natscli/nats@latest)
    nats --server %s sub 'trail.shop.contact.>'

  change something yourself, and see it in all three
    psql '%s' -c "update contacts set phone = '+33 1 23 45 67 89' where id = %d"

Ctrl-C stops everything.

`, s.bus.URL, s.pg.DSN(shopDatabase), demo.FamousContact)
}

// self is how a person in this folder calls this program.
func self() string {
	path, err := os.Executable()
	if err != nil {
		return "waltrail"
	}
	if folder, err := os.Getwd(); err == nil {
		if short, err := filepath.Rel(folder, path); err == nil && len(short) < len(path) {
			return short
		}
	}
	return path
}
