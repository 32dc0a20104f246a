// Package encryption makes the platform's own keys: one for each purpose, so that whoever may read
// logs cannot read secrets.
package encryption

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/platform"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:encryption:Encryption"

// Purpose is what a key is for.
type Purpose string

// The purposes; each has one key, alias/<environment>-<purpose>.
const (
	Data          Purpose = "data"          // NATS disks and Redis
	Logs          Purpose = "logs"          // CloudWatch log groups
	Secrets       Purpose = "secrets"       // Secrets Manager
	Artifacts     Purpose = "artifacts"     // artifact bucket and image repositories
	Notifications Purpose = "notifications" // the alarm topic
)

// Args shape the keys. Those of the stack are not there yet.
type Args struct {
	platform.Stack
}

// Encryption holds the keys.
type Encryption struct {
	pulumi.ResourceState

	args Args
	keys map[Purpose]*kms.Key
}

// New makes the keys and their aliases.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Encryption, error) {
	e := &Encryption{args: args, keys: map[Purpose]*kms.Key{}}
	return platform.Create(ctx, name, e, platform.Definition{
		Type:   Type,
		Noun:   "keys",
		Inputs: pulumi.Map{"environment": pulumi.String(args.Environment)},
		Steps:  []platform.Step{e.createKeys},
	}, opts...)
}

// Keys are the ARNs of all keys.
func (e *Encryption) Keys() platform.Keys {
	return platform.Keys{
		Data:          e.keys[Data].Arn,
		Logs:          e.keys[Logs].Arn,
		Secrets:       e.keys[Secrets].Arn,
		Artifacts:     e.keys[Artifacts].Arn,
		Notifications: e.keys[Notifications].Arn,
	}
}

func (e *Encryption) createKeys(ctx *pulumi.Context, name string) error {
	for _, purpose := range []Purpose{Data, Logs, Secrets, Artifacts, Notifications} {
		if err := e.createKey(ctx, name, purpose); err != nil {
			return fmt.Errorf("key for %s: %w", purpose, err)
		}
	}
	return nil
}

func (e *Encryption) createKey(ctx *pulumi.Context, name string, purpose Purpose) error {
	key, err := kms.NewKey(ctx, name+"-"+string(purpose), &kms.KeyArgs{
		Description:       pulumi.Sprintf("%s: %s", e.args.Environment, string(purpose)),
		EnableKeyRotation: pulumi.Bool(true),
		// What a deleted key encrypted is lost: the longest wait that KMS offers (7–30 days).
		DeletionWindowInDays: pulumi.Int(30),
		Policy:               pulumi.String(platform.PolicyJSON(statements(purpose, e.args)...)),
	}, pulumi.Parent(e), pulumi.Protect(e.args.Protect))
	if err != nil {
		return err
	}
	e.keys[purpose] = key
	_, err = kms.NewAlias(ctx, name+"-"+string(purpose), &kms.AliasArgs{
		Name:        pulumi.Sprintf("alias/%s-%s", e.args.Environment, string(purpose)),
		TargetKeyId: key.KeyId,
	}, pulumi.Parent(e))
	return err
}

// use is what a service needs to encrypt and decrypt with a key.
var use = []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"}

// statements are a key's policy: the account decides through IAM who may use it, and AWS
// services that act in their own name are admitted one by one.
func statements(purpose Purpose, args Args) []platform.Statement {
	list := []platform.Statement{{
		Sid:       "Account",
		Principal: map[string]string{"AWS": "arn:aws:iam::" + args.Account + ":root"},
		Action:    []string{"kms:*"},
		Resource:  "*",
	}}
	account := map[string]any{"StringEquals": map[string]string{"aws:SourceAccount": args.Account}}
	switch purpose {
	case Logs:
		// CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
		list = append(list, platform.Statement{
			Sid:       "Logs",
			Principal: map[string]string{"Service": "logs." + args.Region + ".amazonaws.com"},
			Action:    use,
			Resource:  "*",
			Condition: map[string]any{"ArnLike": map[string]string{
				"kms:EncryptionContext:aws:logs:arn": args.ARN("logs", "log-group:/"+args.Environment+"/*"),
			}},
		})
	case Notifications:
		// SNS developer guide, "Enable compatibility between event sources from AWS services and
		// encrypted topics". Not EventBridge: no rule publishes here, and SNS takes no condition
		// that would keep other accounts' out.
		list = append(list, platform.Statement{
			Sid:       "Publishers",
			Principal: map[string][]string{"Service": {"cloudwatch.amazonaws.com", "budgets.amazonaws.com"}},
			Action:    []string{"kms:Decrypt", "kms:GenerateDataKey*"},
			Resource:  "*",
			Condition: account,
		})
	case Data:
		// A disk works by a grant to AWS's own resource, made when whoever attaches it comes
		// through EC2 (EBS user guide, "Amazon EBS encryption", "Permissions for IAM users");
		// ElastiCache does likewise. So through those two anybody of this account may hand the key
		// on to a resource of AWS, and nobody may decrypt with it: whoever copies snapshots has
		// that in the policy of its role (backup). "*" is this account, not the public (control
		// KMS.5).
		through := map[string]any{"kms:CallerAccount": args.Account, "kms:ViaService": []string{
			"ec2." + args.Region + ".amazonaws.com", "elasticache." + args.Region + ".amazonaws.com",
		}}
		anyone := map[string]string{"AWS": "*"}
		list = append(list,
			platform.Statement{
				Sid:       "FindDisksKey",
				Principal: anyone,
				Action:    []string{"kms:DescribeKey"},
				Resource:  "*",
				Condition: map[string]any{"StringEquals": through},
			},
			platform.Statement{
				Sid:       "DiskGrants",
				Principal: anyone,
				Action:    []string{"kms:CreateGrant"},
				Resource:  "*",
				Condition: map[string]any{
					"StringEquals": through,
					"Bool":         map[string]string{"kms:GrantIsForAWSResource": "true"},
				},
			})
	}
	return list
}
