// Package strict reads YAML into structs and reports every mistake at once,
// each one with its place in the file.
//
//   - source.go: Source, the places of all keys, and the list of mistakes
//   - decode.go: walking the YAML beside the struct
//   - scalar.go: one value: text, numbers, durations, ${ENV}
//   - suggest.go: "did you mean"
//   - schema.go: the JSON Schema of a struct
//
// It knows nothing about what the values mean, and it does not support what
// a configuration should not need: several documents, aliases and merge keys.
package strict
