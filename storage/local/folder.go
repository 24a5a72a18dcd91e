package local

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
)

// maxSocketFolder keeps "<folder>/.s.PGSQL.5432.lock" within the 107 bytes that
// the kernel allows a unix socket's name.
const maxSocketFolder = 80

// folders are the places in the data folder.
type folders struct {
	root     string // lock, secrets.json, <part>.pid: ours
	sockets  string // unix sockets; the services' own, closed to others
	logs     string // <part>.log, what each part prints
	postgres string
	redis    string
	minio    string
}

func (f folders) of(part string) string  { return filepath.Join(f.root, part) }
func (f folders) redisSocket() string    { return filepath.Join(f.sockets, "redis.sock") }
func (f folders) port() string           { return filepath.Join(f.root, "minio.port") }
func (f folders) secrets() string        { return filepath.Join(f.root, "secrets.json") }
func (f folders) pid(part string) string { return filepath.Join(f.root, part+".pid") }
func (f folders) log(part string) string { return filepath.Join(f.logs, part+".log") }

// foldersOf names the places; the sockets move to /tmp when their names would
// be too long for the kernel.
func foldersOf(dir string) folders {
	f := folders{
		root: dir, sockets: filepath.Join(dir, "run"), logs: filepath.Join(dir, "log"),
		postgres: filepath.Join(dir, Postgres), redis: filepath.Join(dir, Redis), minio: filepath.Join(dir, MinIO),
	}
	if len(f.sockets) > maxSocketFolder {
		sum := sha256.Sum256([]byte(dir))
		f.sockets = filepath.Join(os.TempDir(), "zhixing-"+hex.EncodeToString(sum[:8]))
	}
	return f
}

// endpoints are how to reach what runs here, but for the port of MinIO.
func (f folders) endpoints(keys secrets) Endpoints {
	redis := url.URL{Scheme: "unix", Path: f.redisSocket(), RawQuery: "db=0"}
	return Endpoints{
		DatabaseURL:      socketURL(f.sockets, "zhixing", keys.DatabasePassword, "zhixing"),
		SuperDatabaseURL: socketURL(f.sockets, "postgres", keys.SuperPassword, "postgres"),
		RedisURL:         redis.String(),
		S3AccessKey:      keys.S3AccessKey,
		S3SecretKey:      keys.S3SecretKey,
	}
}

// makeFolders makes what is missing. The data folder may be passed through but
// not listed by others; what is inside belongs to the services alone.
func makeFolders(dir string, who owner) (folders, error) {
	f := foldersOf(dir)
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // G302: the services' user must pass through; its content is closed
		return f, fmt.Errorf("set the data folder's permissions: %w", err)
	}
	for _, d := range []string{f.sockets, f.logs, f.redis} {
		if err := makeOwned(d, who); err != nil {
			return f, err
		}
	}
	return f, nil
}

// makeOwned makes one folder of the services, or checks that the one that is
// there is theirs and nobody else's (the socket folder may lie in /tmp).
func makeOwned(dir string, who owner) error {
	err := os.Mkdir(dir, 0o700)
	switch {
	case err == nil:
		return who.own(dir)
	case !errors.Is(err, fs.ErrExist):
		return fmt.Errorf("make %s: %w", dir, err)
	}
	fi, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("look at %s: %w", dir, err)
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !fi.IsDir() || !ok || (st.Uid != who.uid && (os.Geteuid() != 0 || stickyAbove(dir))) {
		return fmt.Errorf("%s is not a folder of the user %s: the data folder was used by another user; start as that one, or choose another ZHIXING_DATA", dir, who.name)
	}
	if st.Uid == who.uid {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error { // it ran as ourselves before
		if err != nil {
			return fmt.Errorf("look through %s: %w", dir, err)
		}
		return who.own(path)
	})
}

// stickyAbove reports whether dir lies where anybody may make folders, as in /tmp.
func stickyAbove(dir string) bool {
	fi, err := os.Stat(filepath.Dir(dir))
	return err != nil || fi.Mode()&os.ModeSticky != 0
}

// secrets are made once and kept in the data folder, readable by us alone.
type secrets struct {
	SuperPassword    string `json:"postgres_superuser_password"`
	DatabasePassword string `json:"database_password"`
	S3AccessKey      string `json:"s3_access_key"`
	S3SecretKey      string `json:"s3_secret_key"`
}

func loadSecrets(f folders) (secrets, error) {
	s, err := readSecrets(f)
	if errors.Is(err, fs.ErrNotExist) {
		s = secrets{random(24), random(24), "zx" + random(9), random(24)}
		return s, saveSecrets(f.secrets(), s)
	}
	return s, err
}

func readSecrets(f folders) (secrets, error) {
	b, err := os.ReadFile(f.secrets())
	if err != nil {
		return secrets{}, fmt.Errorf("read the stack's credentials: %w", err)
	}
	var s secrets
	if err := json.Unmarshal(b, &s); err != nil {
		return secrets{}, fmt.Errorf("read the stack's credentials in %s: %w", f.secrets(), err)
	}
	return s, nil
}

func saveSecrets(path string, s secrets) error {
	b, err := json.MarshalIndent(s, "", "  ") //nolint:gosec // G117: this file is where they are kept
	if err != nil {
		return fmt.Errorf("write the stack's credentials: %w", err)
	}
	return writeFile(path, append(b, '\n'))
}

// writeFile replaces a file of ours as a whole, readable by us alone.
func writeFile(path string, b []byte) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// random returns n random bytes in hex.
func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b)
}
