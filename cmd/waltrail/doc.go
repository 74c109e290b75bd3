// Command waltrail is the audit trail for PostgreSQL applications: the daemon
// and the tools around it. This package translates arguments and prints
// answers; what is done is in package app, what is read in package history.
//
//   - main.go: the process: signals, exit codes
//   - root.go: the command tree, the flags that all commands share
//   - daemon.go: run, dev
//   - setup.go, doctor.go, configcmd.go: preparing and checking
//   - read.go: history, search
//   - page.go: printing what they found
//   - version.go
package main
