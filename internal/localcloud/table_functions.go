// Lambda functions, their permissions and invocations. Event rules and schedules stand in
// table_events.go.
package localcloud

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
)

const (
	functionType   = "aws:lambda/function:Function"
	permissionType = "aws:lambda/permission:Permission"
	// eventInvokeType says what becomes of asynchronous invocations that fail.
	eventInvokeType = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
)

var _ = register(
	row{
		token:    functionType,
		source:   "internal/service/lambda/function.go",
		seconds:  5,
		required: []string{"role"},
		replace:  []string{"name", "packageType"},
		defaults: map[string]any{
			"memorySize": 128.0, "packageType": "Zip", "publish": false, "reservedConcurrentExecutions": -1.0,
			"skipDestroy": false, "timeout": 3.0,
		},
		name: &nameRule{
			property: "name",
			max:      64,
			pattern:  regexp.MustCompile(`^[a-zA-Z0-9-_]+$`),
			auto:     true,
			unique:   true,
			taken:    "ResourceConflictException: Function already exist: {value}",
		},
		computed: map[string]value{
			"arn": text("arn:aws:lambda:{region}:{account}:function:{name}"),
			"invokeArn": text(
				"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/" +
					"arn:aws:lambda:{region}:{account}:function:{name}/invocations",
			),
			"architectures":    fixed([]any{"x86_64"}),
			"ephemeralStorage": fixed(map[string]any{"size": 512.0}),
			"loggingConfig": func(c *call) any {
				return map[string]any{"logFormat": "Text", "logGroup": "/aws/lambda/" + c.name()}
			},
			"tracingConfig": fixed(
				map[string]any{"mode": "PassThrough"},
			),
			"signingJobArn":            fixed(""),
			"signingProfileVersionArn": fixed(""),
		},
		derived: map[string]value{
			"sourceCodeHash": func(c *call) any {
				if given, ok := lookup(c.inputs, "sourceCodeHash"); ok {
					return given
				}
				return codeSum(c)
			},
			"codeSha256":   func(c *call) any { return codeSum(c) },
			"lastModified": func(*call) any { return time.Now().UTC().Format("2006-01-02T15:04:05.000-0700") },
			"version":      functionVersion,
			"sourceCodeSize": func(c *call) any {
				code, _ := functionCode(c)
				return float64(len(code))
			},
			"qualifiedArn": func(c *call) any {
				return c.expand("arn:aws:lambda:{region}:{account}:function:{name}:") + functionVersion(c).(string)
			},
			"qualifiedInvokeArn": func(c *call) any {
				return c.expand(
					"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/"+
						"arn:aws:lambda:{region}:{account}:function:{name}:",
				) +
					functionVersion(c).(string) + "/invocations"
			},
		},
		references: []reference{
			{
				path: "vpcConfig.subnetIds",
				to:   one("aws:ec2/subnet:Subnet"),
				missing: "InvalidParameterValueException: Error occurred while DescribeSubnets. EC2 Error Code: " +
					"InvalidSubnetID.NotFound. EC2 Error Message: The subnet ID '{value}' does not exist",
				blocks: "DependencyViolation: The subnet '{value}' has dependencies and cannot be deleted.",
			},
			{
				path: "vpcConfig.securityGroupIds",
				to:   one("aws:ec2/securityGroup:SecurityGroup"),
				missing: "InvalidParameterValueException: Error occurred while DescribeSecurityGroups. EC2 Error " +
					"Code: InvalidGroup.NotFound. EC2 Error Message: The security group '{value}' does not exist",
				blocks: "DependencyViolation: resource {value} has a dependent object",
			},
		},
		check: checks(
			checkFunction,
			between("memorySize", 128, 10240),
			between("timeout", 1, 900),
			between("ephemeralStorage.size", 512, 10240),
			oneOf(
				"architectures",
				"x86_64",
				"arm64",
			),
			oneOf("packageType", "Zip", "Image"),
			oneOf("tracingConfig.mode", "Active", "PassThrough"),
		),
		beforeCreate: judgeFunction,
		beforeUpdate: judgeFunction,
		afterCreate:  keepCode,
		afterUpdate:  keepCode,
		afterDelete:  func(c *call) error { delete(c.cloud.private, c.vaultKey()); return nil },
		notReal: "A published version is \"1\" for ever; vpcConfig.vpcId is not filled in. The function runs " +
			"only through Cloud.Function.",
	},
	row{
		token:    permissionType,
		source:   "internal/service/lambda/permission.go",
		required: []string{"action", "function", "principal"},
		replace: []string{
			"action", "eventSourceToken", "function", "functionUrlAuthType", "principal", "principalOrgId", "qualifier",
			"sourceAccount", "sourceArn", "statementId", "statementIdPrefix",
		},
		id:       freeID("{statementId}", "{function}/{statementId}"),
		computed: madeAtCreation("statementId"),
		beforeCreate: func(c *call) error {
			if c.cloud.functionNamed(c.str("function")) == nil {
				return fmt.Errorf(
					"ResourceNotFoundException: Function not found: %s",
					c.expand("arn:aws:lambda:{region}:{account}:function:")+functionName(c.str("function")),
				)
			}
			if c.str("statementId") == "" {
				c.set("statementId", "terraform-"+time.Now().UTC().Format("20060102150405")+randomDigits(12))
			}
			for _, other := range c.cloud.all(c.row.token) {
				if other.str("statementId") == c.str("statementId") &&
					functionName(other.str("function")) == functionName(c.str("function")) {
					return fmt.Errorf(
						"ResourceConflictException: The statement id (%s) provided already exists. Please provide a "+
							"new statement id, "+
							"or remove the existing statement.",
						c.str("statementId"),
					)
				}
			}
			return nil
		},
		check: matches("action", regexp.MustCompile(`^(lambda:[*]|lambda:[a-zA-Z]+|[*])$`), "must be a Lambda action"),
	},
	row{
		token:    eventInvokeType,
		source:   "internal/service/lambda/function_event_invoke_config.go",
		required: []string{"functionName"},
		replace:  []string{"functionName", "qualifier"},
		defaults: map[string]any{"maximumRetryAttempts": 2.0},
		id: func(c *call) any {
			if c.str("qualifier") == "" {
				return c.str("functionName")
			}
			return c.expand("{functionName}:{qualifier}")
		},
		check: checks(between("maximumRetryAttempts", 0, 2), between("maximumEventAgeInSeconds", 60, 21600)),
		beforeCreate: func(c *call) error {
			if c.cloud.functionNamed(c.str("functionName")) == nil {
				return fmt.Errorf(
					"ResourceNotFoundException: Function not found: %s",
					c.expand("arn:aws:lambda:{region}:{account}:function:")+functionName(c.str("functionName")),
				)
			}
			return nil
		},
		notReal: "Of destinationConfig nothing is sent; nothing waits in a queue, so nothing grows too old in it.",
	},
	row{
		token:    "aws:lambda/invocation:Invocation",
		source:   "internal/service/lambda/invocation.go",
		required: []string{"functionName", "input"},
		replace:  []string{"functionName", "qualifier", "triggers", "input"},
		defaults: map[string]any{"lifecycleScope": "CREATE_ONLY", "qualifier": "$LATEST", "terraformKey": "tf"},
		id: func(c *call) any {
			id := fmt.Sprintf("%s_%s_%x", c.str("functionName"), c.str("qualifier"), md5.Sum([]byte(c.str("input"))))
			return freeID(id, id+"_{hex8}")(c)
		},
		computed: madeAtCreation("result"),
		check: checks(validJSON("input"), oneOf("lifecycleScope", "CREATE_ONLY", "CRUD"), func(c *call) []fault {
			text := strings.TrimSpace(c.str("input"))
			if c.str("lifecycleScope") == "CRUD" && text != "" && !strings.HasPrefix(text, "{") {
				return []fault{
					{
						property: "input",
						reason:   `lifecycle_scope other than "CREATE_ONLY" requires input to be a JSON object`,
					},
				}
			}
			return nil
		}),
		beforeCreate: invokeFor("create"),
		beforeUpdate: invokeFor("update"),
		beforeDelete: func(c *call) error {
			if c.str("lifecycleScope") != "CRUD" {
				return nil
			}
			return invokeFor("delete")(c)
		},
		notReal: "Without Cloud.Function the result is {}. A changed input replaces under the scope CRUD too, where " +
			"the provider invokes again.",
	},
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
func (c *Cloud) functionNamed(given string) *Record {
	return c.find(functionType, "", functionName(given))
}

// checkFunction: the code comes from exactly one place.
func checkFunction(c *call) []fault {
	var given []string
	for _, path := range []string{"code", "imageUri", "s3Bucket"} {
		if present(c.inputs, path) {
			given = append(given, path)
		}
	}
	if len(given) != 1 {
		return []fault{
			{
				property: "code",
				reason:   fmt.Sprintf("exactly one of `code,imageUri,s3Bucket` must be specified, got %v", given),
			},
		}
	}
	if given[0] == "s3Bucket" && !present(c.inputs, "s3Key") {
		return []fault{{property: "s3Key", reason: "all of `s3Bucket,s3Key` must be specified"}}
	}
	return nil
}

func archiveBytes(code *archive.Archive) ([]byte, error) { return code.Bytes(archive.ZIPArchive) }

// functionCode reads the zip that a function is made of; nothing for an image.
func functionCode(c *call) ([]byte, error) {
	if code, given := lookup(c.inputs, "code"); given {
		switch code = open(code); {
		case code.IsArchive():
			return archiveBytes(code.ArchiveValue())
		case code.IsAsset():
			return code.AssetValue().Bytes()
		}
	}
	if bucket := c.str("s3Bucket"); bucket != "" {
		if code, found := c.cloud.object(bucket, c.str("s3Key")); found {
			return code, nil
		}
		if c.cloud.find(bucketType, "", bucket) == nil {
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
	role := c.cloud.roleByARN(c.str("role"))
	if role != nil && len(c.all("vpcConfig.subnetIds")) > 0 &&
		!c.cloud.roleAllows(
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
	c.cloud.private[c.vaultKey()] = code
	return err
}
