// Package identity makes one NATS identity: an nkey whose public half goes into the server
// configuration and whose seed only the owner's task or function can read. One identity per
// service, because a shared one could neither be limited to its subjects nor withdrawn alone.
package identity

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi-tls/sdk/v5/go/tls"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/platform"
)

// Type is the component's Pulumi type.
const Type = "nats-platform:identity:Identity"

// Args are what one identity needs.
type Args struct {
	platform.Stack
	Identity string // who it is, for example "quest-system"; required
}

// Identity is one NATS user.
type Identity struct {
	pulumi.ResourceState

	// PublicKey is the nkey that the server configuration names: "U" and 55 characters. Not secret.
	PublicKey pulumi.StringOutput `pulumi:"publicKey"`
	// SecretArn is the secret whose whole value is the seed ("SU" and 56 characters). It is
	// known once the seed is in it, so that no task can start before.
	SecretArn pulumi.StringOutput `pulumi:"secretArn"`
	// SeedFrom is what a container's secret names (ECS's valueFrom): the secret and the version
	// that holds this seed. Another seed is so another task definition, whose tasks take the place
	// of those with the old one.
	SeedFrom pulumi.StringOutput `pulumi:"seedFrom"`

	args Args
	seed pulumi.StringOutput
}

// New makes the identity. To replace a seed that leaked, replace the private key
// (pulumi up --replace with its URN): public half, secret and all that uses them follow.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Identity, error) {
	i := &Identity{args: args}
	return platform.Create(ctx, name, i, platform.Definition{
		Type: Type,
		Noun: "NATS identity",
		Inputs: pulumi.Map{
			"environment": pulumi.String(args.Environment),
			"identity":    pulumi.String(args.Identity),
		},
		Steps: []platform.Step{i.createKey, i.storeSeed},
	}, opts...)
}

func (i *Identity) createKey(ctx *pulumi.Context, name string) error {
	// The key is a resource so that it is made once and stays: a seed made by the program would
	// be another at every run. The state holds it, and the seed made from it, only encrypted by
	// the stack's secrets provider; the named outputs are secret even where the provider forgets.
	key, err := tls.NewPrivateKey(ctx, name+"-key", &tls.PrivateKeyArgs{
		Algorithm: pulumi.String("ED25519"),
	}, pulumi.Parent(i), pulumi.Protect(i.args.Protect),
		pulumi.AdditionalSecretOutputs([]string{"privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"}))
	if err != nil {
		return fmt.Errorf("creating the key of %q: %w", i.args.Identity, err)
	}
	pem := key.PrivateKeyPemPkcs8

	// Only the public half leaves the secret: what was derived from a secret is one by default.
	i.PublicKey = pulumi.Unsecret(pem.ApplyT(func(pem string) (string, error) {
		_, public, err := derive(pem)
		return public, err
	})).(pulumi.StringOutput)
	i.seed = pulumi.ToSecret(pem.ApplyT(func(pem string) (string, error) {
		seed, _, err := derive(pem)
		return seed, err
	})).(pulumi.StringOutput)
	return nil
}

func (i *Identity) storeSeed(ctx *pulumi.Context, name string) error {
	// No scheduled rotation (controls SecretsManager.1 and .4): a new seed needs the servers to
	// know the new public half first, which is an update of the platform and not of one secret.
	secret, err := secretsmanager.NewSecret(ctx, name+"-seed", &secretsmanager.SecretArgs{
		Description:          pulumi.Sprintf("NATS seed of %s in %s", i.args.Identity, i.args.Environment),
		KmsKeyId:             i.args.Keys.Secrets,
		RecoveryWindowInDays: pulumi.Int(i.args.SecretRecoveryDays()),
	}, pulumi.Parent(i), pulumi.Protect(i.args.Protect))
	if err != nil {
		return fmt.Errorf("creating the secret of %q: %w", i.args.Identity, err)
	}
	// Not protected: a new seed is a new version, which replaces this resource.
	version, err := secretsmanager.NewSecretVersion(ctx, name+"-seed-version", &secretsmanager.SecretVersionArgs{
		SecretId:     secret.ID(),
		SecretString: i.seed,
	}, pulumi.Parent(i))
	if err != nil {
		return fmt.Errorf("storing the seed of %q: %w", i.args.Identity, err)
	}
	i.SecretArn = platform.After(secret.Arn, version)
	i.SeedFrom = platform.SecretVersion(secret.Arn, version.VersionId)
	return nil
}
