package local

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A data folder may have blanks, Chinese and quotes in its name, and a name too
// long for a unix socket's: then the sockets move.
func TestOddFolders(t *testing.T) {
	for name, dir := range map[string]string{
		"blanks and Chinese": filepath.Join(t.TempDir(), "知行 数据's & 100%"),
		"very long":          filepath.Join(t.TempDir(), strings.Repeat("long-", 20), "data"),
	} {
		t.Run(name, func(t *testing.T) {
			s := startAll(t, dir)
			if got := query(t, s.DatabaseURL, "SELECT 'here'"); got != "here" {
				t.Error(got)
			}
			e, err := Reach(dir)
			if err != nil || e != s.Endpoints {
				t.Errorf("reach from another process: %+v, %v; want %+v", e, err, s.Endpoints)
			}
			if pid, held := Holder(dir); !held || pid != os.Getpid() {
				t.Errorf("holder = %d, %t", pid, held)
			}
		})
	}
}

// Folders of others are not taken over, least of all in /tmp.
func TestForeignSocketFolderIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("only root can make a folder of another user; looking at the rule alone")
	}
	shared := t.TempDir()
	if err := os.Chmod(shared, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(shared, "sockets")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := makeOwned(dir, owner{name: "somebody", uid: 4242, gid: 4242}); err == nil {
		t.Error("a folder of another user in a shared folder was taken over")
	}
	if err := makeOwned(filepath.Join(shared, "link"), owner{name: "self", uid: uint32(os.Geteuid())}); err != nil {
		t.Errorf("an own new folder was refused: %v", err)
	}
	if err := os.Symlink("/etc", filepath.Join(shared, "trap")); err != nil {
		t.Fatal(err)
	}
	if err := makeOwned(filepath.Join(shared, "trap"), owner{name: "self", uid: uint32(os.Geteuid())}); err == nil {
		t.Error("a link was followed")
	}
}
