// Lambda functions, their permissions, invocations, and what becomes of failed ones.
package localcloud

import (
	"crypto/md5"
	"fmt"
	"regexp"
	"strings"
	"time"
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
				if given, ok := valueAt(c.inputs, "sourceCodeHash"); ok {
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
		afterDelete:  func(c *call) error { delete(c.tx.values, c.vaultKey()); return nil },
		end:          forgetFunction,
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
			if c.tx.functionNamed(c.str("function")) == nil {
				return fmt.Errorf(
					"ResourceNotFoundException: Function not found: %s",
					c.expand("arn:aws:lambda:{region}:{account}:function:")+functionName(c.str("function")),
				)
			}
			if c.str("statementId") == "" {
				c.set("statementId", "terraform-"+time.Now().UTC().Format("20060102150405")+randomDigits(12))
			}
			for _, other := range c.tx.all(c.row.token) {
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
			if c.tx.functionNamed(c.str("functionName")) == nil {
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
		check: checks(validJSON("input"), oneOf("lifecycleScope", "CREATE_ONLY", "CRUD"), func(c *call) []failure {
			text := strings.TrimSpace(c.str("input"))
			if c.str("lifecycleScope") == "CRUD" && text != "" && !strings.HasPrefix(text, "{") {
				return []failure{
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
