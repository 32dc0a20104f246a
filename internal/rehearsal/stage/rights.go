// The rights of all identities, as the catalog gives them.

package stage

import (
	"github.com/bodybroker/platform/catalog"
)

// Rights are the patterns of one identity, as the table gives them.
type Rights struct {
	Name               string
	Publish, Subscribe []string // subscribe: "subject queue" where only the group may
}

// AllRights is the table: 22 services and the gateway.
func AllRights() ([]Rights, error) {
	table, gatewayRow, err := catalog.Services()
	if err != nil {
		return nil, err
	}
	streams, err := catalog.Streams()
	if err != nil {
		return nil, err
	}
	var all []Rights
	for _, u := range catalog.Users(table, gatewayRow, streams) {
		all = append(all, Rights{Name: u.Name, Publish: u.Publish, Subscribe: u.Subscribe})
	}
	return all, nil
}
