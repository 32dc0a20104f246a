// Where backups lie in the bucket.
package controller

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bodybroker/platform/catalog"
)

// newestKey is the object that names the newest backup of which no stream failed.
const newestKey = catalog.BackupPrefix + "latest"

func contentsKey(taken string) string { return catalog.BackupPrefix + taken + "/contents.json" }
func manifestKey(taken, stream string) string {
	return catalog.BackupPrefix + taken + "/" + stream + "/manifest.json"
}

func partKey(taken, stream string, number int) string {
	return fmt.Sprintf("%s%s/%s/snapshot/%05d", catalog.BackupPrefix, taken, stream, number)
}

// vault is the bucket of backups.
type vault struct {
	client *s3.Client
	bucket string
}

func (c *Controller) vault() vault {
	// An endpoint of one's own has no names for buckets; to S3 both ways are the same.
	return vault{
		s3.NewFromConfig(c.AWS, func(o *s3.Options) { o.UsePathStyle = c.AWS.BaseEndpoint != nil }),
		c.BackupBucket,
	}
}

func (v vault) put(ctx context.Context, key string, content []byte) error {
	if _, err := v.client.PutObject(
		ctx,
		&s3.PutObjectInput{Bucket: &v.bucket, Key: &key, Body: bytes.NewReader(content)},
	); err != nil {
		return fmt.Errorf("writing s3://%s/%s: %w", v.bucket, key, err)
	}
	return nil
}

func (v vault) putJSON(ctx context.Context, key string, value any) error {
	content, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return v.put(ctx, key, content)
}

func (v vault) get(ctx context.Context, key string) ([]byte, error) {
	answer, err := v.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &v.bucket, Key: &key})
	if err != nil {
		return nil, fmt.Errorf("reading s3://%s/%s: %w", v.bucket, key, err)
	}
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("reading s3://%s/%s: %w", v.bucket, key, err)
	}
	return content, nil
}

func (v vault) getJSON(ctx context.Context, key string, into any) error {
	content, err := v.get(ctx, key)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("s3://%s/%s: %w", v.bucket, key, err)
	}
	return nil
}

// newest is the name of the newest backup that was finished.
func (v vault) newest(ctx context.Context) (string, error) {
	name, err := v.get(ctx, newestKey)
	if err != nil {
		return "", fmt.Errorf("finding the newest backup: %w", err)
	}
	return strings.TrimSpace(string(name)), nil
}

// supersede makes a backup the newest, unless a stream of the one before is gone or was made anew
// (its sequences began again): then messages may be lost, and the backup before is the one that a
// restore needs.
func (v vault) supersede(ctx context.Context, taken string, last map[string]uint64) error {
	before, err := v.newest(ctx)
	if err != nil {
		return v.put(ctx, newestKey, []byte(taken+"\n")) // the first, or none that can be read
	}
	var names []string
	if err := v.getJSON(ctx, contentsKey(before), &names); err != nil {
		return fmt.Errorf("what the newest backup holds: %w", err)
	}
	var lost []error
	for _, name := range names {
		var manifest Manifest
		if err := v.getJSON(ctx, manifestKey(before, name), &manifest); err != nil {
			return fmt.Errorf("what the newest backup holds: %w", err)
		}
		switch sequence, exists := last[name]; {
		case !exists:
			lost = append(lost, fmt.Errorf("stream %s, which it holds, is gone", name))
		case sequence < manifest.LastSequence:
			lost = append(
				lost,
				fmt.Errorf(
					"stream %s ends at sequence %d and there at %d: it was made anew",
					name,
					sequence,
					manifest.LastSequence,
				),
			)
		}
	}
	if len(lost) > 0 {
		return fmt.Errorf(
			"%s stays the newest: %w\nif nothing is to be restored from it, write %s into s3://%s/%s",
			before,
			errors.Join(lost...),
			taken,
			v.bucket,
			newestKey,
		)
	}
	return v.put(ctx, newestKey, []byte(taken+"\n"))
}
