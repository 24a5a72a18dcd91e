// Package objecttest gives each test a bucket of its own on a real S3 server.
// Without one the test fails.
package objecttest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"os"
	"testing"
	"time"

	"zhixing/storage/object"
)

// prefix and second name the variables of the reference server and of an
// optional second one (…_ENDPOINT, …_ACCESS_KEY, …_SECRET_KEY, …_REGION).
const (
	prefix = "ZHIXING_TEST_S3"
	second = "ZHIXING_TEST_S3_SECOND"
)

// New opens a fresh bucket on the reference server; it is emptied at the end.
func New(t testing.TB) *object.Store {
	t.Helper()
	s, _ := open(t, prefix)
	return s
}

// NewOptions is New that also tells how another process opens the same bucket.
func NewOptions(t testing.TB) (*object.Store, object.Options) {
	t.Helper()
	return open(t, prefix)
}

// Servers names every server that the environment gives, for the contract.
func Servers(t testing.TB) map[string]func(testing.TB) *object.Store {
	t.Helper()
	s := map[string]func(testing.TB) *object.Store{"reference": New}
	if os.Getenv(second+"_ENDPOINT") != "" {
		s["second"] = func(t testing.TB) *object.Store {
			t.Helper()
			s, _ := open(t, second)
			return s
		}
	}
	return s
}

func open(t testing.TB, env string) (*object.Store, object.Options) {
	t.Helper()
	o := object.Options{
		Endpoint: os.Getenv(env + "_ENDPOINT"), AccessKey: os.Getenv(env + "_ACCESS_KEY"),
		SecretKey: os.Getenv(env + "_SECRET_KEY"), Region: os.Getenv(env + "_REGION"),
	}
	if o.Endpoint == "" {
		t.Fatalf("%s_ENDPOINT is not set: run the tests with make test", env)
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	b := make([]byte, 8)
	_, _ = rand.Read(b)
	o.Bucket = "test-" + hex.EncodeToString(b)
	s, err := object.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.Drop(ctx); err != nil {
			t.Error(err)
		}
	})
	return s, o
}
