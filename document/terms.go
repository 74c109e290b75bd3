package document

import (
	"math"
	"strconv"
	"strings"
)

// Search tokens. trail.fields is stored but not indexed, since nested or
// flattened fields cost the index several times as much; what searches
// need of it is in trail.terms, as exact keywords:
//
//	o:<value>=<field>   n:<value>=<field>    old and new text, lower-cased
//	o#<field>=<hex>     n#<field>=<hex>      numbers, in an order-preserving form
//	o@<field>=<text>    n@<field>=<text>     dates, which sort as text (ISO, UTC)
//
// Text has the value first, so that "any field with this value" and "this
// field with a value like abc*" both are narrow walks of the term dictionary; ranges
// need the field first.

// MaxTerm is the longest value in bytes that gets a token.
const MaxTerm = 1000

// TermSide is the first letter of a token.
type TermSide byte

// The two sides of a change in tokens.
const (
	TermOld TermSide = 'o'
	TermNew TermSide = 'n'
)

// AppendTextTerm appends the token of a text value. An empty field leaves the
// token open after the equals sign, which makes it a prefix for any field.
func AppendTextTerm(dst []byte, side TermSide, value, field string) []byte {
	dst = append(dst, byte(side), ':')
	dst = append(dst, strings.ToLower(value)...)
	dst = append(dst, '=')
	return append(dst, field...)
}

// AppendNumberTerm appends the token of a number. Tokens of one field compare
// as their numbers do.
func AppendNumberTerm(dst []byte, side TermSide, field string, number float64) []byte {
	bits := math.Float64bits(number)
	if bits>>63 == 1 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	dst = append(dst, byte(side), '#')
	dst = append(append(dst, field...), '=')
	hex := strconv.AppendUint(make([]byte, 0, 16), bits, 16)
	for range 16 - len(hex) {
		dst = append(dst, '0')
	}
	return append(dst, hex...)
}

// AppendDateTerm appends the token of a date or timestamp of the years 1 to
// 9999 in PostgreSQL's ISO text form at UTC.
func AppendDateTerm(dst []byte, side TermSide, field, date string) []byte {
	dst = append(dst, byte(side), '@')
	dst = append(append(dst, field...), '=')
	return append(dst, date...)
}
