package devstack

import (
	"errors"
	"fmt"
	"net"
	"strconv"
)

const loopback = "127.0.0.1"

// errPortTaken marks a start that lost the race for a free port.
var errPortTaken = errors.New("address already in use")

// freePort asks the kernel for a port that is free now. Another program may
// take it before the server does, so callers try again (see portTaken).
func freePort() (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		return 0, fmt.Errorf("find a free port on %s: %w", loopback, err)
	}
	defer l.Close()
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("a TCP listener has the address %v", l.Addr())
	}
	return addr.Port, nil
}

// checkPort says early and clearly when a wanted port is taken.
func checkPort(port int) error {
	l, err := net.Listen("tcp", net.JoinHostPort(loopback, strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("port %d on %s is not available: stop the program that uses it or choose another port: %w", port, loopback, err)
	}
	return l.Close()
}

// portTries is how often a start is repeated after a lost race for a port.
const portTries = 4

// withPort calls start with the wanted port, or with free ones until start
// wins the race for one.
func withPort(wanted int, start func(port int) error) error {
	if wanted != 0 {
		if err := checkPort(wanted); err != nil {
			return err
		}
		return start(wanted)
	}
	var err error
	for range portTries {
		var port int
		if port, err = freePort(); err != nil {
			return err
		}
		if err = start(port); err == nil || !portTaken(err) {
			return err
		}
	}
	return err
}
