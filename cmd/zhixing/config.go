package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"zhixing/app/identity"
)

// prefix is what every setting's name begins with. Names that begin with
// testPrefix tell the tests where their services are and mean nothing here.
const (
	prefix     = "ZHIXING_"
	testPrefix = "ZHIXING_TEST_"
)

// Config is every setting of the program. Nothing else reads the environment.
type Config struct {
	Addr           string // host:port that the API listens on
	Data           string // folder of the local stack and of temporary files
	DatabaseURL    string // "" runs a private PostgreSQL (zhixing up only)
	RedisURL       string // "" runs a private Redis (zhixing up only)
	S3             S3Config
	MediaCache     int64  // bytes of videos that the API keeps copies of in Data; 0 keeps none
	SecretKey      string // what is sealed in the database is sealed with it; "" is a file in Data
	AuditAnchor    string // file that the head of the audit log goes to; "" is one in Data
	PublicURL      string // how browsers reach us; "" derives it from the request
	TrustedProxies []netip.Prefix
	// WebhookNetworks are those of the institution that webhooks may speak to,
	// beside the public Internet.
	WebhookNetworks []netip.Prefix
	LogLevel        slog.Level
	LogFormat       string // text, json, or auto: text on a terminal
}

// S3Config says where objects are. An empty Endpoint runs a private MinIO
// (zhixing up only).
type S3Config struct {
	Endpoint  string // host:port, no scheme
	Region    string
	Bucket    string
	AccessKey string
	SecretKey string
	Secure    bool // https
}

// setting is one line of the table: its name without the prefix, the value when
// unset, what it says, and how it is checked and stored.
type setting struct {
	name   string
	def    string
	help   string
	secret bool // may also be given as <NAME>_FILE, and is never printed
	set    func(c *Config, v string) error
}

// settings is the whole table. docs/operations.md repeats it; a test compares.
var settings = []setting{
	{
		"ADDR", "127.0.0.1:8080", "Address that the API listens on, host:port. Port 0 takes a free one.", false,
		func(c *Config, v string) error { c.Addr = v; return checkHostPort(v) },
	},
	{
		"DATA", "./data", "Data folder: the local stack, copies of videos, anchors of the ledger. What a worker encodes lies in TMPDIR (see Videos).", false,
		func(c *Config, v string) error { c.Data = v; return nil },
	},
	{
		"DATABASE_URL", "", "PostgreSQL 15 or newer, postgres://…. Empty: `zhixing up` runs its own.", true,
		func(c *Config, v string) error { c.DatabaseURL = v; return checkURL(v, "postgres", "postgresql") },
	},
	{
		"REDIS_URL", "", "Redis 7 with AOF and noeviction, redis://…, rediss://… or unix://…. Empty: `zhixing up` runs its own.", true,
		func(c *Config, v string) error { c.RedisURL = v; return checkURL(v, "redis", "rediss", "unix") },
	},
	{
		"S3_ENDPOINT", "", "S3 server, host:port. Empty: `zhixing up` runs its own MinIO.", false,
		func(c *Config, v string) error { c.S3.Endpoint = v; return checkHost(v) },
	},
	{
		"S3_REGION", "cn-north-1", "Region of the bucket.", false,
		func(c *Config, v string) error { c.S3.Region = v; return nil },
	},
	{
		"S3_BUCKET", "zhixing", "Bucket for all objects; made when missing and permitted.", false,
		func(c *Config, v string) error { c.S3.Bucket = v; return checkBucket(v) },
	},
	{
		"S3_ACCESS_KEY", "", "Access key of the S3 server.", true,
		func(c *Config, v string) error { c.S3.AccessKey = v; return nil },
	},
	{
		"S3_SECRET_KEY", "", "Secret key of the S3 server.", true,
		func(c *Config, v string) error { c.S3.SecretKey = v; return nil },
	},
	{
		"S3_SECURE", "true", "Whether the S3 server is spoken to by https: true or false.", false,
		func(c *Config, v string) (err error) { c.S3.Secure, err = parseBool(v); return err },
	},
	{
		"MEDIA_CACHE", "10GB", "How much of the videos that play the API keeps copies of, in `media-cache` in the data folder, so that they go from the disk to the line: such as 500MB or 2TB. 0 keeps none. 5 GB of the disk stay free in any case.", false,
		func(c *Config, v string) (err error) { c.MediaCache, err = parseBytes(v); return err },
	},
	{
		"SECRET_KEY", "", "Key of what is sealed in the database (id numbers, second factors, secrets of identity peers): at least 32 characters, the same for every process. To change it put the new one first, a comma, then the old. Empty: `secret.key` in the data folder, which `zhixing up` makes.", true,
		func(c *Config, v string) error { c.SecretKey = v; return checkSecretKey(v) },
	},
	{
		"AUDIT_ANCHOR", "", "File that the head of the audit log is written to each minute, best on another disk or a share that the database's server cannot write. Empty: `audit.anchor` in the data folder.", false,
		func(c *Config, v string) error { c.AuditAnchor = v; return nil },
	},
	{
		"PUBLIC_URL", "", "Address that browsers use, such as https://learn.example.edu. With https the cookies are Secure.", false,
		func(c *Config, v string) error {
			c.PublicURL = strings.TrimSuffix(v, "/")
			return checkURL(v, "http", "https")
		},
	},
	{
		"WEBHOOK_NETWORKS", "", "Addresses or networks inside the institution that webhooks may be sent to, by commas: 10.20.0.0/16. Public addresses need no mention; link-local ones are refused in any case.", false,
		func(c *Config, v string) (err error) { c.WebhookNetworks, err = parsePrefixes(v); return err },
	},
	{
		"TRUSTED_PROXIES", "", "Addresses or networks whose X-Forwarded-For is believed, by commas: 10.0.0.0/8,127.0.0.1.", false,
		func(c *Config, v string) (err error) { c.TrustedProxies, err = parsePrefixes(v); return err },
	},
	{
		"LOG_LEVEL", "info", "debug, info, warn or error.", false,
		func(c *Config, v string) error { return c.LogLevel.UnmarshalText([]byte(v)) },
	},
	{
		"LOG_FORMAT", "auto", "json, text, or auto: text on a terminal, else json.", false,
		func(c *Config, v string) error { c.LogFormat = v; return checkOneOf(v, "auto", "json", "text") },
	},
}

// readConfig reads the settings from an environment (lines of NAME=value). It
// names every unknown and every malformed setting at once, and never a value:
// it may be a secret.
func readConfig(environ []string) (Config, error) {
	given := map[string]string{}
	var wrong []error
	for _, line := range environ {
		name, v, _ := strings.Cut(line, "=")
		if !strings.HasPrefix(name, prefix) || strings.HasPrefix(name, testPrefix) {
			continue
		}
		if !known(name) {
			wrong = append(wrong, unknownSetting(name))
			continue
		}
		given[name] = v
	}
	var c Config
	for _, s := range settings {
		v, err := s.value(given)
		if err == nil && (v != "" || s.def != "") {
			err = s.set(&c, v)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s%s is wrong: %w", prefix, s.name, err))
		}
	}
	wrong = append(wrong, c.check())
	return c, errors.Join(wrong...)
}

// value returns what is given for a setting, by itself or by file, or its default.
func (s setting) value(given map[string]string) (string, error) {
	v := given[prefix+s.name]
	file := given[prefix+s.name+"_FILE"]
	switch {
	case file != "" && v != "":
		return "", fmt.Errorf("it is also given as %s%s_FILE; give one of them", prefix, s.name)
	case file != "":
		b, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("its file cannot be read: %w", err)
		}
		return strings.TrimSpace(string(b)), nil
	case v != "":
		return v, nil
	}
	return s.def, nil
}

// check looks at settings that belong together.
func (c Config) check() error {
	if c.S3.Endpoint != "" && (c.S3.AccessKey == "" || c.S3.SecretKey == "") {
		return errors.New("ZHIXING_S3_ENDPOINT needs ZHIXING_S3_ACCESS_KEY and ZHIXING_S3_SECRET_KEY")
	}
	if c.S3.Endpoint == "" && (c.S3.AccessKey != "" || c.S3.SecretKey != "") {
		return errors.New("ZHIXING_S3_ACCESS_KEY and ZHIXING_S3_SECRET_KEY need ZHIXING_S3_ENDPOINT")
	}
	return nil
}

// needServices refuses a start that has no stack of its own to fall back on.
func (c Config) needServices() error {
	var missing []string
	for _, s := range []struct{ name, value string }{
		{"DATABASE_URL", c.DatabaseURL}, {"REDIS_URL", c.RedisURL}, {"S3_ENDPOINT", c.S3.Endpoint},
	} {
		if s.value == "" {
			missing = append(missing, prefix+s.name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("not set: %s (only `zhixing up` runs its own services)", strings.Join(missing, ", "))
	}
	return nil
}

// names lists every name that is understood.
func names() []string {
	var out []string
	for _, s := range settings {
		out = append(out, prefix+s.name)
		if s.secret {
			out = append(out, prefix+s.name+"_FILE")
		}
	}
	return out
}

func known(name string) bool { return slices.Contains(names(), name) }

// unknownSetting names a setting that does not exist, and the likeliest one meant.
func unknownSetting(name string) error {
	best, least := "", 4
	for _, n := range names() {
		if d := distance(name, n); d < least {
			best, least = n, d
		}
	}
	if best != "" {
		return fmt.Errorf("%s is not a setting; did you mean %s?", name, best)
	}
	return fmt.Errorf("%s is not a setting; docs/operations.md lists them", name)
}

// distance is the number of single edits between two names.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, cost)
		}
	}
	return row[len(b)]
}

func checkHostPort(v string) error {
	_, port, err := net.SplitHostPort(v)
	if err != nil {
		return errors.New("it must be host:port")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return errors.New("its port must be a number from 0 to 65535")
	}
	return nil
}

func checkHost(v string) error {
	if strings.Contains(v, "/") {
		return errors.New("it must be host or host:port, without a scheme or a path")
	}
	if strings.Contains(v, ":") {
		return checkHostPort(v)
	}
	return nil
}

func checkURL(v string, schemes ...string) error {
	u, err := url.Parse(v)
	if err != nil || !slices.Contains(schemes, u.Scheme) { // the error would repeat the value
		return fmt.Errorf("it must be a URL that begins with %s://", strings.Join(schemes, ":// or "))
	}
	return nil
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func checkBucket(v string) error {
	if !bucketName.MatchString(v) {
		return errors.New("it must be 3 to 63 of a-z, 0-9, dot and dash")
	}
	return nil
}

func checkSecretKey(v string) error {
	for part := range strings.SplitSeq(v, ",") {
		if len(strings.TrimSpace(part)) < identity.MinSecretKey {
			return fmt.Errorf("each key must have at least %d characters", identity.MinSecretKey)
		}
	}
	return nil
}

func checkOneOf(v string, allowed ...string) error {
	if !slices.Contains(allowed, v) {
		return fmt.Errorf("it must be one of %s", strings.Join(allowed, ", "))
	}
	return nil
}

// parseBytes reads an amount such as 500MB, 10GB or 2TB (thousands), or 0.
func parseBytes(v string) (int64, error) {
	for _, unit := range []struct {
		name  string
		bytes int64
	}{{"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}} {
		if digits, ok := strings.CutSuffix(v, unit.name); ok {
			if n, err := strconv.ParseUint(digits, 10, 20); err == nil {
				return int64(n) * unit.bytes, nil
			}
		}
	}
	if v == "0" {
		return 0, nil
	}
	return 0, errors.New("it must be an amount such as 500MB, 10GB or 2TB, or 0")
}

func parseBool(v string) (bool, error) {
	switch v {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, errors.New("it must be true or false")
}

func parsePrefixes(v string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for part := range strings.SplitSeq(v, ",") {
		part = strings.TrimSpace(part)
		if addr, err := netip.ParseAddr(part); err == nil {
			out = append(out, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, errors.New("each part must be an IP address or a network such as 10.0.0.0/8")
		}
		out = append(out, p)
	}
	return out, nil
}
