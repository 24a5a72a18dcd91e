package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadConfigDefaults(t *testing.T) {
	c, err := readConfig([]string{"PATH=/bin", "ZHIXING_TEST_ANYTHING=1"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "127.0.0.1:8080" || c.Data != "./data" || c.DatabaseURL != "" || c.S3.Region != "cn-north-1" || c.S3.Bucket != "zhixing" || c.MediaCache != 10e9 || c.LogLevel != slog.LevelInfo {
		t.Errorf("defaults = %+v", c)
	}
}

func TestReadConfigAll(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := readConfig([]string{
		"ZHIXING_ADDR=:0", "ZHIXING_DATA=/srv/zx", "ZHIXING_DATABASE_URL=postgres://u:p@db/zhixing", "ZHIXING_REDIS_URL=redis://r:6379/0",
		"ZHIXING_S3_ENDPOINT=s3.example.edu:9000", "ZHIXING_S3_ACCESS_KEY=a", "ZHIXING_S3_SECRET_KEY_FILE=" + secret, "ZHIXING_S3_SECURE=false",
		"ZHIXING_PUBLIC_URL=https://learn.example.edu/", "ZHIXING_TRUSTED_PROXIES=10.0.0.0/8, 127.0.0.1", "ZHIXING_LOG_LEVEL=debug", "ZHIXING_LOG_FORMAT=json",
		"ZHIXING_MEDIA_CACHE=2TB",
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.S3.SecretKey != "s3cret" || c.S3.Secure || c.PublicURL != "https://learn.example.edu" || len(c.TrustedProxies) != 2 || c.LogLevel != slog.LevelDebug || c.MediaCache != 2e12 {
		t.Errorf("config = %+v", c)
	}
}

// What is unknown or malformed refuses the start by its name, and never shows
// the value, which may be a password.
func TestReadConfigRefuses(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"unknown", "ZHIXING_COLOUR=hunter2", "ZHIXING_COLOUR is not a setting"},
		{"misspelt", "ZHIXING_DATABASE_ULR=hunter2", "did you mean ZHIXING_DATABASE_URL?"},
		{"file of what is no secret", "ZHIXING_ADDR_FILE=hunter2", "ZHIXING_ADDR_FILE is not a setting"},
		{"address", "ZHIXING_ADDR=hunter2", "ZHIXING_ADDR is wrong"},
		{"port", "ZHIXING_ADDR=hunter2:99999", "ZHIXING_ADDR is wrong"},
		{"database", "ZHIXING_DATABASE_URL=mysql://u:hunter2@x", "ZHIXING_DATABASE_URL is wrong"},
		{"unparsable", "ZHIXING_DATABASE_URL=postgres://u:hunter2@x:port/", "ZHIXING_DATABASE_URL is wrong"},
		{"redis", "ZHIXING_REDIS_URL=hunter2", "ZHIXING_REDIS_URL is wrong"},
		{"endpoint", "ZHIXING_S3_ENDPOINT=http://hunter2", "ZHIXING_S3_ENDPOINT is wrong"},
		{"endpoint alone", "ZHIXING_S3_ENDPOINT=s3:9000", "needs ZHIXING_S3_ACCESS_KEY"},
		{"key alone", "ZHIXING_S3_SECRET_KEY=hunter2", "need ZHIXING_S3_ENDPOINT"},
		{"bucket", "ZHIXING_S3_BUCKET=Hunter2", "ZHIXING_S3_BUCKET is wrong"},
		{"bool", "ZHIXING_S3_SECURE=hunter2", "ZHIXING_S3_SECURE is wrong"},
		{"public", "ZHIXING_PUBLIC_URL=hunter2", "ZHIXING_PUBLIC_URL is wrong"},
		{"proxies", "ZHIXING_TRUSTED_PROXIES=hunter2", "ZHIXING_TRUSTED_PROXIES is wrong"},
		{"level", "ZHIXING_LOG_LEVEL=loud", "ZHIXING_LOG_LEVEL is wrong"},
		{"format", "ZHIXING_LOG_FORMAT=hunter2", "ZHIXING_LOG_FORMAT is wrong"},
		{"amount", "ZHIXING_MEDIA_CACHE=hunter2GB", "ZHIXING_MEDIA_CACHE is wrong"},
		{"amount without a unit", "ZHIXING_MEDIA_CACHE=1000", "ZHIXING_MEDIA_CACHE is wrong"},
		{"missing file", "ZHIXING_DATABASE_URL_FILE=/no/such/file", "ZHIXING_DATABASE_URL is wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readConfig([]string{c.line})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error = %v, want %q in it", err, c.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows the value: %v", err)
			}
		})
	}
}

func TestReadConfigNamesAllAtOnce(t *testing.T) {
	_, err := readConfig([]string{"ZHIXING_NO=1", "ZHIXING_ADDR=x", "ZHIXING_DATABASE_URL=postgres://a", "ZHIXING_DATABASE_URL_FILE=/x"})
	for _, want := range []string{"ZHIXING_NO ", "ZHIXING_ADDR ", "ZHIXING_DATABASE_URL is wrong: it is also given"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want %q in it", err, want)
		}
	}
}

func TestNeedServices(t *testing.T) {
	err := Config{RedisURL: "redis://x"}.needServices()
	if err == nil || !strings.Contains(err.Error(), "ZHIXING_DATABASE_URL, ZHIXING_S3_ENDPOINT") {
		t.Errorf("error = %v", err)
	}
}
