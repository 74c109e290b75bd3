package pgoutput

import (
	"bytes"
	"encoding/binary"
)

// cursor reads a message front to back. After the first read past the end it
// only returns zero values and short stays true, so that callers check once.
type cursor struct {
	rest  []byte
	short bool
}

func (c *cursor) bytes(n int) []byte {
	if n < 0 || n > len(c.rest) {
		c.short, c.rest = true, nil
		return nil
	}
	b := c.rest[:n]
	c.rest = c.rest[n:]
	return b
}

func (c *cursor) uint8() uint8 {
	if b := c.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) uint16() uint16 {
	if b := c.bytes(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) uint32() uint32 {
	if b := c.bytes(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) uint64() uint64 {
	if b := c.bytes(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// text reads up to a zero byte, which it drops. The result is part of the message.
func (c *cursor) text() []byte {
	end := bytes.IndexByte(c.rest, 0)
	if end < 0 {
		c.short, c.rest = true, nil
		return nil
	}
	b := c.rest[:end]
	c.rest = c.rest[end+1:]
	return b
}

// done reports whether all of the message was read, and no more.
func (c *cursor) done() bool { return !c.short && len(c.rest) == 0 }
