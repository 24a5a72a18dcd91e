package api

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/fstest"
	"time"
)

// bigPage serves one large file on a socket.
func bigPage(t *testing.T, limit time.Duration) (s *Server, addr string, size int) {
	t.Helper()
	size = 64 << 20 // more than the buffers of both sockets hold
	s = bare()
	s.WriteTimeout = limit
	s.Dist = fstest.MapFS{"index.html": {Data: []byte("<html>")}, "assets/big.bin": {Data: make([]byte, size)}}
	if err := s.Build(); err != nil {
		t.Fatal(err)
	}
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.fiber.Listener(ln) }()
	t.Cleanup(func() { _ = s.fiber.ShutdownWithTimeout(time.Second) })
	return s, ln.Addr().String(), size
}

func askBig(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := fmt.Fprint(conn, "GET /assets/big.bin HTTP/1.1\r\nHost: zhixing.test\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return conn
}

// Who asks and never reads does not hold a connection and its answer for ever.
// Seen red: without a WriteTimeout, as it was, all of them stayed open.
func TestWhoNeverReadsIsLetGo(t *testing.T) {
	s, addr, _ := bigPage(t, 300*time.Millisecond)
	for range 5 {
		askBig(t, addr)
	}
	held := false
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		n := s.fiber.Server().GetOpenConnectionsCount()
		held = held || n > 0
		if held && n == 0 {
			return
		}
	}
	t.Errorf("%d connections are still held", s.fiber.Server().GetOpenConnectionsCount())
}

// The limit itself leaves room: a slow reader gets the whole of a large answer.
func TestSlowReaderGetsAll(t *testing.T) {
	_, addr, size := bigPage(t, 0)
	resp, err := http.ReadResponse(bufio.NewReader(askBig(t, addr)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got := 0
	for b := make([]byte, 8<<20); err == nil; time.Sleep(20 * time.Millisecond) { // the pace of the line, not a condition
		var n int
		n, err = io.ReadFull(resp.Body, b)
		got += n
	}
	if got != size {
		t.Errorf("%d of %d bytes came, then %v", got, size, err)
	}
	if per := int64(largestAnswer) / int64(writeTimeout/time.Second); per > 40_000 {
		t.Errorf("a line must carry %d bytes a second to get the largest answer in time", per)
	}
}

// largestAnswer is the largest document that is sent whole; videos go by ranges.
const largestAnswer = 20 << 20
