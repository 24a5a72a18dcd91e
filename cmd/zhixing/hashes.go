package main

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"github.com/urfave/cli/v3"

	"zhixing/app/identity"
	"zhixing/domain/org"
)

// hashesCommand is what the server starts for itself.
func hashesCommand() *cli.Command {
	return &cli.Command{
		Name: "hashes", Usage: "hash passwords for the server that started this, question by question", Hidden: true,
		Action: func(ctx context.Context, _ *cli.Command) error {
			return identity.ServeHashes(ctx, os.Stdin, os.Stdout)
		},
	}
}

// hashesAtOnce leaves a processor to those who are in already.
func hashesAtOnce(processors int) int { return max(1, processors-1) }

// givingWay becomes a program that gives way to everybody: who saves an answer
// takes the processor from it at once, where from a niced program he would wait
// for the end of its slice. chrt is of util-linux, which every Debian has; without
// it the program is only nice.
const givingWay = `if chrt --idle 0 true 2>/dev/null; then exec chrt --idle 0 "$@"; fi
exec nice -n 10 "$@"`

// self is the file of this program; empty where main did not run, as in tests.
var self string

// passwordHasher hashes in processes of their own.
func passwordHasher() org.PasswordHasher {
	parallel := hashesAtOnce(runtime.GOMAXPROCS(0))
	if self == "" {
		return identity.NewArgon2id(parallel)
	}
	return identity.NewAside(parallel, func() *exec.Cmd {
		cmd := exec.Command("/bin/sh", "-c", givingWay, "sh", self, "hashes") //nolint:gosec,noctx // this program; it outlives any request
		cmd.Env, cmd.Stderr = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "GOMAXPROCS=1"}, os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the server, which ends it
		return cmd
	})
}
