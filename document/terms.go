package document

import (
	"math"
	"strings"
	"unicode/utf8"
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
	dst = append(appendLower(dst, value), '=')
	return append(dst, field...)
}

// appendLower spares the memory of strings.ToLower for ASCII, which most values are.
func appendLower(dst []byte, s string) []byte {
	start := len(dst)
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return append(dst[:start], strings.ToLower(s)...)
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// AppendNumberTerm appends the token of a number. Tokens of one field compare
// as their numbers do. Zeros at the end of the hexadecimal form are left out: a shorter
// token sorts before all that it begins, as the zeros would.
func AppendNumberTerm(dst []byte, side TermSide, field string, number float64) []byte {
	bits := math.Float64bits(number)
	if bits>>63 == 1 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	dst = append(dst, byte(side), '#')
	dst = append(append(dst, field...), '=')
	for ; bits != 0; bits <<= 4 {
		dst = append(dst, hexDigits[bits>>60])
	}
	return dst
}

// AppendDateTerm appends the token of a date or timestamp of the years 1 to
// 9999 in PostgreSQL's ISO text form at UTC, without its zone: 2026-03-04,
// 2026-03-04 09:15:22.5.
func AppendDateTerm(dst []byte, side TermSide, field, date string) []byte {
	dst = append(dst, byte(side), '@')
	dst = append(append(dst, field...), '=')
	return append(dst, date...)
}
