package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/minio/minio-go/v7"
)

// ensureBucket makes the bucket when it is missing.
func ensureBucket(ctx context.Context, c S3Config) error {
	client, err := openS3(c)
	if err != nil {
		return err
	}
	ok, err := client.BucketExists(ctx, c.Bucket)
	if err != nil {
		return fmt.Errorf("reach the S3 server at %s: %w", c.Endpoint, err)
	}
	if ok {
		return nil
	}
	err = client.MakeBucket(ctx, c.Bucket, minio.MakeBucketOptions{Region: c.Region})
	if answer, isAnswer := errors.AsType[minio.ErrorResponse](err); isAnswer && answer.Code == minio.BucketAlreadyOwnedByYou {
		return nil // another process was faster
	}
	if err != nil {
		return fmt.Errorf("make the bucket %s: %w", c.Bucket, err)
	}
	return nil
}
