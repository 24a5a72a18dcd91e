package local

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Linux capability numbers, see capabilities(7).
const (
	capDACOverride   = 1
	capDACReadSearch = 2
)

// owner is the user that the parts run as.
type owner struct {
	name     string
	uid, gid uint32
	drop     bool      // we are root and change to it
	reach    bool      // it cannot enter the data folder by the folders' permissions
	caps     []uintptr // what it is given so that it can, when reach is set
}

// chooseOwner picks the user for the parts. PostgreSQL refuses root, so root
// changes to "postgres", or to "nobody" where that does not exist. Anybody else
// runs the parts as himself.
func chooseOwner(dir string) (owner, error) {
	if os.Geteuid() != 0 {
		uid, gid := os.Geteuid(), os.Getegid()
		return owner{name: strconv.Itoa(uid), uid: uint32(uid), gid: uint32(gid)}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errU := strconv.ParseUint(u.Uid, 10, 32)
		gid, errG := strconv.ParseUint(u.Gid, 10, 32)
		if errU != nil || errG != nil || uid == 0 {
			continue
		}
		o := owner{name: name, uid: uint32(uid), gid: uint32(gid), drop: true}
		return o.reaching(dir)
	}
	return owner{}, errors.New("started as root, but there is neither a user postgres nor a user nobody to run PostgreSQL as; install Debian's package postgresql")
}

// reaching gives o a way into dir. A checkout below /root (mode 0700) is closed
// to everybody else, so there the services keep the one capability that lets
// them pass through folders.
func (o owner) reaching(dir string) (owner, error) {
	if o.canEnter(dir) {
		return o, nil
	}
	o.reach = true
	held, err := capabilities()
	if err != nil {
		return owner{}, err
	}
	for _, c := range []uintptr{capDACReadSearch, capDACOverride} {
		if held&(1<<c) != 0 {
			o.caps = []uintptr{c}
			return o, nil
		}
	}
	return owner{}, fmt.Errorf("the user %s cannot enter %s: a folder above it is closed; choose a ZHIXING_DATA that others may enter, such as /var/lib/zhixing", o.name, dir)
}

// canEnter reports whether every folder above dir lets o pass.
func (o owner) canEnter(dir string) bool {
	for d := filepath.Dir(dir); ; d = filepath.Dir(d) {
		fi, err := os.Stat(d)
		if err != nil {
			return false
		}
		st, ok := fi.Sys().(*syscall.Stat_t)
		if !ok {
			return false
		}
		bit := os.FileMode(0o001)
		switch {
		case st.Uid == o.uid:
			bit = 0o100
		case st.Gid == o.gid:
			bit = 0o010
		}
		if fi.Mode().Perm()&bit == 0 {
			return false
		}
		if d == filepath.Dir(d) {
			return true
		}
	}
}

// own hands a file or folder to o.
func (o owner) own(path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	if err := os.Lchown(path, int(o.uid), int(o.gid)); err != nil {
		return fmt.Errorf("give %s to the user %s: %w", path, o.name, err)
	}
	return nil
}

// attr is how a child of this owner is started: in a process group of its own,
// so that Ctrl-C at the terminal reaches only us, and told by the kernel to end
// when we die.
func (o owner) attr(onParentDeath syscall.Signal) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: onParentDeath}
	if o.drop {
		a.Credential = &syscall.Credential{Uid: o.uid, Gid: o.gid}
		a.AmbientCaps = o.caps
	}
	return a
}

// capabilities returns the effective capability set of this process.
func capabilities() (uint64, error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("read own capabilities: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "CapEff:"); ok {
			n, err := strconv.ParseUint(strings.TrimSpace(v), 16, 64)
			if err != nil {
				return 0, fmt.Errorf("read own capabilities: %w", err)
			}
			return n, nil
		}
	}
	return 0, errors.New("read own capabilities: no CapEff line in /proc/self/status")
}

// forMinIO is the owner of MinIO. It asks access(2), which knows no
// capabilities, so where only a capability would let it through to its files or
// its program it runs as ourselves instead; unlike PostgreSQL it may.
func (o owner) forMinIO(bin string) owner {
	if !o.drop || (!o.reach && o.canEnter(bin)) {
		return o
	}
	return owner{name: "root", uid: uint32(os.Geteuid()), gid: uint32(os.Getegid())}
}
