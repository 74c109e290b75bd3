package pgoutput

// xidClock extends the 32-bit transaction ids of the protocol to the 64 bits
// that PostgreSQL counts in. It is set to the next id of the server at connect.
type xidClock struct {
	near uint64
}

// extend returns the 64-bit id with the low half xid that is nearest to the ids
// seen so far. PostgreSQL itself allows no two live ids 2³¹ or more apart.
func (c *xidClock) extend(xid uint32) uint64 {
	distance := int32(xid - uint32(c.near))  //nolint:gosec // wrapping is the point
	full := c.near + uint64(int64(distance)) //nolint:gosec // two's complement addition
	if distance < 0 && full > c.near {
		return uint64(xid) // below the first epoch: there is no id to borrow from
	}
	c.near = max(c.near, full)
	return full
}
