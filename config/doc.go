// Package config is Waltrail's one configuration file: strict, with all
// mistakes reported at once and each one at its line.
//
//   - config.go: Config, which composes the sections of the stations, and the small sections of its own
//   - later.go: the sections that later versions bring to life; they are read and
//     checked today so that a file stays valid
//   - load.go: Load and Parse: YAML, defaults, checks
//   - check.go: what only the whole file shows: references between sections
//   - error.go: Error, the list of mistakes
//   - schema.go, keys.go: the JSON Schema for editors
//
// What a section means is said by its station: its Config has the defaults and
// the checks, this package only finds the lines. It opens no connection and reads no secret.
package config
