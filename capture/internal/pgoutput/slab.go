package pgoutput

import "github.com/waltrail/waltrail/change"

// slabSize is how many values one allocation holds: 48 KiB, about as much as a
// chunk of the arena in which their texts lie.
const slabSize = 2048

// slab hands out zeroed slices of values, cut from larger allocations.
type slab struct {
	free []change.Value
}

func (s *slab) take(n int) []change.Value {
	if n > len(s.free) {
		s.free = make([]change.Value, max(n, slabSize))
	}
	v := s.free[:n:n]
	s.free = s.free[n:]
	return v
}
