// How an engine reaches the embedded AWS: one gRPC server for each Pulumi package, since an engine
// attaches to providers by package.
package localcloud

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"github.com/bodybroker/platform/internal/localcloud/awsx"
	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// packages are the Pulumi packages served and their versions, which the engine compares with
// those of the SDKs in go.mod.
var packages = []struct{ name, version string }{
	{name: "aws", version: "6.83.0"},
	{name: "awsx", version: "2.22.0"},
	{name: "random", version: "4.18.2"},
	{name: "tls", version: "5.2.0"},
}

// Endpoint is a cloud that is served to engines.
type Endpoint struct {
	attach string
	stop   []chan bool
	done   []<-chan error
}

// Serve starts a server for each package on free loopback ports. Call Close at the end.
func Serve(c *cloud.Cloud) (*Endpoint, error) {
	endpoint := &Endpoint{}
	var ports []string
	for _, p := range packages {
		server := server(c, p.name, p.version)
		stop := make(chan bool)
		handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Cancel: stop, Init: func(s *grpc.Server) error {
			pulumirpc.RegisterResourceProviderServer(s, server)
			return nil
		}})
		if err != nil {
			_ = endpoint.Close()
			return nil, fmt.Errorf("serving the embedded AWS, package %s: %w", p.name, err)
		}
		endpoint.stop = append(endpoint.stop, stop)
		endpoint.done = append(endpoint.done, handle.Done)
		ports = append(ports, fmt.Sprintf("%s:%d", p.name, handle.Port))
	}
	endpoint.attach = strings.Join(ports, ",")
	return endpoint, nil
}

func server(c *cloud.Cloud, name, version string) pulumirpc.ResourceProviderServer {
	base := cloud.Provider{Cloud: c, Version: version}
	if name == "awsx" {
		return &awsx.Provider{Provider: base}
	}
	return &base
}

// Env returns the environment variables with which an engine uses this cloud and no other provider.
func (e *Endpoint) Env() map[string]string {
	return map[string]string{
		"PULUMI_DEBUG_PROVIDERS":                      e.attach,
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
	}
}

// Close stops all servers and waits for them.
func (e *Endpoint) Close() error {
	for _, stop := range e.stop {
		close(stop)
	}
	var first error
	for _, done := range e.done {
		if err := <-done; err != nil && first == nil {
			first = err
		}
	}
	if first != nil {
		return fmt.Errorf("stopping the embedded AWS: %w", first)
	}
	return nil
}
