// The AWS CLI of a machine's image, because user-data downloads files with it.
package ec2

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	awsimds "github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/imds"
	"github.com/bodybroker/platform/internal/localcloud/machine"
)

// machineCommand replaces the AWS CLI. It copies an object to a file, with the credentials from the
// instance's own metadata service.
func machineCommand(
	c *cloud.Cloud,
	metadata *imds.Metadata,
) func(context.Context, *machine.Machine, []string, []byte) ([]byte, []byte, int) {
	return func(ctx context.Context, m *machine.Machine, arguments []string, _ []byte) ([]byte, []byte, int) {
		if len(arguments) != 8 || arguments[0] != "aws" ||
			strings.Join(arguments[1:4], " ") != "s3 cp --only-show-errors" ||
			arguments[6] != "--region" {
			return nil, []byte(
				fmt.Sprintf("the stand-in for the AWS CLI does not know %q\n", strings.Join(arguments, " ")),
			), 252
		}
		if err := copyObject(
			ctx,
			c,
			metadata,
			arguments[4],
			filepath.Join(m.Dir(), arguments[5]),
			arguments[7],
		); err != nil {
			return nil, []byte(fmt.Sprintf("download failed: %s to %s %v\n", arguments[4], arguments[5], err)), 1
		}
		return nil, nil, 0
	}
}

func copyObject(
	ctx context.Context,
	c *cloud.Cloud,
	metadata *imds.Metadata,
	source, target, region string,
) (err error) {
	bucket, key, found := strings.Cut(strings.TrimPrefix(source, "s3://"), "/")
	if !found || !strings.HasPrefix(source, "s3://") {
		return errors.New("Invalid argument type")
	}
	role := ec2rolecreds.New(
		func(o *ec2rolecreds.Options) { o.Client = awsimds.New(awsimds.Options{Endpoint: metadata.URL}) },
	)
	settings, err := config.LoadDefaultConfig(ctx, config.WithRegion(region), config.WithBaseEndpoint(awsapi.APIURL(c)),
		config.WithCredentialsProvider(aws.NewCredentialsCache(role)))
	if err != nil {
		return err
	}
	client := awss3.NewFromConfig(
		settings,
		func(o *awss3.Options) { o.UsePathStyle, o.DisableLogOutputChecksumValidationSkipped = true, true },
	)
	object, err := client.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, object.Body.Close()) }()
	file, err := os.Create(target)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, object.Body)
	return errors.Join(err, file.Close())
}
