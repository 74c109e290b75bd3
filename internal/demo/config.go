package demo

import (
	_ "embed" // shop.yaml
	"strconv"
	"strings"
)

//go:embed shop.yaml
var shopYAML string

// FamousContact is the id of the contact that every shop has, and that has a
// History as soon as the workload runs.
const FamousContact = 42

// Endpoints says where the servers of the shop are.
type Endpoints struct {
	// Postgres is the DSN that the daemon uses.
	Postgres string
	// Elasticsearch is a base URL; empty means developer mode, triggers only.
	Elasticsearch string
	// NATS is a server URL.
	NATS string
	// Listen is the address of the HTTP interface; empty means 127.0.0.1:8080.
	Listen string
}

// Config returns the waltrail.yaml of the shop, with comments that teach.
func Config(e Endpoints) []byte { return e.fill(shopYAML) }

// fill puts the endpoints into a configuration with placeholders.
func (e Endpoints) fill(yaml string) []byte {
	listen := e.Listen
	if listen == "" {
		listen = "127.0.0.1:8080"
	}
	return []byte(strings.NewReplacer(
		"@POSTGRES@", quote(e.Postgres),
		"@ELASTICSEARCH@", e.elasticsearch(),
		"@NATS@", quote(e.NATS),
		"@LISTEN@", quote(listen),
	).Replace(yaml))
}

// elasticsearch is the body of that section.
func (e Endpoints) elasticsearch() string {
	if e.Elasticsearch == "" {
		return "  mode: triggers_only            # developer mode: nothing is kept, triggers are published all the same\n"
	}
	return "  mode: index                    # or triggers_only: developer mode, nothing is kept\n" +
		"  addresses: [" + quote(e.Elasticsearch) + "]\n" +
		"  replicas: 0                    # one node only; 1 is the default, and what you want elsewhere\n"
}

// quote writes a YAML string in which no environment variable is expanded.
func quote(text string) string {
	return strings.ReplaceAll(strconv.Quote(text), "${", "$${")
}
