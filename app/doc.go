// Package app builds the stations from a configuration, starts them and stops
// them. It holds no logic of its own beyond that: what a change means is in
// package transform, in which order things happen in package pipeline.
//
//   - app.go: Run, the daemon: one long wiring function and the session loop
//   - session.go: one replication connection, from the slot to its end
//   - server.go: /metrics, /healthz, /readyz
//   - status.go: what the daemon is doing, for readiness
//   - dev.go: Dev, the daemon on embedded servers with the sample shop
//   - read.go, setup.go, doctor.go: the other commands' wiring
package app
