// Lambda functions, their permissions and invocations: what creates, changes and deletes them.
package lambda

import (
	"crypto/md5"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// The tokens of functions, their permissions and their handling of failures.
const (
	FunctionType   = "aws:lambda/function:Function"
	PermissionType = "aws:lambda/permission:Permission"
	// EventInvokeType configures what happens to asynchronous invocations that fail.
	EventInvokeType = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
)

var _ = cloud.Register(
	cloud.Row{
		Token:    FunctionType,
		Source:   "internal/service/lambda/function.go",
		Seconds:  5,
		Required: []string{"role"},
		Replace:  []string{"name", "packageType"},
		Defaults: map[string]any{
			"memorySize": 128.0, "packageType": "Zip", "publish": false, "reservedConcurrentExecutions": -1.0,
			"skipDestroy": false, "timeout": 3.0,
		},
		Name: &cloud.NameRule{
			Property: "name",
			Max:      64,
			Pattern:  regexp.MustCompile(`^[a-zA-Z0-9-_]+$`),
			Auto:     true,
			Unique:   true,
			Taken:    "ResourceConflictException: Function already exist: {value}",
		},
		Computed: map[string]cloud.Value{
			"arn": cloud.Text("arn:aws:lambda:{region}:{account}:function:{name}"),
			"invokeArn": cloud.Text(
				"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/" +
					"arn:aws:lambda:{region}:{account}:function:{name}/invocations",
			),
			"architectures":    cloud.Fixed([]any{"x86_64"}),
			"ephemeralStorage": cloud.Fixed(map[string]any{"size": 512.0}),
			"loggingConfig": func(c *cloud.Call) any {
				return map[string]any{"logFormat": "Text", "logGroup": "/aws/lambda/" + c.Name()}
			},
			"tracingConfig": cloud.Fixed(
				map[string]any{"mode": "PassThrough"},
			),
			"signingJobArn":            cloud.Fixed(""),
			"signingProfileVersionArn": cloud.Fixed(""),
		},
		Derived: map[string]cloud.Value{
			"sourceCodeHash": func(c *cloud.Call) any {
				if given, ok := cloud.ValueAt(c.Inputs, "sourceCodeHash"); ok {
					return given
				}
				return codeSum(c)
			},
			"codeSha256":   func(c *cloud.Call) any { return codeSum(c) },
			"lastModified": func(*cloud.Call) any { return time.Now().UTC().Format("2006-01-02T15:04:05.000-0700") },
			"version":      functionVersion,
			"sourceCodeSize": func(c *cloud.Call) any {
				code, _ := functionCode(c)
				return float64(len(code))
			},
			"qualifiedArn": func(c *cloud.Call) any {
				return c.Expand("arn:aws:lambda:{region}:{account}:function:{name}:") + functionVersion(c).(string)
			},
			"qualifiedInvokeArn": func(c *cloud.Call) any {
				return c.Expand(
					"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/"+
						"arn:aws:lambda:{region}:{account}:function:{name}:",
				) +
					functionVersion(c).(string) + "/invocations"
			},
		},
		References: []cloud.Reference{
			{
				Path: "vpcConfig.subnetIds",
				To:   cloud.One("aws:ec2/subnet:Subnet"),
				Missing: "InvalidParameterValueException: Error occurred while DescribeSubnets. EC2 Error Code: " +
					"InvalidSubnetID.NotFound. EC2 Error Message: The subnet ID '{value}' does not exist",
				Blocks: "DependencyViolation: The subnet '{value}' has dependencies and cannot be deleted.",
			},
			{
				Path: "vpcConfig.securityGroupIds",
				To:   cloud.One("aws:ec2/securityGroup:SecurityGroup"),
				Missing: "InvalidParameterValueException: Error occurred while DescribeSecurityGroups. EC2 Error " +
					"Code: InvalidGroup.NotFound. EC2 Error Message: The security group '{value}' does not exist",
				Blocks: "DependencyViolation: resource {value} has a dependent object",
			},
		},
		Check: cloud.Checks(
			validateFunction,
			cloud.Between("memorySize", 128, 10240),
			cloud.Between("timeout", 1, 900),
			cloud.Between("ephemeralStorage.size", 512, 10240),
			cloud.OneOf(
				"architectures",
				"x86_64",
				"arm64",
			),
			cloud.OneOf("packageType", "Zip", "Image"),
			cloud.OneOf("tracingConfig.mode", "Active", "PassThrough"),
		),
		BeforeCreate: checkFunction,
		BeforeUpdate: checkFunction,
		AfterCreate:  keepCode,
		AfterUpdate:  keepCode,
		AfterDelete:  func(c *cloud.Call) error { delete(c.Tx.Values, c.HiddenKey()); return nil },
		End:          forgetFunction,
		NotReal: "A published version is always \"1\"; vpcConfig.vpcId is not filled in. The function runs " +
			"only through Cloud.Function.",
	},
	cloud.Row{
		Token:    PermissionType,
		Source:   "internal/service/lambda/permission.go",
		Required: []string{"action", "function", "principal"},
		Replace: []string{
			"action", "eventSourceToken", "function", "functionUrlAuthType", "principal", "principalOrgId", "qualifier",
			"sourceAccount", "sourceArn", "statementId", "statementIdPrefix",
		},
		ID:       cloud.FreeID("{statementId}", "{function}/{statementId}"),
		Computed: cloud.MadeAtCreation("statementId"),
		BeforeCreate: func(c *cloud.Call) error {
			if functionNamed(c.Tx, c.Str("function")) == nil {
				return fmt.Errorf(
					"ResourceNotFoundException: Function not found: %s",
					c.Expand("arn:aws:lambda:{region}:{account}:function:")+FunctionName(c.Str("function")),
				)
			}
			if c.Str("statementId") == "" {
				c.Set("statementId", "terraform-"+time.Now().UTC().Format("20060102150405")+cloud.RandomDigits(12))
			}
			for _, other := range c.Tx.All(c.Row.Token) {
				if other.Str("statementId") == c.Str("statementId") &&
					FunctionName(other.Str("function")) == FunctionName(c.Str("function")) {
					return fmt.Errorf(
						"ResourceConflictException: The statement id (%s) provided already exists. Please provide a "+
							"new statement id, "+
							"or remove the existing statement.",
						c.Str("statementId"),
					)
				}
			}
			return nil
		},
		Check: cloud.Matches(
			"action",
			regexp.MustCompile(`^(lambda:[*]|lambda:[a-zA-Z]+|[*])$`),
			"must be a Lambda action",
		),
	},
	cloud.Row{
		Token:    EventInvokeType,
		Source:   "internal/service/lambda/function_event_invoke_config.go",
		Required: []string{"functionName"},
		Replace:  []string{"functionName", "qualifier"},
		Defaults: map[string]any{"maximumRetryAttempts": 2.0},
		ID: func(c *cloud.Call) any {
			if c.Str("qualifier") == "" {
				return c.Str("functionName")
			}
			return c.Expand("{functionName}:{qualifier}")
		},
		Check: cloud.Checks(
			cloud.Between("maximumRetryAttempts", 0, 2),
			cloud.Between("maximumEventAgeInSeconds", 60, 21600),
		),
		BeforeCreate: func(c *cloud.Call) error {
			if functionNamed(c.Tx, c.Str("functionName")) == nil {
				return fmt.Errorf(
					"ResourceNotFoundException: Function not found: %s",
					c.Expand("arn:aws:lambda:{region}:{account}:function:")+FunctionName(c.Str("functionName")),
				)
			}
			return nil
		},
		NotReal: "destinationConfig has no effect; no event waits in a queue, so none grows too old.",
	},
	cloud.Row{
		Token:    "aws:lambda/invocation:Invocation",
		Source:   "internal/service/lambda/invocation.go",
		Required: []string{"functionName", "input"},
		Replace:  []string{"functionName", "qualifier", "triggers", "input"},
		Defaults: map[string]any{"lifecycleScope": "CREATE_ONLY", "qualifier": "$LATEST", "terraformKey": "tf"},
		ID: func(c *cloud.Call) any {
			id := fmt.Sprintf("%s_%s_%x", c.Str("functionName"), c.Str("qualifier"), md5.Sum([]byte(c.Str("input"))))
			return cloud.FreeID(id, id+"_{hex8}")(c)
		},
		Computed: cloud.MadeAtCreation("result"),
		Check: cloud.Checks(
			cloud.ValidJSON("input"),
			cloud.OneOf("lifecycleScope", "CREATE_ONLY", "CRUD"),
			func(c *cloud.Call) []cloud.Failure {
				text := strings.TrimSpace(c.Str("input"))
				if c.Str("lifecycleScope") == "CRUD" && text != "" && !strings.HasPrefix(text, "{") {
					return []cloud.Failure{
						{
							Property: "input",
							Reason:   `lifecycle_scope other than "CREATE_ONLY" requires input to be a JSON object`,
						},
					}
				}
				return nil
			},
		),
		BeforeCreate: invokeFor("create"),
		BeforeUpdate: invokeFor("update"),
		BeforeDelete: func(c *cloud.Call) error {
			if c.Str("lifecycleScope") != "CRUD" {
				return nil
			}
			return invokeFor("delete")(c)
		},
		NotReal: "Without Cloud.Function the result is {}. A changed input replaces under the scope CRUD too, where " +
			"the provider invokes again.",
	},
)
