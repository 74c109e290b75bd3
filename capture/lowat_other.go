//go:build !linux

package capture

import "net"

// lowWater does nothing here: pauses alone still save most system calls.
type lowWater struct{ raised bool }

func newLowWater(net.Conn) lowWater { return lowWater{} }

func (l *lowWater) raise() {}

func (l *lowWater) lower() {}

func (l *lowWater) poll([]byte) int { return 0 }
