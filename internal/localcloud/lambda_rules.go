// What Lambda refuses of a function, and its code.
package localcloud

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// functionName is the name in a function's ARN, or the name itself, without a qualifier.
func functionName(given string) string {
	if at := strings.Index(given, ":function:"); at >= 0 {
		given = given[at+len(":function:"):]
	}
	name, _, _ := strings.Cut(given, ":")
	return name
}

// functionNamed finds a function by its name or ARN; nil if there is none.
func (tx *Tx) functionNamed(given string) *Record {
	return tx.find(functionType, "", functionName(given))
}

// checkFunction: the code comes from exactly one place.
func checkFunction(c *call) []failure {
	var given []string
	for _, path := range []string{"code", "imageUri", "s3Bucket"} {
		if present(c.inputs, path) {
			given = append(given, path)
		}
	}
	if len(given) != 1 {
		return []failure{
			{
				property: "code",
				reason:   fmt.Sprintf("exactly one of `code,imageUri,s3Bucket` must be specified, got %v", given),
			},
		}
	}
	if given[0] == "s3Bucket" && !present(c.inputs, "s3Key") {
		return []failure{{property: "s3Key", reason: "all of `s3Bucket,s3Key` must be specified"}}
	}
	return nil
}

// functionCode reads the zip that a function is made of; nothing for an image.
func functionCode(c *call) ([]byte, error) {
	if code, given := valueAt(c.inputs, "code"); given {
		switch code = open(code); {
		case code.IsArchive():
			return archiveBytes(code.ArchiveValue())
		case code.IsAsset():
			return code.AssetValue().Bytes()
		}
	}
	if bucket := c.str("s3Bucket"); bucket != "" {
		if code, found := c.tx.object(bucket, c.str("s3Key")); found {
			return code, nil
		}
		if c.tx.find(bucketType, "", bucket) == nil {
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

// codeSum is the digest of the code; unknown where the code is not known yet, "" for an image.
func codeSum(c *call) any {
	if present(c.inputs, "imageUri") {
		return ""
	}
	code, err := functionCode(c)
	if err != nil || code == nil {
		return resource.Computed{Element: resource.NewStringProperty("")}
	}
	sum := sha256.Sum256(code)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func functionVersion(c *call) any {
	if c.yes("publish") {
		return "1"
	}
	return "$LATEST"
}

// judgeFunction is what Lambda refuses of a function.
func judgeFunction(c *call) error {
	if c.str("packageType") == "Zip" && (c.str("runtime") == "" || c.str("handler") == "") {
		return fmt.Errorf(
			"InvalidParameterValueException: Runtime and Handler are mandatory parameters for functions created " +
				"with deployment packages.",
		)
	}
	if _, err := functionCode(c); err != nil {
		return fmt.Errorf("reading the code of function %s: %w", c.name(), err)
	}
	refused := "InvalidParameterValueException: The role defined for the function cannot be assumed by Lambda."
	if err := needsRole("role", "lambda.amazonaws.com", refused, refused)(c); err != nil {
		return err
	}
	role := c.tx.roleByARN(c.str("role"))
	if role != nil && len(c.all("vpcConfig.subnetIds")) > 0 &&
		!c.tx.roleAllows(
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
	return needsKey("kmsKeyArn", "InvalidParameterValueException: The KMS key {value} does not exist")(c)
}

// keepCode keeps the code under the function's name, for what runs it.
func keepCode(c *call) error {
	code, err := functionCode(c)
	c.tx.values[c.vaultKey()] = code
	return err
}
