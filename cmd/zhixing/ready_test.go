package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"zhixing/storage/postgres/postgrestest"
)

func testConfig(t *testing.T) Config {
	t.Helper()
	_, url := postgrestest.NewURL(t)
	cfg, err := readConfig([]string{
		"ZHIXING_DATA=" + t.TempDir(), "ZHIXING_DATABASE_URL=" + url, "ZHIXING_REDIS_URL=" + testSetting(t, "REDIS_URL"),
		"ZHIXING_S3_ENDPOINT=" + testSetting(t, "S3_ENDPOINT"), "ZHIXING_S3_ACCESS_KEY=" + testSetting(t, "S3_ACCESS_KEY"),
		"ZHIXING_S3_SECRET_KEY=" + testSetting(t, "S3_SECRET_KEY"), "ZHIXING_S3_SECURE=false", "ZHIXING_S3_BUCKET=zhixing-ready-test",
	})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func readyz(t *testing.T, p *program) (int, string) {
	t.Helper()
	resp, err := p.api.Test(httptest.NewRequest(http.MethodGet, "/readyz", http.NoBody))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b := make([]byte, 4096)
	n, _ := resp.Body.Read(b)
	return resp.StatusCode, string(b[:n])
}

// Without Redis and without objects the process stays in service and says what
// is down: exams go on. Without the database it goes out of service. Seen red by
// leaving out api.Degraded, and by leaving out the database.
func TestReadyDegradesAndFails(t *testing.T) {
	cfg := testConfig(t)
	cfg.RedisURL = "redis://127.0.0.1:1/0"
	cfg.S3.Bucket = "zhixing-no-such-bucket"
	p, err := build(t.Context(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	code, body := readyz(t, p)
	if code != http.StatusOK || !strings.Contains(body, `"redis":"down"`) || !strings.Contains(body, `"storage":"down"`) || !strings.Contains(body, `"database":"ok"`) {
		t.Errorf("without Redis and bucket: %d %s", code, body)
	}
	if err := p.close(); err != nil {
		t.Fatal(err)
	}
	if code, body := readyz(t, p); code != http.StatusServiceUnavailable || !strings.Contains(body, `"database":"down"`) {
		t.Errorf("without the database: %d %s", code, body)
	}
}

// What ends attempts by the clock is wired to begin a pass every half second: with
// worker.TestEveryPassEndsAllThatIsDue that is the 2 s of promise 2.
func TestDueAttemptsAreLookedForOften(t *testing.T) {
	p, err := build(t.Context(), testConfig(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.close() }()
	for _, s := range p.worker.Sweeps {
		if s.Name == "exam:submit_due" && s.Every <= 500*time.Millisecond {
			return
		}
	}
	t.Error("no sweep exam:submit_due every 500 ms")
}

// Two processes that start at once make one bucket.
func TestEnsureBucketTwice(t *testing.T) {
	cfg := testConfig(t)
	errs := make(chan error, 8)
	for range cap(errs) {
		go func() { errs <- ensureBucket(t.Context(), cfg.S3) }()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
