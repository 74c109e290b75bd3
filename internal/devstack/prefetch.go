package devstack

import "context"

// Prefetch fills the cache, so that a later start needs no network: the
// Elasticsearch distribution, PostgreSQL of the given majors, and, when asked,
// the separate nats-server. It also reports a missing Java.
func Prefetch(ctx context.Context, majors []string, natsServer bool, progress func(string)) error {
	if _, err := javaHome(ctx); err != nil {
		return err
	}
	if _, err := fetch(ctx, elasticsearchArtifact(), progress); err != nil {
		return err
	}
	for _, major := range majors {
		if _, err := postgresBinaries(ctx, major, progress); err != nil {
			return err
		}
	}
	if !natsServer {
		return nil
	}
	_, err := natsProgram(ctx, progress)
	return err
}
