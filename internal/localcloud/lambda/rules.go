// Which functions Lambda refuses, and how their code is read and kept.
package lambda

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/kms"
	"github.com/bodybroker/platform/internal/localcloud/roles"
	"github.com/bodybroker/platform/internal/localcloud/s3"
)

// FunctionName returns the name of a function from its ARN or name, without a qualifier.
func FunctionName(given string) string {
	if at := strings.Index(given, ":function:"); at >= 0 {
		given = given[at+len(":function:"):]
	}
	name, _, _ := strings.Cut(given, ":")
	return name
}

// functionNamed finds a function by its name or ARN; nil if it does not exist.
func functionNamed(tx *cloud.Tx, given string) *cloud.Record {
	return tx.Find(FunctionType, "", FunctionName(given))
}

// validateFunction is the provider's own check: the code comes from exactly one place.
func validateFunction(c *cloud.Call) []cloud.Failure {
	var given []string
	for _, path := range []string{"code", "imageUri", "s3Bucket"} {
		if cloud.Present(c.Inputs, path) {
			given = append(given, path)
		}
	}
	if len(given) != 1 {
		return []cloud.Failure{
			{
				Property: "code",
				Reason:   fmt.Sprintf("exactly one of `code,imageUri,s3Bucket` must be specified, got %v", given),
			},
		}
	}
	if given[0] == "s3Bucket" && !cloud.Present(c.Inputs, "s3Key") {
		return []cloud.Failure{{Property: "s3Key", Reason: "all of `s3Bucket,s3Key` must be specified"}}
	}
	return nil
}

// functionCode reads the zip file of a function; nothing for an image.
func functionCode(c *cloud.Call) ([]byte, error) {
	if code, given := cloud.ValueAt(c.Inputs, "code"); given {
		switch code = cloud.Unwrap(code); {
		case code.IsArchive():
			return s3.ArchiveBytes(code.ArchiveValue())
		case code.IsAsset():
			return code.AssetValue().Bytes()
		}
	}
	if bucket := c.Str("s3Bucket"); bucket != "" {
		if code, found := s3.Object(c.Tx, bucket, c.Str("s3Key")); found {
			return code, nil
		}
		if c.Tx.Find(s3.BucketType, "", bucket) == nil {
			return nil, fmt.Errorf(
				"InvalidParameterValueException: Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 " +
					"Error Message: The specified bucket does not exist",
			)
		}
		return nil, fmt.Errorf(
			"InvalidParameterValueException: Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error " +
				"Message: The specified key does not exist.",
		)
	}
	return nil, nil
}

// codeSum returns the digest of the code: unknown if the code is not known yet, "" for an image.
func codeSum(c *cloud.Call) any {
	if cloud.Present(c.Inputs, "imageUri") {
		return ""
	}
	code, err := functionCode(c)
	if err != nil || code == nil {
		return resource.Computed{Element: resource.NewStringProperty("")}
	}
	sum := sha256.Sum256(code)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func functionVersion(c *cloud.Call) any {
	if c.Bool("publish") {
		return "1"
	}
	return "$LATEST"
}

// checkFunction refuses the functions that Lambda refuses.
func checkFunction(c *cloud.Call) error {
	if c.Str("packageType") == "Zip" && (c.Str("runtime") == "" || c.Str("handler") == "") {
		return fmt.Errorf(
			"InvalidParameterValueException: Runtime and Handler are mandatory parameters for functions created " +
				"with deployment packages.",
		)
	}
	if _, err := functionCode(c); err != nil {
		return fmt.Errorf("reading the code of function %s: %w", c.Name(), err)
	}
	refused := "InvalidParameterValueException: The role defined for the function cannot be assumed by Lambda."
	if err := roles.RequireRole("role", "lambda.amazonaws.com", refused, refused)(c); err != nil {
		return err
	}
	role := roles.RoleByARN(c.Tx, c.Str("role"))
	if role != nil && len(c.All("vpcConfig.subnetIds")) > 0 &&
		!roles.RoleAllows(c.Tx,
			role,
			"ec2:CreateNetworkInterface",
			"AWSLambdaVPCAccessExecutionRole",
			"AWSLambdaENIManagementAccess",
			"AdministratorAccess",
		) {
		return fmt.Errorf(
			"InvalidParameterValueException: The provided execution role does not have permissions to call " +
				"CreateNetworkInterface on EC2",
		)
	}
	return kms.RequireKey("kmsKeyArn", "InvalidParameterValueException: The KMS key {value} does not exist")(c)
}

// keepCode stores the code under the function's name, for the runtime that runs it.
func keepCode(c *cloud.Call) error {
	code, err := functionCode(c)
	c.Tx.Values[c.HiddenKey()] = code
	return err
}
