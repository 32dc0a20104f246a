// What a task is given before it starts: variables, secrets in the execution role's name, and the
// VPC's name server.
package localcloud

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/bodybroker/platform/internal/localcloud/flowguard"
)

// taskEnvironment are a container's variables, with the secrets that its execution role may read.
func (c *Cloud) taskEnvironment(definition Record, container containerDefinition) (variables []string, err error) {
	for _, v := range container.Environment {
		variables = append(variables, v.Name+"="+v.Value)
	}
	if len(container.Secrets) == 0 {
		return variables, nil
	}
	credentials, err := c.taskSession(definition.str("executionRoleArn"))
	if err != nil {
		return nil, err
	}
	for _, s := range container.Secrets {
		value, err := c.taskSecret(credentials, s.ValueFrom)
		if err != nil {
			return nil, fmt.Errorf(
				"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval "+
					"failed: "+
					"unable to retrieve secret from asm: %w (%s of container %s)",
				err,
				s.Name,
				container.Name,
			)
		}
		variables = append(variables, s.Name+"="+value)
	}
	return variables, nil
}

// taskSession is what Fargate gets when it assumes the execution role, if that lets it.
func (c *Cloud) taskSession(role string) (*session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	held := c.roleByARN(role)
	if held == nil {
		return nil, fmt.Errorf("ECS was unable to assume the role '%s' that was provided for this task", role)
	}
	allowed, err := c.mayAssume(held.str("assumeRolePolicy"), "ecs-tasks.amazonaws.com")
	if err != nil {
		return nil, err
	}
	if !allowed {
		return nil, fmt.Errorf("ECS was unable to assume the role '%s' that was provided for this task", role)
	}
	credentials, err := c.session(role, "ecs-agent")
	if err != nil {
		return nil, err
	}
	return c.wire().sessions[credentials.AccessKeyID], nil
}

// taskSecret reads a secret as GetSecretValue does: policies and keys decide.
func (c *Cloud) taskSecret(caller *session, from string) (string, error) {
	fields := strings.Split(from, ":")
	version, stage := "", ""
	if len(fields) == secretVersionFields {
		if fields[7] != "" {
			return "", fmt.Errorf("the JSON key %s: the embedded AWS reads whole secrets only", fields[7])
		}
		stage, version = fields[8], fields[9]
	}
	in := &wireRequest{
		cloud:     c,
		protocol:  json11,
		service:   "secretsmanager",
		operation: "GetSecretValue",
		caller:    caller,
	}
	found, fault := in.secret(strings.Join(fields[:min(len(fields), secretARNFields)], ":"), version, stage)
	if fault != nil {
		return "", fmt.Errorf("%s: %s", fault.code, fault.message)
	}
	return found.value, nil
}

// taskGuard gives a task its place in the VPC: its address, its own ports, and the VPC's name
// server.
func (c *Cloud) taskGuard(source netip.Addr) (*flowguard.Guard, error) {
	c.mu.Lock()
	end, _ := c.flowEnd(source)
	c.mu.Unlock()
	resolver, err := c.nameServer(end.zone)
	if err != nil {
		return nil, err
	}
	return c.guardOf(source, flowguard.Options{OwnLoopback: true, Resolver: resolver})
}

// nameServer is the VPC's, as a zone sees it: it answers what Resolve knows. What it does not know
// does not exist, for a rehearsal has no other network.
func (c *Cloud) nameServer(zone string) (netip.AddrPort, error) {
	a := c.life()
	a.mu.Lock()
	defer a.mu.Unlock()
	if known := a.nameServers[zone]; known != nil {
		return known.LocalAddr().(*net.UDPAddr).AddrPort(), nil
	}
	server, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("starting the name server of zone %s: %w", zone, err)
	}
	a.nameServers[zone] = server
	go c.answerNames(server, zone)
	return server.LocalAddr().(*net.UDPAddr).AddrPort(), nil
}

// answerNames answers until the socket is closed. What is no question gets no answer, as from any
// server.
func (c *Cloud) answerNames(server net.PacketConn, zone string) {
	buffer := make([]byte, 1500)
	for {
		n, from, err := server.ReadFrom(buffer)
		if err != nil {
			return
		}
		var message dnsmessage.Message
		if message.Unpack(buffer[:n]) != nil || len(message.Questions) != 1 {
			continue
		}
		if packed, err := c.nameAnswer(message, zone); err == nil {
			_, _ = server.WriteTo(packed, from) // datagrams may be lost
		}
	}
}

func (c *Cloud) nameAnswer(message dnsmessage.Message, zone string) ([]byte, error) {
	question := message.Questions[0]
	answer := dnsmessage.Message{Header: dnsmessage.Header{
		ID:                 message.ID,
		Response:           true,
		Authoritative:      true,
		RecursionDesired:   message.RecursionDesired,
		RecursionAvailable: true,
	}, Questions: message.Questions}
	addresses, err := c.Resolve(question.Name.String(), zone)
	switch {
	case err != nil:
		answer.RCode = dnsmessage.RCodeNameError
	case question.Type == dnsmessage.TypeA:
		for _, address := range addresses {
			answer.Answers = append(answer.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{
					Name:  question.Name,
					Type:  dnsmessage.TypeA,
					Class: dnsmessage.ClassINET,
				},
				Body: &dnsmessage.AResource{A: address.As4()},
			})
		}
	}
	return answer.Pack()
}
