// Package object keeps large bytes in an S3 store: uploads by parts, renditions
// read by ranges. The database row, not a bucket listing, is the truth about
// what exists.
package object

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"zhixing/domain/media"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Options say where the store is.
type Options struct {
	Endpoint  string // host:port
	AccessKey string
	SecretKey string
	Region    string // always set: an empty one costs a request before each signature
	Bucket    string
	Secure    bool // https
}

// Store is media.Objects on one bucket.
type Store struct {
	core   minio.Core
	bucket string
	region string
}

var _ media.Objects = (*Store)(nil)

// Open makes a client; nothing is sent yet.
func Open(o Options) (*Store, error) {
	if o.Region == "" {
		return nil, errors.New("the S3 region is not set")
	}
	transport := &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConns:          256,
		MaxIdleConnsPerHost:   256,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 60 * time.Second,
		DisableCompression:    true,
		ReadBufferSize:        64 << 10,
		WriteBufferSize:       64 << 10,
	}
	core, err := minio.NewCore(o.Endpoint, &minio.Options{
		Creds: credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""), Secure: o.Secure, Region: o.Region,
		BucketLookup: minio.BucketLookupPath, Transport: transport, MaxRetries: 3,
	})
	if err != nil {
		return nil, fmt.Errorf("S3 client: %w", err)
	}
	return &Store{core: *core, bucket: o.Bucket, region: o.Region}, nil
}

// Ensure makes the bucket if it is not there. Two at once both succeed.
func (s *Store) Ensure(ctx context.Context) error {
	ok, err := s.core.BucketExists(ctx, s.bucket)
	if err != nil {
		return fmt.Errorf("look for bucket %s: %w", s.bucket, err)
	}
	if ok {
		return nil
	}
	err = s.core.MakeBucket(ctx, s.bucket, minio.MakeBucketOptions{Region: s.region})
	if code(err) == "BucketAlreadyOwnedByYou" || code(err) == "BucketAlreadyExists" {
		return nil
	}
	return wrap(err, "make bucket", s.bucket)
}

// Ping reports whether the bucket answers.
func (s *Store) Ping(ctx context.Context) error {
	ok, err := s.core.BucketExists(ctx, s.bucket)
	if err == nil && !ok {
		err = errors.New("no such bucket")
	}
	return wrap(err, "reach bucket", s.bucket)
}

// StartUpload implements media.Objects.
func (s *Store) StartUpload(ctx context.Context, key string) (string, error) {
	id, err := s.core.NewMultipartUpload(ctx, s.bucket, key, minio.PutObjectOptions{ContentType: "application/octet-stream"})
	return id, wrap(err, "start upload", key)
}

// PutPart implements media.Objects. The signature covers sum, so the server
// refuses a body that is not what was meant.
func (s *Store) PutPart(ctx context.Context, key, uploadID string, n int, body []byte, sum string) (string, error) {
	p, err := s.core.PutObjectPart(ctx, s.bucket, key, uploadID, n, bytes.NewReader(body), int64(len(body)),
		minio.PutObjectPartOptions{Sha256Hex: sum, DisableContentSha256: true})
	return p.ETag, wrap(err, "put part", key)
}

// CompleteUpload implements media.Objects.
func (s *Store) CompleteUpload(ctx context.Context, key, uploadID string, parts []media.Part) error {
	done := make([]minio.CompletePart, len(parts))
	for i, p := range parts {
		done[i] = minio.CompletePart{PartNumber: p.Number, ETag: p.ETag}
	}
	_, err := s.core.CompleteMultipartUpload(ctx, s.bucket, key, uploadID, done, minio.PutObjectOptions{})
	return wrap(err, "complete upload", key)
}

// AbortUpload implements media.Objects.
func (s *Store) AbortUpload(ctx context.Context, key, uploadID string) error {
	err := wrap(s.core.AbortMultipartUpload(ctx, s.bucket, key, uploadID), "abort upload", key)
	if errors.Is(err, media.ErrNoUpload) {
		return nil
	}
	return err
}

// UploadParts implements media.Objects.
func (s *Store) UploadParts(ctx context.Context, key, uploadID string) ([]media.Part, error) {
	var parts []media.Part
	for marker := 0; ; {
		res, err := s.core.ListObjectParts(ctx, s.bucket, key, uploadID, marker, 1000)
		if err != nil {
			return nil, wrap(err, "list parts", key)
		}
		for _, p := range res.ObjectParts {
			parts = append(parts, media.Part{Number: p.PartNumber, Size: p.Size, ETag: strings.Trim(p.ETag, `"`), StoredAt: p.LastModified})
		}
		if !res.IsTruncated || res.NextPartNumberMarker <= marker {
			return parts, nil
		}
		marker = res.NextPartNumberMarker
	}
}

// Put implements media.Objects. The size must be true: a store that was told
// none would buffer, and one that was told wrong is refused.
func (s *Store) Put(ctx context.Context, key, contentType string, size int64, body io.Reader) error {
	if size < 0 {
		return fmt.Errorf("put %s: the size is not known", key)
	}
	info, err := s.core.Client.PutObject(ctx, s.bucket, key, body, size, minio.PutObjectOptions{ContentType: contentType, PartSize: partSize})
	if err == nil && info.Size != size {
		err = fmt.Errorf("stored %d of %d bytes", info.Size, size)
	}
	return wrap(err, "put", key)
}

// Get implements media.Objects. Nothing is buffered: the reader is the
// connection.
func (s *Store) Get(ctx context.Context, key string, from, to int64) (io.ReadCloser, error) {
	var o minio.GetObjectOptions
	if from > 0 || to >= 0 {
		if to < 0 {
			to = 0 // minio-go: from..0 means to the end
		}
		if err := o.SetRange(from, to); err != nil {
			return nil, fmt.Errorf("get %s: %w", key, err)
		}
	}
	body, _, _, err := s.core.GetObject(ctx, s.bucket, key, o)
	if err != nil {
		return nil, wrap(err, "get", key)
	}
	return body, nil
}

// Size implements media.Objects.
func (s *Store) Size(ctx context.Context, key string) (int64, error) {
	info, err := s.core.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{})
	return info.Size, wrap(err, "stat", key)
}

// Keys implements media.Objects.
func (s *Store) Keys(ctx context.Context, prefix string, limit int) ([]string, error) {
	ctx, cancel := context.WithCancel(ctx) // the listing stops when we have enough
	defer cancel()
	var keys []string
	for info := range s.core.Client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true, MaxKeys: min(limit, 1000)}) {
		if info.Err != nil {
			return nil, wrap(info.Err, "list", prefix)
		}
		keys = append(keys, info.Key)
		if len(keys) >= limit {
			break
		}
	}
	return keys, nil
}

// RemovePrefix implements media.Objects.
func (s *Store) RemovePrefix(ctx context.Context, prefix string) error {
	for {
		keys, err := s.Keys(ctx, prefix, 1000)
		if err != nil {
			return err
		}
		for _, k := range keys {
			if err := s.core.RemoveObject(ctx, s.bucket, k, minio.RemoveObjectOptions{}); err != nil {
				return wrap(err, "remove", k)
			}
		}
		if len(keys) < 1000 {
			return nil
		}
	}
}

// code is the S3 error code of err, "" if it has none.
func code(err error) string {
	if resp, ok := errors.AsType[minio.ErrorResponse](err); ok {
		return resp.Code
	}
	return ""
}

// wrap names what was done and turns the errors that use cases act on into
// media's.
func wrap(err error, doing, key string) error {
	if err == nil {
		return nil
	}
	switch code(err) {
	case "NoSuchKey", "NotFound":
		return fmt.Errorf("%s %s: %w", doing, key, media.ErrNoObject)
	case "NoSuchUpload":
		return fmt.Errorf("%s %s: %w", doing, key, media.ErrNoUpload)
	case "InvalidPart", "InvalidPartOrder", "EntityTooSmall":
		return fmt.Errorf("%s %s: %w", doing, key, media.ErrParts)
	}
	return fmt.Errorf("%s %s: %w", doing, key, err)
}

// Drop removes the bucket and everything in it.
func (s *Store) Drop(ctx context.Context) error {
	if err := s.RemovePrefix(ctx, ""); err != nil {
		return err
	}
	return wrap(s.core.RemoveBucket(ctx, s.bucket), "remove bucket", s.bucket)
}
