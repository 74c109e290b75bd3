package loopback

import "testing"

func TestHost(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.8.9.10": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "0.0.0.0": false, "::": false, "10.0.0.1": false, "db": false, "localhost.example": false,
		"127.0.0.1.example": false, "127.0.0.1:80": false, "[::1]": false, "127.1": false,
	} {
		if got := Host(host); got != want {
			t.Errorf("%q is loopback: %v, want %v", host, got, want)
		}
	}
}
