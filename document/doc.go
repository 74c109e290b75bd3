// Package document is the public format of the trail: one entity item change
// per committed row change, schema version 1.
//
//   - change.go: Change and the parts it is made of
//   - field.go: Field, Side, Row and Cell: values with null, text, JSON and
//     unknown kept apart
//   - encode.go, write.go: the JSON encoding, in canonical key order, and the hash over the facts
//   - decode.go: what encoding/json needs to read a document back
//   - batch.go: Batch, many changes with their encoded bodies in one buffer
//
// The package depends on package change and a canonical JSON library only, so that
// subscribers and third-party tools may import it. It does not know how a
// document is stored or searched.
package document
