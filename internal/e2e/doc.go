// Package e2e holds the tests of the whole line: the real binary as its users
// run it, on real servers, with faults between them. It has no code beside its tests.
//
//   - daemon_test.go: the binary as a child process, started, killed, asked
//   - rig_test.go: database, index and stream of one test, and the load on them
//   - verdict_test.go: what must be true afterwards, told from the three stores alone, sharing
//     no code with the product
//   - crash_test.go, outage_test.go, giant_test.go, line_test.go: the tests
package e2e
