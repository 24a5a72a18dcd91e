package api_test

import (
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
)

// BenchmarkBytes measures media bytes from the object store, and from a copy on
// this machine, through the API to a socket: ranges of 4 MiB over keep-alive
// connections, as players ask.
//
//	go test ./app/api -run '^$' -bench Bytes -benchtime 3s
func BenchmarkBytes(b *testing.B) {
	b.Run("store", func(b *testing.B) { benchmarkBytes(b, newMediaEnv(b)) })
	b.Run("copy", func(b *testing.B) {
		e := newMediaEnv(b)
		e.keepCopies(b)
		benchmarkBytes(b, e)
	})
}

func benchmarkBytes(b *testing.B, e *mediaEnv) {
	b.Helper()
	const size, step = 64 << 20, 4 << 20
	trainer := e.Person(b, "T1", "王教员", "trainer")
	id := e.ready(b, trainer, 600, noise(size))
	e.untilCopied(b, trainer, "/media/"+id+"/hls/360p.m4s")
	url := fmt.Sprintf("http://%s/api/v1/media/%s/hls/360p.m4s", e.listen(b), id)
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
