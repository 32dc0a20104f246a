// Package encryption makes the platform's own keys: one per purpose, so that who may read logs
// cannot read secrets.
package encryption

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/policy"
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

// Args shape the keys.
type Args struct {
	Environment string // prefixes the aliases
	Account     string // 12 digits
	Region      string
	Protect     bool
}

// Encryption holds the keys.
type Encryption struct {
	pulumi.ResourceState
	keys map[Purpose]*kms.Key
}

// New makes the keys and their aliases.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Encryption, error) {
	e := &Encryption{keys: map[Purpose]*kms.Key{}}
	err := ctx.RegisterComponentResourceV2(
		Type,
		name,
		pulumi.Map{"environment": pulumi.String(args.Environment)},
		e,
		opts...)
	if err != nil {
		return nil, fmt.Errorf("creating keys %q: %w", name, err)
	}
	for _, purpose := range []Purpose{Data, Logs, Secrets, Artifacts, Notifications} {
		if err := e.key(ctx, name, purpose, args); err != nil {
			return nil, fmt.Errorf("creating key %q: %w", name+"-"+string(purpose), err)
		}
	}
	return e, ctx.RegisterResourceOutputs(e, pulumi.Map{})
}

// Key is the ARN of the key for a purpose, one of the constants above.
func (e *Encryption) Key(purpose Purpose) pulumi.StringOutput { return e.keys[purpose].Arn }

func (e *Encryption) key(ctx *pulumi.Context, name string, purpose Purpose, args Args) error {
	key, err := kms.NewKey(ctx, name+"-"+string(purpose), &kms.KeyArgs{
		Description:       pulumi.Sprintf("%s: %s", args.Environment, string(purpose)),
		EnableKeyRotation: pulumi.Bool(true),
		// What a deleted key encrypted is lost: the longest wait that KMS offers (7–30 days).
		DeletionWindowInDays: pulumi.Int(30),
		Policy:               pulumi.String(policy.JSON(statements(purpose, args)...)),
	}, pulumi.Parent(e), pulumi.Protect(args.Protect))
	if err != nil {
		return err
	}
	e.keys[purpose] = key
	_, err = kms.NewAlias(ctx, name+"-"+string(purpose), &kms.AliasArgs{
		Name:        pulumi.Sprintf("alias/%s-%s", args.Environment, string(purpose)),
		TargetKeyId: key.KeyId,
	}, pulumi.Parent(e))
	return err
}

// use is what a service needs to encrypt and decrypt with a key.
var use = []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"}

// statements are a key's policy: the account decides through IAM who may use it, and AWS
// services that act in their own name are admitted one by one.
func statements(purpose Purpose, args Args) []policy.Statement {
	list := []policy.Statement{{
		Sid:       "Account",
		Principal: map[string]string{"AWS": "arn:aws:iam::" + args.Account + ":root"},
		Action:    []string{"kms:*"},
		Resource:  "*",
	}}
	account := map[string]any{"StringEquals": map[string]string{"aws:SourceAccount": args.Account}}
	switch purpose {
	case Logs:
		// CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
		list = append(list, policy.Statement{
			Sid:       "Logs",
			Principal: map[string]string{"Service": "logs." + args.Region + ".amazonaws.com"},
			Action:    use,
			Resource:  "*",
			Condition: map[string]any{"ArnLike": map[string]string{
				"kms:EncryptionContext:aws:logs:arn": fmt.Sprintf(
					"arn:aws:logs:%s:%s:log-group:/%s/*",
					args.Region,
					args.Account,
					args.Environment,
				),
			}},
		})
	case Notifications:
		// SNS developer guide, "Enable compatibility between event sources from AWS services and
		// encrypted topics". Not EventBridge: no rule publishes here, and SNS takes no condition
		// that would keep other accounts' out.
		list = append(list, policy.Statement{
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
		// on to a resource of AWS, and nobody may decrypt with it: who copies snapshots has that in
		// the policy of its role (backup). "*" is this account, not the public (control KMS.5).
		through := map[string]any{"kms:CallerAccount": args.Account, "kms:ViaService": []string{
			"ec2." + args.Region + ".amazonaws.com", "elasticache." + args.Region + ".amazonaws.com",
		}}
		anyone := map[string]string{"AWS": "*"}
		list = append(list,
			policy.Statement{
				Sid:       "FindDisksKey",
				Principal: anyone,
				Action:    []string{"kms:DescribeKey"},
				Resource:  "*",
				Condition: map[string]any{"StringEquals": through},
			},
			policy.Statement{
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
