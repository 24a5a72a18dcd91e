package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// asParent makes this test binary a process that starts one program in the
// folder that it names, and is killed.
const asParent = "ZHIXING_TEST_AS_PARENT"

func parent(what, dir string) int {
	ctx, err := context.Background(), error(nil)
	switch what {
	case "command":
		err = runCommand(ctx, []string{filepath.Join(dir, "ffmpeg")}, nil)
	case "video":
		_, err = makeVideo(ctx, dir, demoVideo{course: "课程", title: "课时", name: "1", style: styleSmall, seconds: 3})
	}
	if err != nil {
		return 1
	}
	return 0
}

// A kill -9 takes along what `up` runs beside its services: the encoder of the
// demonstration's videos and the command after --.
// Seen red: with cmd.Run in place of runBound both lived on.
func TestKilledParentTakesItsChildrenAlong(t *testing.T) {
	for _, what := range []string{"command", "video"} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			script := "#!/bin/sh\necho $$ >'" + dir + "/pid.new'; mv '" + dir + "/pid.new' '" + dir + "/pid'; exec sleep 600\n"
			if err := os.WriteFile(filepath.Join(dir, "ffmpeg"), []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			p := exec.Command(os.Args[0], what)
			p.Env = append(os.Environ(), asParent+"="+dir, "PATH="+dir+":"+os.Getenv("PATH"))
			if err := p.Start(); err != nil {
				t.Fatal(err)
			}
			var pid int
			eventually(t, "the program starts", func() bool {
				b, err := os.ReadFile(filepath.Join(dir, "pid"))
				pid, _ = strconv.Atoi(strings.TrimSpace(string(b)))
				return err == nil && pid > 0
			})
			t.Cleanup(func() { _ = exec.Command("kill", "-9", strconv.Itoa(pid)).Run() })
			if ended(pid) {
				t.Fatal("the program is not there")
			}
			if err := p.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = p.Wait()
			eventually(t, "the program ends too", func() bool { return ended(pid) })
		})
	}
}

func ended(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || strings.Contains(string(b), ") Z ")
}
