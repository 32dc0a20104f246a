package rehearsal

import (
	"github.com/bodybroker/platform/catalog"
)

// rights are the patterns of one identity, as the table gives them.
type rights struct {
	name               string
	publish, subscribe []string // subscribe: "subject queue" where only the group may
}

// everyone is the table: 22 services and the gateway.
func everyone() ([]rights, error) {
	table, front, err := catalog.Services()
	if err != nil {
		return nil, err
	}
	streams, err := catalog.Streams()
	if err != nil {
		return nil, err
	}
	var all []rights
	for _, u := range catalog.Users(table, front, streams) {
		all = append(all, rights{name: u.Name, publish: u.Publish, subscribe: u.Subscribe})
	}
	return all, nil
}
