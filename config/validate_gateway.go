// Rules of the gateway and of the cutover from HTTP.

package config

import (
	"net/netip"
	"strconv"
	"strings"
)

func (v *validator) validateGateway() {
	g := v.Gateway
	if g.Domain != "" && g.HostedZoneID == "" {
		v.refuse(
			"gatewayHostedZoneId",
			"must be set with gatewayDomain: the certificate is proved and the name published there",
		)
	}
	if g.Domain == "" && g.HostedZoneID != "" {
		v.refuse("gatewayDomain", "must be set with gatewayHostedZoneId: the zone alone publishes nothing")
	}
	if g.Domain != "" && (g.Domain == v.NATS.PrivateDomain || strings.HasSuffix(g.Domain, "."+v.NATS.PrivateDomain)) {
		v.refuse(
			"gatewayDomain",
			"lies in privateDomain %s: inside the VPC the private zone would hide it",
			v.NATS.PrivateDomain,
		)
	}
	if g.LegacyTargetGroupARN == "" {
		if g.NatsWeight < 100 && !v.refused("natsWeight") {
			v.refuse(
				"natsWeight",
				"%d %% of the traffic would go nowhere: legacyTargetGroupArn is not set",
				100-g.NatsWeight,
			)
		}
		if g.ShadowPercent > 0 && !v.refused("shadowPercent") {
			v.refuse("shadowPercent", "there is no legacy traffic to shadow: legacyTargetGroupArn is not set")
		}
		for key, set := range map[string]bool{"legacyPort": g.LegacyPort != 0, "legacyUrl": g.LegacyURL != ""} {
			if set && !v.refused(key) {
				v.refuse(key, "there is nothing legacy: legacyTargetGroupArn is not set")
			}
		}
		return
	}
	v.validateLegacyTargetGroup()
	if g.LegacyPort == 0 && !v.refused("legacyPort") {
		v.refuse(
			"legacyPort",
			"must be set with legacyTargetGroupArn: the load balancer may connect to no port that is not written",
		)
	}
	if !v.refused("legacyUrl") {
		v.validateLegacyURL()
	}
	if g.ShadowPercent > 0 && g.LegacyURL == "" {
		v.refuse("legacyUrl", "must be set with shadowPercent: the gateway answers what it shadows from there")
	}
}

// validateLegacyURL: the gateway connects to it in every player's name, so it must not be what only
// a task itself may ask.
func (v *validator) validateLegacyURL() {
	host, port, written := strings.Cut(strings.TrimPrefix(v.Gateway.LegacyURL, "http://"), ":")
	if number, err := strconv.Atoi(port); written && (err != nil || number < 1 || number > 65535) {
		v.refuse("legacyUrl", "has port %s: a port is 1 to 65535", port)
	}
	if address, err := netip.ParseAddr(
		host,
	); host == "localhost" || host == "127.0.0.1" ||
		err == nil && address.IsLinkLocalUnicast() {
		v.refuse("legacyUrl", "has the host %s, which is the gateway's own", host)
	}
}

func (v *validator) validateLegacyTargetGroup() {
	if v.refused("legacyTargetGroupArn") {
		return
	}
	fields := strings.Split(v.Gateway.LegacyTargetGroupARN, ":")
	if region := fields[3]; region != v.Region {
		v.refuse(
			"legacyTargetGroupArn",
			"is in region %s, the gateway in %s: a load balancer forwards inside its region only",
			region,
			v.Region,
		)
	}
	if account := fields[4]; account != v.account {
		v.refuse("legacyTargetGroupArn", "belongs to account %s, the credentials in use to %s", account, v.account)
	}
}
