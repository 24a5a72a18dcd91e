package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// startMinIO starts the object store on a loopback port: the one of last time
// if it is free, so that addresses stay the same from start to start.
func (s *Stack) startMinIO(ctx context.Context, o Options, f folders, who owner, keys secrets) error {
	bin, err := FindMinIO()
	if err != nil {
		return err
	}
	who = who.forMinIO(bin)
	if err := makeOwned(f.minio, who); err != nil {
		return err
	}
	addr, err := choosePort(ctx, f.port())
	if err != nil {
		return err
	}
	p := &part{
		name: MinIO, log: o.Log, now: o.Now, logPath: f.log(MinIO), pidPath: f.pid(MinIO),
		command: func() *exec.Cmd {
			cmd := exec.Command(bin, "server", "--quiet", "--address", addr, f.minio) //nolint:gosec,noctx // G204: a path we found; it outlives any context
			cmd.Dir = f.minio
			cmd.Env = append(childEnv(f.minio),
				"MINIO_ROOT_USER="+keys.S3AccessKey, "MINIO_ROOT_PASSWORD="+keys.S3SecretKey,
				"MINIO_SITE_REGION="+Region, "MINIO_BROWSER=off", "MINIO_UPDATE=off")
			cmd.SysProcAttr = who.attr(syscall.SIGTERM)
			return cmd
		},
		probe: func(ctx context.Context) error { return getOK(ctx, "http://"+addr+"/minio/health/ready") },
		stops: []stopStep{{syscall.SIGTERM, time.Second}},
	}
	s.add(p)
	if err := p.launch(ctx); err != nil {
		return err
	}
	s.S3Endpoint, s.S3AccessKey, s.S3SecretKey = addr, keys.S3AccessKey, keys.S3SecretKey
	return nil
}

// FindMinIO returns the server's program: in .tools of the working folder or of
// one above it, beside our own program, or on PATH.
func FindMinIO() (string, error) {
	var places []string
	if wd, err := os.Getwd(); err == nil {
		for d := wd; ; d = filepath.Dir(d) {
			places = append(places, filepath.Join(d, ".tools", "minio"))
			if d == filepath.Dir(d) {
				break
			}
		}
	}
	if self, err := os.Executable(); err == nil {
		places = append(places, filepath.Join(filepath.Dir(self), "minio"), filepath.Join(filepath.Dir(self), "..", ".tools", "minio"))
	}
	for _, p := range places {
		if executable(p) {
			return p, nil
		}
	}
	if p, err := exec.LookPath("minio"); err == nil {
		return p, nil
	}
	return "", errors.New("MinIO is not installed; run `make tools`, or set ZHIXING_S3_ENDPOINT")
}

// choosePort returns a free loopback address and remembers its port in a file.
func choosePort(ctx context.Context, path string) (string, error) {
	var lc net.ListenConfig
	if b, err := os.ReadFile(path); err == nil {
		if port, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
			if l, err := lc.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
				return l.Addr().String(), l.Close()
			}
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the port of last time: %w", err)
	}
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	addr := l.Addr().String()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return addr, errors.Join(l.Close(), writeFile(path, []byte(port+"\n")))
}

// getOK is nil if a GET of the address answers 200.
func getOK(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask %s: %w", address, err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask %s: %w", address, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: %s says %s", errNoAnswer, address, resp.Status)
	}
	return nil
}
