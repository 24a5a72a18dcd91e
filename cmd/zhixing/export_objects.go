package main

import (
	"context"
	"fmt"
	"io"

	"github.com/minio/minio-go/v7"

	"zhixing/domain/hours"
)

// exportObjects keeps the files of exports in the bucket.
type exportObjects struct {
	client *minio.Client
	bucket string
}

var _ hours.Objects = exportObjects{}

// Put implements hours.Objects.
func (o exportObjects) Put(ctx context.Context, key, contentType string, size int64, body io.Reader) error {
	_, err := o.client.PutObject(ctx, o.bucket, key, body, size, minio.PutObjectOptions{ContentType: contentType})
	return err
}

// Get implements hours.Objects. The first byte is asked for at once, so that a
// missing object is an error here and not in the middle of an answer.
func (o exportObjects) Get(ctx context.Context, key string, from, to int64) (io.ReadCloser, error) {
	opts := minio.GetObjectOptions{}
	if from > 0 || to >= 0 {
		if err := opts.SetRange(from, max(0, to)); err != nil {
			return nil, fmt.Errorf("range of %s: %w", key, err)
		}
	}
	obj, err := o.client.GetObject(ctx, o.bucket, key, opts)
	if err != nil {
		return nil, err
	}
	if _, err := obj.Stat(); err != nil {
		_ = obj.Close()
		return nil, err
	}
	return obj, nil
}

// RemovePrefix implements hours.Objects.
func (o exportObjects) RemovePrefix(ctx context.Context, prefix string) error {
	for obj := range o.client.ListObjects(ctx, o.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if obj.Err != nil {
			return obj.Err
		}
		if err := o.client.RemoveObject(ctx, o.bucket, obj.Key, minio.RemoveObjectOptions{}); err != nil {
			return err
		}
	}
	return nil
}
