package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"
)

// mediaStep is the most that one request asks for, as players do.
const mediaStep = 1 << 20

// media measures the bytes of a video through the API, and beside it those of
// the same file from a plain server: nginx where it is installed, else Go's own
// file server, which hands the file to the kernel (sendfile).
func (l *loadtest) media(ctx context.Context) error {
	if l.duration == 0 {
		l.duration = 5 * time.Second
	}
	path, size, err := l.largestRendition()
	if err != nil {
		return err
	}
	step := min(size, mediaStep)
	var whole []byte
	err = l.admin.ask("GET", path, nil, func(b []byte) error { whole = append(whole, b...); return nil })
	if err != nil || int64(len(whole)) != size {
		return fmt.Errorf("read the video: %d of %d bytes: %w", len(whole), size, err)
	}
	get := func(c *fasthttp.HostClient, uri, cookie string, i int) error {
		req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		defer fasthttp.ReleaseRequest(req)
		defer fasthttp.ReleaseResponse(resp)
		from := int64(i) % max(size/step, 1) * step
		req.SetRequestURI(uri)
		req.Header.Set("Cookie", cookie)
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", from, from+step-1))
		if err := c.Do(req, resp); err != nil {
			return err
		}
		if b := resp.Body(); resp.StatusCode() != http.StatusPartialContent || int64(len(b)) != step || b[len(b)-1] != whole[from+step-1] {
			return fmt.Errorf("status %d, %d bytes", resp.StatusCode(), len(b))
		}
		return nil
	}
	name, base, stop, err := plainServer(ctx, whole)
	if err != nil {
		return err
	}
	defer stop()
	beside := &loadtest{client: newLoadClient(base, l.concurrency), concurrency: l.concurrency, duration: l.duration}
	plain := &fasthttp.HostClient{Addr: base, MaxConns: l.concurrency}
	err = beside.drive(ctx, "range", 1<<30, func(w *loadWorker, i int, due time.Time) error {
		return w.time("range", due, func() error { return get(plain, "http://"+base+"/video.m4s", "", i) })
	})
	if err != nil {
		return err
	}
	err = l.drive(ctx, "range", 1<<30, func(w *loadWorker, i int, due time.Time) error {
		return w.time("range", due, func() error { return get(l.client.http, "http://"+l.client.host+"/api/v1"+path, l.admin.cookie, i) })
	})
	mb := func(r *loadResult) float64 { return r.perSecond(r.Done) * float64(step) / 1e6 }
	l.result.MegabytesPerSecond, l.result.BaseMegabytesPerSecond, l.result.Base = round(mb(&l.result)), round(mb(&beside.result)), name
	return err
}

// largestRendition finds the largest file that the server plays.
func (l *loadtest) largestRendition() (path string, size int64, err error) {
	var list struct {
		Items []struct {
			ID         string `json:"id"`
			Renditions []struct {
				Name string `json:"name"`
				Size int64  `json:"bytes"`
			} `json:"renditions"`
		} `json:"items"`
	}
	if err := l.admin.do("GET", "/media?state=ready&limit=200", nil, &list); err != nil {
		return "", 0, fmt.Errorf("read media: %w", err)
	}
	for _, m := range list.Items {
		one := m
		if len(one.Renditions) == 0 {
			if err := l.admin.do("GET", "/media/"+m.ID, nil, &one); err != nil {
				return "", 0, fmt.Errorf("read medium: %w", err)
			}
		}
		for _, r := range one.Renditions {
			if r.Size > size {
				path, size = "/media/"+m.ID+"/hls/"+r.Name+".m4s", r.Size
			}
		}
	}
	if size == 0 {
		return "", 0, errors.New("the server has no video yet; a demonstration's are ready a little after its start")
	}
	return path, size, nil
}

// plainServer serves the bytes as /video.m4s on loopback until stop.
func plainServer(ctx context.Context, content []byte) (name, addr string, stop func(), err error) {
	dir, err := os.MkdirTemp("", "zhixing-loadtest-")
	if err != nil {
		return "", "", nil, err
	}
	remove := func() { _ = os.RemoveAll(dir) }
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(filepath.Join(dir, "video.m4s"), content, 0o644)); err != nil { //nolint:gosec // G302, G306: another server reads it
		remove()
		return "", "", nil, err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		remove()
		return "", "", nil, err
	}
	addr = ln.Addr().String()
	// The load test reads a server's processor time from its metrics.
	metrics := "# nothing is measured here\nprocess_cpu_seconds_total 0\n"
	if err := os.WriteFile(filepath.Join(dir, "metrics"), []byte(metrics), 0o644); err != nil { //nolint:gosec // G306: another server reads it
		remove()
		return "", "", nil, err
	}
	if program, err := exec.LookPath("nginx"); err == nil {
		if stop, err := startNginx(ctx, program, dir, ln); err == nil {
			return "nginx", addr, func() { stop(); remove() }, nil
		}
	}
	s := &http.Server{Handler: http.FileServer(http.Dir(dir)), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.Serve(ln) }()
	return "a Go file server with sendfile", addr, func() { _ = s.Close(); remove() }, nil
}

// startNginx runs nginx on the listener's port.
func startNginx(ctx context.Context, program, dir string, ln net.Listener) (func(), error) {
	addr := ln.Addr().String()
	conf := fmt.Sprintf(`daemon off; worker_processes 2; pid %[1]s/pid; error_log stderr crit;
events { worker_connections 1024; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p;
fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s; server { listen %[2]s; root %[1]s; } }`, dir, addr)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		return nil, err
	}
	if err := ln.Close(); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, "-p", dir, "-c", file) //nolint:gosec // G204: found on the path; the file is ours
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for range 100 {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err == nil {
			return func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() }, conn.Close()
		}
		time.Sleep(20 * time.Millisecond)
	}
	_ = cmd.Process.Kill()
	return nil, errors.Join(errNotStarted, cmd.Wait())
}

var errNotStarted = errors.New("nginx did not start")

// connections measures the memory of the server with so many connections open,
// each of which has asked for something once.
func (l *loadtest) connections(ctx context.Context) error {
	if l.items == 0 {
		l.items = 1000
	}
	before, err := l.client.metric("process_resident_memory_bytes")
	if err != nil {
		return err
	}
	var open []net.Conn
	defer func() {
		for _, c := range open {
			_ = c.Close()
		}
	}()
	ask := "GET /api/v1/session HTTP/1.1\r\nHost: " + l.client.host + "\r\nCookie: " + l.admin.cookie + "\r\n\r\n"
	buf := make([]byte, 64<<10)
	l.concurrency = 1
	err = l.drive(ctx, "connection", l.items, func(w *loadWorker, _ int, due time.Time) error {
		return w.time("connection", due, func() error {
			c, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.client.host)
			if err != nil {
				return err
			}
			open = append(open, c)
			if _, err := c.Write([]byte(ask)); err != nil {
				return err
			}
			n, err := c.Read(buf)
			if err == nil && string(buf[:min(n, 15)]) != "HTTP/1.1 200 OK" {
				err = fmt.Errorf("%.60s", buf[:n])
			}
			return err
		})
	})
	if err != nil {
		return err
	}
	after, err := l.client.metric("process_resident_memory_bytes")
	l.result.MemoryMB, l.result.MemoryBeforeMB = round(after/1e6), round(before/1e6)
	return err
}
