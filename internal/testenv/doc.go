// Package testenv gives tests real servers: a fresh database, a corner of an
// Elasticsearch and a NATS server per test, cleaned up when the test ends.
//
// Map of the files:
//
//	testenv.go        servers shared by a test binary, unique names, waiting
//	postgres.go       databases, SQL helpers, private servers
//	elasticsearch.go  indices of one test, requests, private servers
//	nats.go           a NATS server per test
//	cmd/withservers   starts the shared servers once for a whole `go test ./...`
//
// Starting and stopping itself is devstack's business; no fault is injected
// and nothing is mocked here. Import it from tests only.
package testenv
