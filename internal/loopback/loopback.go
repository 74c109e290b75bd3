// Package loopback says whether an address stays on this machine. What goes
// beyond it needs TLS and authentication, so every section of the
// configuration asks this one place. It looks no name up.
package loopback

import "net"

// Host reports whether host, a name or an IP address without a port, is the
// loopback interface. Only the name localhost counts, in lower case.
func Host(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
