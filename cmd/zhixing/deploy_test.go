package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"zhixing/app/api"
	"zhixing/domain/sheet"
)

// composeFile is what the tests look at of docker-compose.yml.
type composeFile struct {
	Services map[string]struct {
		Image       string            `yaml:"image"`
		Build       map[string]string `yaml:"build"`
		Command     []string          `yaml:"command"`
		Environment map[string]string `yaml:"environment"`
		Volumes     []string          `yaml:"volumes"`
		Ports       []string          `yaml:"ports"`
		Networks    []string          `yaml:"networks"`
		DependsOn   map[string]struct {
			Condition string `yaml:"condition"`
		} `yaml:"depends_on"`
		Healthcheck struct {
			Test    []string `yaml:"test"`
			Disable bool     `yaml:"disable"`
		} `yaml:"healthcheck"`
	} `yaml:"services"`
	Volumes  map[string]any `yaml:"volumes"`
	Networks map[string]struct {
		Internal bool `yaml:"internal"`
	} `yaml:"networks"`
}

func readRoot(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func readCompose(t *testing.T) composeFile {
	t.Helper()
	var c composeFile
	if err := yaml.Unmarshal([]byte(readRoot(t, "docker-compose.yml")), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// variable is ${NAME}, ${NAME:-default} or ${NAME:?message}.
var variable = regexp.MustCompile(`\$\{(\w+)(:[-?]([^}]*))?\}`)

// expand does what compose does, with every required variable set.
func expand(v string) string {
	return variable.ReplaceAllStringFunc(v, func(m string) string {
		part := variable.FindStringSubmatch(m)
		if strings.HasPrefix(part[2], ":-") {
			return part[3]
		}
		return "s3cret-" + strings.ToLower(part[1]) + "-0123456789abcdef0123456789abcdef"
	})
}

// What compose hands to the program is a whole, valid set of settings.
func TestComposeSettingsAreOurs(t *testing.T) {
	c := readCompose(t)
	for _, name := range []string{"api", "worker", "migrate"} {
		var environ []string
		for k, v := range c.Services[name].Environment {
			environ = append(environ, k+"="+expand(v))
		}
		cfg, err := readConfig(environ)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := cfg.needServices(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !strings.HasPrefix(cfg.PublicURL, "https://") || len(cfg.TrustedProxies) == 0 {
			t.Errorf("%s: behind Caddy it needs an https public URL and trusted proxies", name)
		}
		if cmd := c.Services[name].Command; len(cmd) != 1 || !isCommand(cmd[0]) {
			t.Errorf("%s: command %v is none of ours", name, cmd)
		}
	}
}

func isCommand(name string) bool {
	for _, c := range commands() {
		if c.Name == name {
			return true
		}
	}
	return false
}

// Services are whole: pinned, checked, restarted in order, and what must not be
// reached from outside cannot be.
func TestComposeServices(t *testing.T) {
	c := readCompose(t)
	for _, name := range []string{"caddy", "api", "worker", "migrate", "postgres", "redis", "minio"} {
		if _, ok := c.Services[name]; !ok {
			t.Errorf("no service %s", name)
		}
	}
	exact := regexp.MustCompile(`^[a-z/]+:\d+\.\d+(\.\d+)?[a-z0-9.-]*$`)
	for name, s := range c.Services {
		if s.Build == nil && !exact.MatchString(s.Image) {
			t.Errorf("%s: the image %q is not pinned to a version", name, s.Image)
		}
		if len(s.Healthcheck.Test) == 0 && !s.Healthcheck.Disable {
			t.Errorf("%s has no healthcheck", name)
		}
		if len(s.Ports) > 0 && name != "caddy" {
			t.Errorf("%s is published; only caddy may be", name)
		}
		for other := range s.DependsOn {
			if _, ok := c.Services[other]; !ok {
				t.Errorf("%s depends on %s, which does not exist", name, other)
			}
		}
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if _, ok := c.Volumes[from]; !ok && !strings.HasPrefix(from, "./") {
				t.Errorf("%s: the volume %s is not declared", name, from)
			}
		}
	}
	for _, name := range []string{"postgres", "redis", "minio"} {
		s := c.Services[name]
		if !slices.Equal(s.Networks, []string{"back"}) || !c.Networks["back"].Internal {
			t.Errorf("%s must be on the internal network alone, is on %v", name, s.Networks)
		}
		if len(s.Volumes) == 0 {
			t.Errorf("%s keeps its data in no volume", name)
		}
	}
	// Webhooks leave from the worker, and nothing comes in to it. Seen red with the
	// worker on the internal network alone, as it was: no webhook could leave.
	worker := c.Services["worker"].Networks
	if slices.Contains(worker, "front") || !slices.ContainsFunc(worker, func(n string) bool { return !c.Networks[n].Internal }) {
		t.Errorf("worker is on %v; it needs a way out, and not the one by which readers come in", worker)
	}
	redis := strings.Join(c.Services["redis"].Command, " ")
	if !strings.Contains(redis, "--appendonly yes") || !strings.Contains(redis, "--maxmemory-policy noeviction") {
		t.Errorf("redis runs as %q; the queue needs AOF and noeviction", redis)
	}
	if !strings.Contains(c.Services["postgres"].Environment["POSTGRES_INITDB_ARGS"], "--data-checksums") {
		t.Error("postgres runs without checksums")
	}
}

// Caddy lets through what the API takes, and little more.
// Seen red at 18MB, as it was: documents and lists of 18 to 20 MiB were cut off
// in front of the server that takes them.
func TestCaddyLetsEveryBodyThrough(t *testing.T) {
	m := regexp.MustCompile(`(?m)^\s*max_size (\d+)MB\b`).FindStringSubmatch(readRoot(t, "deploy/Caddyfile"))
	if m == nil {
		t.Fatal("no max_size in MB")
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	if got := n * 1_000_000; got < api.LargestBody || got > api.LargestBody*5/4 || api.LargestBody < sheet.MaxBytes {
		t.Errorf("Caddy takes %d bytes, the API %d, a sheet may have %d", got, api.LargestBody, sheet.MaxBytes)
	}
}

// The image is built in stages, runs as nobody special, knows only our settings
// and the same MinIO as the set-up script.
func TestDockerfile(t *testing.T) {
	docker := readRoot(t, "Dockerfile")
	for _, m := range regexp.MustCompile(`ZHIXING_\w+`).FindAllString(docker, -1) {
		if !known(m) {
			t.Errorf("%s is not a setting", m)
		}
	}
	from := regexp.MustCompile(`(?m)^FROM (\S+) AS (\w[\w-]*)$`).FindAllStringSubmatch(docker, -1)
	if len(from) < 3 {
		t.Fatalf("found %d stages", len(from))
	}
	var stages []string
	for _, f := range from {
		stages = append(stages, f[2])
		if _, tag, ok := strings.Cut(f[1], ":"); !ok || tag == "latest" {
			t.Errorf("stage %s: %s is not pinned", f[2], f[1])
		}
	}
	for name, s := range readCompose(t).Services {
		if s.Build != nil && !slices.Contains(stages, s.Build["target"]) {
			t.Errorf("compose builds %s from stage %q, which does not exist", name, s.Build["target"])
		}
	}
	_, last, _ := strings.Cut(docker, " AS zhixing\n")
	if !strings.Contains(last, "\nUSER zhixing\n") {
		t.Error("the image runs as root")
	}
	setup := readRoot(t, "scripts/setup.sh")
	pinned := regexp.MustCompile(`(?m)^minio=(\S+)$`).FindStringSubmatch(setup)
	if pinned == nil || !strings.Contains(docker, "github.com/minio/minio@"+pinned[1]) {
		t.Errorf("Dockerfile and scripts/setup.sh build different MinIOs")
	}
}

// What the Dockerfile copies is there, and every Go folder of the root is copied.
func TestDockerfileCopies(t *testing.T) {
	docker := readRoot(t, "Dockerfile")
	for _, dir := range []string{"cmd", "app", "domain", "storage", "worker"} {
		if !strings.Contains(docker, "COPY "+dir+"/ "+dir+"/\n") {
			t.Errorf("the folder %s is not copied", dir)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^COPY ([^-].*) \S+$`).FindAllStringSubmatch(docker, -1) {
		for src := range strings.FieldsSeq(m[1]) {
			if src == "frontend/dist/" {
				continue
			}
			if _, err := os.Stat(filepath.Join("..", "..", src)); err != nil {
				t.Errorf("it copies %s: %v", src, err)
			}
		}
	}
}

// Nothing that is committed names a package registry's host.
func TestLockFileNamesNoHost(t *testing.T) {
	if strings.Contains(readRoot(t, "frontend/package-lock.json"), `"resolved"`) {
		t.Error("package-lock.json holds resolved addresses; npm reads frontend/.npmrc only inside frontend/")
	}
}
