package notify

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// Only public addresses are spoken to, in whatever shape an address is written.
func TestAllowed(t *testing.T) {
	s := &Webhooks{Allow: []netip.Prefix{netip.MustParsePrefix("10.20.0.0/16"), netip.MustParsePrefix("169.254.0.0/16")}}
	for addr, want := range map[string]bool{
		"1.1.1.1": true, "202.112.0.36": true, "2001:da8::1": true, "10.20.3.4": true, "::ffff:10.20.3.4": true,
		"10.21.0.1": false, "127.0.0.1": false, "127.9.9.9": false, "0.0.0.0": false, "192.168.1.1": false, "172.16.0.1": false, "169.254.169.254": false,
		"100.64.0.1": false, "100.100.100.200": false, "224.0.0.1": false, "255.255.255.255": false, "::": false, "::1": false, "fe80::1": false, "fd00::1": false,
		"::ffff:127.0.0.1": false, "::ffff:169.254.169.254": false, "::127.0.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "fd00:ec2::254": false,
		"198.18.0.1": false, "192.0.2.1": false,
	} {
		if got := s.allowed(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %t", addr, got)
		}
	}
}

// The address is looked at when the connection is made, whatever the name says.
// Seen red by leaving Control out of the dialer.
func TestSendLooksAtTheAddress(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was spoken to") }))
	defer server.Close()
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	for _, host := range []string{"127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		status, failure := (&Webhooks{}).Send(t.Context(), "http://"+host+port, nil, []byte("{}"))
		if status != 0 || failure != "address_refused" && failure != "name_unknown" && failure != "no_connection" {
			t.Errorf("%s: %d %s", host, status, failure)
		}
	}
}
