// Package deploy holds what is installed beside the program, and hands out the
// parts that the program installs itself.
//
//   - sql/trail.sql: the SQL helpers of schema trail
//
// It has no logic and connects to nothing.
package deploy

import _ "embed"

//go:embed sql/trail.sql
var trailSQL string

// TrailVersion is what trail.version() returns once TrailSQL has run.
const TrailVersion = 1

// TrailSQL returns the script of the SQL helpers. It may be run again at any time.
func TrailSQL() string { return trailSQL }
