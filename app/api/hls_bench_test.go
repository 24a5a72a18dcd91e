package api_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
)

// BenchmarkBytes measures media bytes from the object store through the API to
// a socket: ranges of 4 MiB over keep-alive connections, as players ask.
//
//	go test ./app/api -run '^$' -bench Bytes -benchtime 3s
func BenchmarkBytes(b *testing.B) {
	const size, step = 64 << 20, 4 << 20
	e := newMediaEnv(b)
	trainer := e.Person(b, "T1", "王教员", "trainer")
	id := e.ready(b, trainer, 600, noise(size))
	ln, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	served := make(chan error, 1)
	go func() { served <- e.Server.Serve(ctx, ln) }()
	defer func() { stop(); <-served }()
	url := fmt.Sprintf("http://%s/api/v1/media/%s/hls/360p.m4s", ln.Addr(), id)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true, ReadBufferSize: 256 << 10}}
	var next atomic.Int64
	b.SetBytes(step)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			from := next.Add(1) % (size / step) * step
			req, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, url, http.NoBody)
			req.Header.Set("Cookie", trainer.Cookie())
			req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", from, from+step-1))
			resp, err := client.Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			n, err := io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if err != nil || n != step || resp.StatusCode != http.StatusPartialContent {
				b.Errorf("%d, %d bytes, %v", resp.StatusCode, n, err)
			}
		}
	})
}
