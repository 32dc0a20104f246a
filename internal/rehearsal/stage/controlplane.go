// The configuration of an SDK that calls the embedded AWS.

package stage

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/bodybroker/platform/internal/localcloud/awsapi"
)

// AWSConfig is the configuration of an SDK that has a session.
func (s *Stage) AWSConfig(c awsapi.Credentials) aws.Config {
	return aws.Config{
		Region: s.Cloud.Region, BaseEndpoint: aws.String(awsapi.APIURL(s.Cloud)),
		Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.Token),
	}
}
