package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"zhixing/storage/local"
	"zhixing/storage/postgres"

	"github.com/jackc/pgx/v5"
	"github.com/minio/minio-go/v7"
)

// mostSkew is how far this machine's clock may be from the database's. People
// see times of both; the database's decides.
const mostSkew = 2 * time.Second

// services looks at the three services, wherever they are.
func (d *doctor) services(ctx context.Context, c Config) {
	if c.DatabaseURL == "" {
		d.note("database", "not running; `zhixing up` starts it")
	} else {
		d.database(ctx, c.DatabaseURL)
	}
	if c.RedisURL == "" {
		d.note("redis", "not running; `zhixing up` starts it")
	} else {
		d.redis(ctx, c.RedisURL)
	}
	if c.S3.Endpoint == "" {
		d.note("storage", "not running; `zhixing up` starts it")
	} else {
		d.storage(ctx, c.S3)
	}
}

func (d *doctor) database(ctx context.Context, url string) {
	ctx, cancel := context.WithTimeout(ctx, doctorLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		d.bad("database", "cannot be reached with ZHIXING_DATABASE_URL: "+plain(err))
		return
	}
	defer func() { _ = conn.Close(ctx) }()
	var major int
	var commit, fsync, encoding string
	var there time.Time
	asked := time.Now()
	err = conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int / 10000, current_setting('synchronous_commit'),
		current_setting('fsync'), current_setting('server_encoding'), clock_timestamp()`).Scan(&major, &commit, &fsync, &encoding, &there)
	if err != nil {
		d.bad("database", "does not answer: "+plain(err))
		return
	}
	here := asked.Add(time.Since(asked) / 2)
	switch {
	case major < local.PostgresMajor:
		d.bad("database", fmt.Sprintf("is PostgreSQL %d; %d or newer is needed", major, local.PostgresMajor))
	case fsync != "on":
		d.bad("database", "runs with fsync=off: a power cut loses answers that were shown as saved; set fsync=on")
	case encoding != "UTF8":
		d.bad("database", "has the encoding "+encoding+"; make one with UTF8")
	default:
		d.good("database", fmt.Sprintf("PostgreSQL %d answers", major))
	}
	if commit == "off" {
		d.note("database", "its default is synchronous_commit=off; our own connections turn it on")
	}
	if skew := there.Sub(here).Abs(); skew > mostSkew {
		d.bad("clock", fmt.Sprintf("this machine's clock is %s away from the database's; set up time synchronisation (NTP)", skew.Round(time.Millisecond)))
	} else {
		d.good("clock", "agrees with the database's")
	}
	d.schema(ctx, url)
}

func (d *doctor) schema(ctx context.Context, url string) {
	n, err := postgres.Pending(ctx, url)
	switch {
	case err != nil:
		d.bad("schema", "cannot be read: "+plain(err))
	case n > 0:
		d.bad("schema", fmt.Sprintf("lacks %d migrations; run `zhixing migrate`", n))
	case n < 0:
		d.bad("schema", "is newer than this binary; install the newer zhixing")
	default:
		d.good("schema", "is up to date")
	}
}

func (d *doctor) redis(ctx context.Context, url string) {
	ctx, cancel := context.WithTimeout(ctx, doctorLimit)
	defer cancel()
	client, err := openRedis(url)
	if err != nil {
		d.bad("redis", err.Error())
		return
	}
	defer func() { _ = client.Close() }()
	if err := client.Ping(ctx).Err(); err != nil {
		d.bad("redis", "cannot be reached with ZHIXING_REDIS_URL: "+plain(err))
		return
	}
	d.good("redis", "answers")
	for _, s := range []struct{ name, want, why string }{
		{"maxmemory-policy", "noeviction", "it may throw queued jobs away when its memory is full (they come back, but late); set maxmemory-policy noeviction"},
		{"appendonly", "yes", "it forgets queued jobs at a restart (they come back, but late); set appendonly yes"},
	} {
		got, err := client.ConfigGet(ctx, s.name).Result()
		switch {
		case err != nil:
			d.note("redis", "does not tell its "+s.name+" (a hosted one may not); make sure that it is "+s.want)
		case got[s.name] != s.want:
			d.bad("redis", s.why)
		}
	}
}

func (d *doctor) storage(ctx context.Context, c S3Config) {
	ctx, cancel := context.WithTimeout(ctx, doctorLimit)
	defer cancel()
	client, err := openS3(c)
	if err != nil {
		d.bad("storage", plain(err))
		return
	}
	ok, err := client.BucketExists(ctx, c.Bucket)
	if err != nil {
		d.bad("storage", fmt.Sprintf("the S3 server %s refuses or does not answer: %s", c.Endpoint, plain(err)))
		return
	}
	if !ok {
		d.bad("storage", fmt.Sprintf("the bucket %s does not exist; `zhixing serve` makes it if the key permits", c.Bucket))
		return
	}
	key := fmt.Sprintf("doctor/%d", time.Now().UnixNano())
	body := []byte("zhixing doctor")
	if _, err := client.PutObject(ctx, c.Bucket, key, bytes.NewReader(body), int64(len(body)), minio.PutObjectOptions{}); err != nil {
		d.bad("storage", "nothing can be written to the bucket: "+plain(err))
		return
	}
	if err := client.RemoveObject(ctx, c.Bucket, key, minio.RemoveObjectOptions{}); err != nil {
		d.bad("storage", "nothing can be removed from the bucket: "+plain(err))
		return
	}
	d.good("storage", fmt.Sprintf("bucket %s at %s can be written", c.Bucket, c.Endpoint))
}

// plain is the last and plainest part of an error, without the URL that a
// driver may repeat.
func plain(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 && strings.Contains(text[:i], "://") {
		return text[i+2:]
	}
	return text
}

// getsOK reports whether a GET of the address answers 200.
func getsOK(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, doctorLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
