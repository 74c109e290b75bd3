// Package devstack starts real servers without containers: PostgreSQL 14 to
// 18, Elasticsearch 8.19 and NATS with JetStream, for `waltrail dev`, for tests
// and for benchmarks. It works as root and as a plain user, downloads once, and
// leaves nothing running, however this program ends.
//
// Map of the files:
//
//	postgres.go, postgres_cluster.go            one PostgreSQL server: life, cluster and settings
//	elasticsearch.go, elasticsearch_config.go   one Elasticsearch node: life, configuration
//	java.go                                     finding a Java for it
//	nats.go, nats_program.go                    one NATS server, embedded or separate
//	artifact.go, cache.go, unpack.go            pinned downloads, the cache, archives
//	home.go, account.go, port.go                folder, system account and port of a server
//	process.go, guardian.go, proc.go, logtail.go  processes, and their end when ours comes first
//
// It does not secure what it starts: no passwords, loopback only. It is not for
// production and knows nothing of Waltrail's indices, slots or streams.
package devstack
