// Rules of the gateway and of the cutover from HTTP.

package stacks

import (
	"net/netip"
	"strconv"
	"strings"
)

func (j *judge) judgeGateway() {
	g := j.Gateway
	if g.Domain != "" && g.HostedZoneID == "" {
		j.refuse(
			"gatewayHostedZoneId",
			"must be set with gatewayDomain: the certificate is proved and the name published there",
		)
	}
	if g.Domain == "" && g.HostedZoneID != "" {
		j.refuse("gatewayDomain", "must be set with gatewayHostedZoneId: the zone alone publishes nothing")
	}
	if g.Domain != "" && (g.Domain == j.NATS.PrivateDomain || strings.HasSuffix(g.Domain, "."+j.NATS.PrivateDomain)) {
		j.refuse(
			"gatewayDomain",
			"lies in privateDomain %s: inside the VPC the private zone would hide it",
			j.NATS.PrivateDomain,
		)
	}
	if g.LegacyTargetGroupARN == "" {
		if g.NatsWeight < 100 && !j.refused("natsWeight") {
			j.refuse(
				"natsWeight",
				"%d %% of the traffic would go nowhere: legacyTargetGroupArn is not set",
				100-g.NatsWeight,
			)
		}
		if g.ShadowPercent > 0 && !j.refused("shadowPercent") {
			j.refuse("shadowPercent", "there is no legacy traffic to shadow: legacyTargetGroupArn is not set")
		}
		for key, set := range map[string]bool{"legacyPort": g.LegacyPort != 0, "legacyUrl": g.LegacyURL != ""} {
			if set && !j.refused(key) {
				j.refuse(key, "there is nothing legacy: legacyTargetGroupArn is not set")
			}
		}
		return
	}
	j.judgeLegacyTargetGroup()
	if g.LegacyPort == 0 && !j.refused("legacyPort") {
		j.refuse(
			"legacyPort",
			"must be set with legacyTargetGroupArn: the load balancer may connect to no port that is not written",
		)
	}
	if !j.refused("legacyUrl") {
		j.judgeLegacyURL()
	}
	if g.ShadowPercent > 0 && g.LegacyURL == "" {
		j.refuse("legacyUrl", "must be set with shadowPercent: the gateway answers what it shadows from there")
	}
}

// judgeLegacyURL: the gateway connects to it in every player's name, so it must not be what only a
// task itself may ask.
func (j *judge) judgeLegacyURL() {
	host, port, written := strings.Cut(strings.TrimPrefix(j.Gateway.LegacyURL, "http://"), ":")
	if number, err := strconv.Atoi(port); written && (err != nil || number < 1 || number > 65535) {
		j.refuse("legacyUrl", "has port %s: a port is 1 to 65535", port)
	}
	if address, err := netip.ParseAddr(
		host,
	); host == "localhost" || host == "127.0.0.1" ||
		err == nil && address.IsLinkLocalUnicast() {
		j.refuse("legacyUrl", "has the host %s, which is the gateway's own", host)
	}
}

func (j *judge) judgeLegacyTargetGroup() {
	if j.refused("legacyTargetGroupArn") {
		return
	}
	fields := strings.Split(j.Gateway.LegacyTargetGroupARN, ":")
	if region := fields[3]; region != j.Region {
		j.refuse(
			"legacyTargetGroupArn",
			"is in region %s, the gateway in %s: a load balancer forwards inside its region only",
			region,
			j.Region,
		)
	}
	if account := fields[4]; account != j.account {
		j.refuse("legacyTargetGroupArn", "belongs to account %s, the credentials in use to %s", account, j.account)
	}
}
