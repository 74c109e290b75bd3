package transform

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"unicode/utf8"

	"github.com/waltrail/waltrail/document"
)

// mask is how a value is kept from being recorded. SQL null is not masked: that
// there is no value is not what a mask protects.
type mask uint8

const (
	maskNone mask = iota
	// maskRedact keeps nothing.
	maskRedact
	// maskLast4 keeps the last four characters of values of eight or more.
	maskLast4
	// maskHMAC keeps a keyed hash, so that equal values can be seen to be equal.
	maskHMAC
)

// bullets stand for what a mask took away; always four, so that the length is not told.
const bullets = "••••"

// last4Min is the shortest value in runes of which maskLast4 shows an end.
const last4Min = 8

// hmacLen is how many bytes of the keyed hash are kept: enough that no two
// values of one database meet by accident.
const hmacLen = 16

// maskOf returns the mask of a field; ok is false for an unknown name.
func maskOf(f Field) (m mask, ok bool) {
	switch f.Mask {
	case "":
		if f.Sensitive {
			return maskRedact, true
		}
		return maskNone, true
	case "none":
		return maskNone, true
	case "redact":
		return maskRedact, true
	case "last4":
		return maskLast4, true
	case "hmac":
		return maskHMAC, true
	}
	return maskRedact, false
}

// masked fills a side with what the mask leaves of a value.
func (t *Transformer) masked(s *document.Side, m mask, value string) {
	s.Masked = true
	switch m {
	case maskLast4:
		s.Kind, s.Value = document.Text, lastFour(value)
	case maskHMAC:
		s.HMAC = t.hmac(value)
	case maskRedact, maskNone:
	}
}

// maskedText returns what the mask leaves of a value, as text for ids and sentences.
func (t *Transformer) maskedText(m mask, value string) string {
	switch m {
	case maskNone:
		return value
	case maskLast4:
		return lastFour(value)
	case maskHMAC:
		return t.hmac(value)
	case maskRedact:
	}
	return bullets
}

func (t *Transformer) hmac(value string) string {
	mac := hmac.New(sha256.New, t.cfg.MaskKey)
	mac.Write([]byte(value))
	return hex.EncodeToString(mac.Sum(nil)[:hmacLen])
}

func lastFour(value string) string {
	if utf8.RuneCountInString(value) < last4Min {
		return bullets
	}
	end := len(value)
	for range 4 {
		_, size := utf8.DecodeLastRuneInString(value[:end])
		end -= size
	}
	return bullets + value[end:]
}
