// Temporary credentials of roles: every call is signed with them, so that calls have a caller.
// Source: IAM user guide, "Temporary security credentials in IAM" and "IAM identifiers".
package awsapi

import (
	"fmt"
	"regexp"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
	"github.com/bodybroker/platform/internal/localcloud/roles"
)

// SessionHours is how long credentials are valid, as long as those that EC2
// gives an instance (EC2 user guide, "Retrieve
// security credentials from instance metadata": about six hours).
const SessionHours = 6

// Credentials are temporary credentials of a role.
type Credentials struct {
	AccessKeyID, SecretAccessKey, Token string
	Expires                             time.Time
}

// RoleSession is a caller: somebody who has assumed a role.
type RoleSession struct {
	Credentials
	Role, RoleARN string
	// RoleUniqueID is the role's unique id at the time: a role of the same name that is created
	// later is another one.
	RoleUniqueID string
	Name         string
}

// arn is the ARN of the session, as errors and GetCallerIdentity give it.
func (s *RoleSession) arn(account string) string {
	return "arn:aws:sts::" + account + ":assumed-role/" + s.Role + "/" + s.Name
}

// WireState is what the API keeps besides records.
type WireState struct {
	Sessions map[string]*RoleSession // by access key id
	calls    []*APICall              // oldest first
	Now      func() time.Time
}

// wireKey is the key of the state in Tx.Values.
const wireKey = "over the wire"

// Wire returns the API's state of a cloud.
func Wire(tx *cloud.Tx) *WireState {
	state, ok := tx.Values[wireKey].(*WireState)
	if !ok {
		state = &WireState{
			Sessions: map[string]*RoleSession{},
			Now:      time.Now,
		}
		tx.Values[wireKey] = state
	}
	return state
}

// sessionName is what STS accepts (API reference, AssumeRole, RoleSessionName).
var sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

// Session returns new credentials of an existing role, valid for SessionHours. The name says who
// uses them, for example the id of a task or instance: 2 to 64 letters, digits and _+=,.@-. Session
// does not check whether the role may be assumed; the instance metadata service does, for
// instances.
func Session(c *cloud.Cloud, roleARN, name string) (Credentials, error) {
	return cloud.Update2(c, func(tx *cloud.Tx) (Credentials, error) {
		return NewSession(tx, roleARN, name)
	})
}

// NewSession is Session within a transaction.
func NewSession(tx *cloud.Tx, roleARN, name string) (Credentials, error) {
	role := roles.RoleByARN(tx, roleARN)
	if role == nil {
		return Credentials{}, fmt.Errorf(
			"giving credentials of role %q to %q: there is no such role; create it first",
			roleARN,
			name,
		)
	}
	if !sessionName.MatchString(name) {
		return Credentials{}, fmt.Errorf(
			"giving credentials of role %q: the session name %q does not match %s",
			roleARN,
			name,
			sessionName,
		)
	}
	state := Wire(tx)
	made := &RoleSession{
		Role:         role.ID,
		RoleARN:      roleARN,
		RoleUniqueID: role.Str("uniqueId"),
		Name:         name,
		Credentials: Credentials{
			AccessKeyID:     "ASIA" + cloud.RandomUniqueID(16),
			SecretAccessKey: cloud.RandomOf(cloud.LettersAndDigits, 40),
			Token:           cloud.RandomOf(cloud.LettersAndDigits, 200),
			Expires:         state.Now().UTC().Add(SessionHours * time.Hour).Truncate(time.Second),
		},
	}
	for id, old := range state.Sessions {
		if state.Now().Sub(old.Expires) > SessionHours*time.Hour {
			delete(state.Sessions, id) // long expired: to a client that still uses it, the key is unknown
		}
	}
	state.Sessions[made.AccessKeyID] = made
	return made.Credentials, nil
}
