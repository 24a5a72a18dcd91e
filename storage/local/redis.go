package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// startRedis starts Redis as a queue needs it: every write in the append-only
// file at the latest a second later, and nothing ever evicted.
func (s *Stack) startRedis(ctx context.Context, o Options, f folders, who owner) error {
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		return errors.New("redis-server is not installed; install Debian's package redis-server, or set ZHIXING_REDIS_URL")
	}
	socket := f.redisSocket()
	p := &part{
		name: Redis, log: o.Log, now: o.Now, logPath: f.log(Redis), pidPath: f.pid(Redis),
		command: func() *exec.Cmd {
			cmd := exec.Command(bin, //nolint:gosec,noctx // G204: found on PATH; it outlives any context
				"--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", f.redis,
				"--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction",
				"--databases", "1024", "--daemonize", "no", "--supervised", "no", "--set-proc-title", "no", "--always-show-logo", "no",
				"--loglevel", "notice")
			cmd.Dir, cmd.Env = "/", childEnv(f.redis)
			cmd.SysProcAttr = who.attr(syscall.SIGTERM)
			return cmd
		},
		probe: func(ctx context.Context) error { return pingRedis(ctx, socket) },
		stops: []stopStep{{syscall.SIGTERM, time.Second}},
	}
	s.add(p)
	if err := p.launch(ctx); err != nil {
		return err
	}
	s.RedisURL = f.endpoints(secrets{}).RedisURL
	return nil
}

// pingRedis asks the server whether it serves: while it reads its file back in
// it answers LOADING.
func pingRedis(ctx context.Context, socket string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if t, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(t); err != nil {
			return fmt.Errorf("set a deadline: %w", err)
		}
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	if strings.TrimSpace(line) != "+PONG" {
		return fmt.Errorf("%w: %s", errNoAnswer, strings.TrimSpace(line))
	}
	return nil
}
