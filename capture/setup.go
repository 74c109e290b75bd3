package capture

import (
	"context"

	"github.com/waltrail/waltrail/deploy"
)

// SetupOptions are those of `waltrail setup`.
type SetupOptions struct {
	// DryRun returns the statements without running any.
	DryRun bool
}

// Setup makes publication, slot and SQL helpers, and returns the statements it
// ran, or would run. What exists is left alone, so the second time there are none.
func Setup(ctx context.Context, cfg Config, o SetupOptions) ([]string, error) {
	conn, err := cfg.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer closeConn(conn)
	s, err := look(ctx, conn, &cfg)
	if err != nil {
		return nil, err
	}
	list := s.statements(&cfg)
	if s.helpers < deploy.TrailVersion {
		list = append(list, statement{SQL: deploy.TrailSQL(), Needs: "an owner of the database"})
	}
	if err := s.obstacle(&cfg); err != nil {
		return texts(list), err
	}
	if o.DryRun {
		return texts(list), nil
	}
	for i, st := range list {
		if err := st.apply(ctx, conn); err != nil {
			return texts(list[:i]), err
		}
	}
	return texts(list), nil
}

func texts(list []statement) []string {
	out := make([]string, len(list))
	for i, st := range list {
		out[i] = st.SQL
	}
	return out
}
