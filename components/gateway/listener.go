// The listeners: HTTPS with a certificate of its own for a public name, or plain HTTP that only
// the VPC can reach; and the weights by which the cutover from HTTP services to NATS proceeds.

package gateway

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/bodybroker/platform/components/platform"
)

// securityPolicy is the TLS policy that AWS recommends: TLS 1.3, and 1.2 with forward secrecy.
const securityPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06"

// validationSeconds is the time to live of the record that proves the domain to ACM.
const validationSeconds = 60

// createListeners makes the listener that serves, and with a domain the redirect and the name in
// front of it.
func (g *Gateway) createListeners(ctx *pulumi.Context, name string) (err error) {
	actions := lb.ListenerDefaultActionArray{g.forward()}
	if g.args.Domain == "" {
		// No certificate can be had without a name, and nothing outside the VPC reaches this.
		g.URL = pulumi.Sprintf("http://%s", g.balancer.DnsName)
		g.listener, err = g.createListener(ctx, name+"-http", &lb.ListenerArgs{
			Port:           pulumi.Int(80),
			Protocol:       pulumi.String("HTTP"),
			DefaultActions: actions,
		})
		return err
	}
	certificate, err := g.createCertificate(ctx, name)
	if err != nil {
		return err
	}
	g.listener, err = g.createListener(ctx, name+"-https", &lb.ListenerArgs{
		Port:           pulumi.Int(443),
		Protocol:       pulumi.String("HTTPS"),
		SslPolicy:      pulumi.String(securityPolicy),
		CertificateArn: certificate,
		DefaultActions: actions,
	})
	if err != nil {
		return err
	}
	if _, err := g.createListener(ctx, name+"-redirect", &lb.ListenerArgs{
		Port:           pulumi.Int(80),
		Protocol:       pulumi.String("HTTP"),
		DefaultActions: lb.ListenerDefaultActionArray{redirect()},
	}); err != nil {
		return err
	}
	return g.createAlias(ctx, name)
}

func (g *Gateway) createListener(ctx *pulumi.Context, name string, args *lb.ListenerArgs) (*lb.Listener, error) {
	args.LoadBalancerArn = g.balancer.Arn
	listener, err := lb.NewListener(ctx, name, args, pulumi.Parent(g))
	if err != nil {
		return nil, fmt.Errorf("creating listener %q: %w", name, err)
	}
	return listener, nil
}

// forward sends all requests to the gateway, or natsWeight percent of them and the rest to the
// legacy target group, shadowPercent of that by way of the gateway's shadow port. No stickiness:
// each request is weighed anew, so that the share of traffic is the share that was set, from the
// moment it is set.
func (g *Gateway) forward() lb.ListenerDefaultActionArgs {
	if g.args.LegacyTargetGroupARN == "" {
		return lb.ListenerDefaultActionArgs{
			Type: pulumi.String("forward"), TargetGroupArn: g.groups[Port].Arn,
		}
	}
	gateway, shadow, legacy := weights(g.args.NatsWeight, g.args.ShadowPercent)
	to := func(arn pulumi.StringInput, weight int) lb.ListenerDefaultActionForwardTargetGroupArgs {
		return lb.ListenerDefaultActionForwardTargetGroupArgs{Arn: arn, Weight: pulumi.Int(weight)}
	}
	targets := lb.ListenerDefaultActionForwardTargetGroupArray{
		to(g.groups[Port].Arn, gateway),
		to(pulumi.String(g.args.LegacyTargetGroupARN), legacy),
	}
	if g.groups[ShadowPort] != nil {
		targets = append(targets, to(g.groups[ShadowPort].Arn, shadow))
	}
	return lb.ListenerDefaultActionArgs{
		Type:    pulumi.String("forward"),
		Forward: lb.ListenerDefaultActionForwardArgs{TargetGroups: targets},
	}
}

// weightUnit is how many parts a percent has: a share of a share is a fraction of one, and AWS
// takes whole weights up to 999.
const weightUnit = 9

// weights are those of the gateway, its shadow port and the legacy services.
func weights(natsWeight, shadowPercent int) (gateway, shadow, legacy int) {
	rest := (100 - natsWeight) * weightUnit
	shadow = (rest*shadowPercent + 50) / 100
	return natsWeight * weightUnit, shadow, rest - shadow
}

func redirect() lb.ListenerDefaultActionArgs {
	return lb.ListenerDefaultActionArgs{
		Type: pulumi.String("redirect"),
		Redirect: lb.ListenerDefaultActionRedirectArgs{
			Protocol: pulumi.String("HTTPS"), Port: pulumi.String("443"), StatusCode: pulumi.String("HTTP_301"),
		},
	}
}

// createCertificate has ACM issue a certificate for the domain and returns its ARN once it is
// valid. ACM renews it by itself as long as the record exists.
func (g *Gateway) createCertificate(ctx *pulumi.Context, name string) (pulumi.StringOutput, error) {
	certificate, err := acm.NewCertificate(ctx, name+"-certificate", &acm.CertificateArgs{
		DomainName: pulumi.String(g.args.Domain), ValidationMethod: pulumi.String("DNS"),
	}, pulumi.Parent(g))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("requesting a certificate for %q: %w", g.args.Domain, err)
	}
	proof := certificate.DomainValidationOptions.ApplyT(firstProof).(acm.CertificateDomainValidationOptionOutput)
	record, err := route53.NewRecord(ctx, name+"-certificate-record", &route53.RecordArgs{
		ZoneId:  pulumi.String(g.args.HostedZoneID),
		Name:    proof.ResourceRecordName().Elem(),
		Type:    proof.ResourceRecordType().Elem(),
		Records: pulumi.StringArray{proof.ResourceRecordValue().Elem()},
		Ttl:     pulumi.Int(validationSeconds),
		// The same proof serves every certificate of this name, so another stack may have left it.
		AllowOverwrite: pulumi.Bool(true),
	}, pulumi.Parent(g))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("proving %q in zone %q: %w", g.args.Domain, g.args.HostedZoneID, err)
	}
	valid, err := acm.NewCertificateValidation(ctx, name+"-certificate-validation", &acm.CertificateValidationArgs{
		CertificateArn: certificate.Arn, ValidationRecordFqdns: pulumi.StringArray{record.Fqdn},
	}, pulumi.Parent(g))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("waiting for the certificate of %q: %w", g.args.Domain, err)
	}
	return valid.CertificateArn, nil
}

// firstProof is the record that ACM wants to see: one, since the certificate has one name.
func firstProof(options []acm.CertificateDomainValidationOption) (acm.CertificateDomainValidationOption, error) {
	if len(options) == 0 {
		return acm.CertificateDomainValidationOption{},
			errors.New(
				"reading the gateway's certificate: ACM names no record that would prove the domain: run \"pulumi " +
					"up --refresh\"",
			)
	}
	return options[0], nil
}

// createAlias points the domain at the load balancer, and sets the URL, known once the name leads
// there.
func (g *Gateway) createAlias(ctx *pulumi.Context, name string) error {
	record, err := route53.NewRecord(ctx, name+"-alias", &route53.RecordArgs{
		ZoneId: pulumi.String(g.args.HostedZoneID),
		Name:   pulumi.String(g.args.Domain),
		Type:   route53.RecordTypeA,
		Aliases: route53.RecordAliasArray{route53.RecordAliasArgs{
			Name:                 g.balancer.DnsName,
			ZoneId:               g.balancer.ZoneId,
			EvaluateTargetHealth: pulumi.Bool(true),
		}},
	}, pulumi.Parent(g), pulumi.DependsOn([]pulumi.Resource{g.listener}))
	if err != nil {
		return fmt.Errorf("pointing %q at the load balancer: %w", g.args.Domain, err)
	}
	g.URL = platform.After(pulumi.String("https://"+g.args.Domain), record)
	return nil
}
