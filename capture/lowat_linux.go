package capture

import (
	"net"
	"syscall"
)

// gather is how many bytes may lie in the socket before the kernel wakes us
// during a pause.
const gather = 128 << 10

// lowWater sets the socket's low-water mark (SO_RCVLOWAT). Without it each
// arriving segment wakes a thread of the Go runtime during a pause, and most of
// what the pause saves is lost again.
type lowWater struct {
	raw    syscall.RawConn // nil where it cannot be done
	raised bool
}

func newLowWater(conn net.Conn) lowWater {
	if tcp, ok := conn.(*net.TCPConn); ok {
		if raw, err := tcp.SyscallConn(); err == nil {
			return lowWater{raw: raw}
		}
	}
	return lowWater{}
}

func (l *lowWater) raise() {
	if l.raw != nil && !l.raised {
		l.raised = l.set(gather)
	}
}

func (l *lowWater) lower() {
	if l.raised {
		l.set(1)
		l.raised = false
	}
}

func (l *lowWater) set(bytes int) bool {
	var failed error
	err := l.raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVLOWAT, bytes)
	})
	return err == nil && failed == nil
}

// poll reads what is there, without waiting. Zero means nothing, or an error
// that the next ordinary read reports as well.
func (l *lowWater) poll(p []byte) int {
	n := 0
	_ = l.raw.Read(func(fd uintptr) bool {
		n, _ = syscall.Read(int(fd), p)
		return true
	})
	return max(n, 0)
}
