package document

// keptBuffer is the largest body buffer, in bytes, that a Batch keeps for
// reuse: one giant row must not hold its memory for ever.
const keptBuffer = 8 << 20

// Batch is many changes in log order with their encoded bodies in one buffer.
// It is made to be reused: Add hands out the slots of earlier use again.
type Batch struct {
	Changes []Change
	buf     []byte
	ends    []int
}

// Add appends a zero Change, keeping the capacity of the slices of the slot's
// earlier use, and returns it. The pointer is valid until the next Add.
func (b *Batch) Add() *Change {
	if len(b.Changes) == cap(b.Changes) {
		b.Changes = append(b.Changes, Change{})
		return &b.Changes[len(b.Changes)-1]
	}
	b.Changes = b.Changes[:len(b.Changes)+1]
	c := &b.Changes[len(b.Changes)-1]
	fields, terms := c.Trail.Fields[:0], c.Trail.Terms[:0]
	names, paths := c.Trail.Change.Fields[:0], c.Trail.Change.Paths[:0]
	key, snapshot := c.Trail.Item.Key[:0], c.Trail.Snapshot[:0]
	*c = Change{}
	c.Trail.Fields, c.Trail.Terms = fields, terms
	c.Trail.Change.Fields, c.Trail.Change.Paths = names, paths
	c.Trail.Item.Key, c.Trail.Snapshot = key, snapshot
	return c
}

// Drop takes the last added change back.
func (b *Batch) Drop() { b.Changes = b.Changes[:len(b.Changes)-1] }

// Encode fills the Body of every change. The bodies belong to the batch and
// are valid until Reset.
func (b *Batch) Encode(e *Encoder) {
	b.buf, b.ends = b.buf[:0], b.ends[:0]
	for i := range b.Changes {
		b.buf = e.Append(b.buf, &b.Changes[i])
		b.ends = append(b.ends, len(b.buf))
	}
	start := 0
	for i, end := range b.ends {
		b.Changes[i].Body = b.buf[start:end:end]
		start = end
	}
}

// Size is the number of bytes of all bodies.
func (b *Batch) Size() int { return len(b.buf) }

// Reset empties the batch for reuse.
func (b *Batch) Reset() {
	b.Changes = b.Changes[:0]
	if cap(b.buf) > keptBuffer {
		b.buf = nil
	}
	b.buf = b.buf[:0]
}
