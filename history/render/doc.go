// Package render shows changes on a terminal, laid out for reading: days, who
// did what to which item, from where, and each field old → new.
//
//   - printer.go: Printer, pages and entries
//   - headline.go: who, verb, item, origin
//   - field.go: one field; null, empty, unknown, unchanged and masked shown as what they are
//   - safe.go: what data may do to a terminal: nothing
//
// It reads nothing and decides nothing about who may see what.
package render
