package main

import (
	"os/exec"
	"runtime"
	"syscall"
)

// runBound runs a command that does not outlive us: a kill -9 of this process
// ends it too, so that the next start finds nothing at work in the data folder.
// The kernel's word is given when the thread that started the command ends, so
// that thread is ours until the command has ended.
func runBound(cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd.Run()
}
