package indexer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/waltrail/waltrail/internal/check"
)

// oldest is the first major version that Waltrail is tested with.
const oldest = 8

func (x *Indexer) checkVersion(ctx context.Context) check.Result {
	const name = "version"
	var answer struct {
		Nodes map[string]struct {
			Version string `json:"version"`
		} `json:"nodes"`
	}
	if err := x.client.ask(ctx, esapi.NodesInfoRequest{FilterPath: []string{"nodes.*.version"}}, &answer); err != nil {
		return notChecked(name, err)
	}
	var versions []string
	for _, node := range answer.Nodes {
		if !slices.Contains(versions, node.Version) {
			versions = append(versions, node.Version)
		}
	}
	slices.Sort(versions)
	detail := strings.Join(versions, ", ")
	for _, version := range versions {
		major, _, _ := strings.Cut(version, ".")
		if n, err := strconv.Atoi(major); err != nil || n < oldest {
			return bad(name, check.Failure, detail, fmt.Sprintf("use Elasticsearch %d or newer", oldest))
		}
	}
	return good(name, detail)
}

// The shares of free disk below which Elasticsearch allocates nothing more,
// and blocks writes, by default.
const (
	lowDisk   = 0.15
	floodDisk = 0.05
)

func (x *Indexer) checkDisk(ctx context.Context) check.Result {
	const name = "disk"
	var answer struct {
		Nodes map[string]struct {
			Name string `json:"name"`
			FS   struct {
				Total struct {
					Total     float64 `json:"total_in_bytes"`
					Available float64 `json:"available_in_bytes"`
				} `json:"total"`
			} `json:"fs"`
		} `json:"nodes"`
	}
	err := x.client.ask(ctx, esapi.NodesStatsRequest{
		Metric: []string{"fs"}, FilterPath: []string{"nodes.*.name", "nodes.*.fs.total"},
	}, &answer)
	if err != nil {
		return notChecked(name, err)
	}
	free, where := 1.0, ""
	for _, node := range answer.Nodes {
		if share := node.FS.Total.Available / node.FS.Total.Total; node.FS.Total.Total > 0 && share <= free {
			free, where = share, node.Name
		}
	}
	detail := fmt.Sprintf("%.0f %% free on node %s, the fullest", 100*free, where)
	switch {
	case free < floodDisk:
		return bad(name, check.Failure, detail+": writes are blocked (flood stage)", "free disk space; Elasticsearch lifts the block by itself")
	case free < lowDisk:
		return bad(name, check.Warning, detail+": near the low watermark", "free disk space or add a node")
	}
	return good(name, detail)
}

// privileges is the question and the answer of the has-privileges API.
type privileges struct {
	Cluster []string          `json:"cluster"`
	Index   []indexPrivileges `json:"index"`
}

type indexPrivileges struct {
	Names      []string `json:"names"`
	Privileges []string `json:"privileges"`
}

// wantedPrivileges are those of deploy/elasticsearch/waltrail-writer.json.
func (x *Indexer) wantedPrivileges() privileges {
	return privileges{
		Cluster: []string{"monitor", "indices:admin/index_template/get"},
		Index: []indexPrivileges{{
			Names:      []string{"trail-" + x.system + "-*"},
			Privileges: []string{"create_doc", "create_index", "read", "view_index_metadata", "monitor", "maintenance"},
		}},
	}
}

// tooMuch are the rights that would let a stolen credential falsify history.
// Changing aliases is one: an alias action can remove an index.
func (x *Indexer) tooMuch() privileges {
	return privileges{
		Cluster: []string{},
		Index:   []indexPrivileges{{Names: []string{"trail-" + x.system + "-*"}, Privileges: []string{"delete", "delete_index", "indices:admin/aliases"}}},
	}
}

// checkRights asks the server what the credentials may do. Without security
// it has no such API.
func (x *Indexer) checkRights(ctx context.Context) check.Result {
	const name = "rights"
	missing, err := x.lacks(ctx, x.wantedPrivileges())
	var e *Error
	switch {
	case errors.As(err, &e) && noSuchAPI(e):
		return good(name, "security is off: everybody may do everything")
	case err != nil:
		return notChecked(name, err)
	case len(missing) > 0:
		return bad(name, check.Failure, "missing: "+strings.Join(missing, ", "), "give the user the role of deploy/elasticsearch/waltrail-writer.json")
	}
	forbidden := x.tooMuch()
	refused, err := x.lacks(ctx, forbidden)
	if err == nil && len(refused) < len(forbidden.Index[0].Privileges) {
		return bad(name, check.Warning, "the credentials may delete documents and indices, which the daemon never needs", "use the role of deploy/elasticsearch/waltrail-writer.json")
	}
	return good(name, "sufficient")
}

// noSuchAPI recognises a server that does not know the path.
func noSuchAPI(e *Error) bool {
	return e.Status == http.StatusMethodNotAllowed || e.Status == http.StatusNotFound ||
		e.Status == http.StatusBadRequest && e.Type == ""
}

// lacks returns which of the privileges the credentials do not have.
func (x *Indexer) lacks(ctx context.Context, wanted privileges) ([]string, error) {
	body, err := json.Marshal(wanted)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Cluster map[string]bool            `json:"cluster"`
		Index   map[string]map[string]bool `json:"index"`
	}
	if err := x.client.ask(ctx, esapi.SecurityHasPrivilegesRequest{Body: bytes.NewReader(body)}, &answer); err != nil {
		return nil, err
	}
	var missing []string
	note := func(where string, has map[string]bool) {
		for privilege, granted := range has {
			if !granted {
				missing = append(missing, privilege+" on "+where)
			}
		}
	}
	note("the cluster", answer.Cluster)
	for index, has := range answer.Index {
		note(index, has)
	}
	slices.Sort(missing)
	return missing, nil
}
