// Who calls: temporary credentials of roles, and what each of them called.
// Source: IAM user guide, "Temporary security credentials in IAM" and "IAM identifiers".
package localcloud

import (
	"fmt"
	"regexp"
	"time"
)

// sessionHours is how long credentials live: what EC2 gives an instance (EC2 user guide, "Retrieve
// security credentials from instance metadata": about six hours).
const sessionHours = 6

// Credentials are temporary credentials of a role.
type Credentials struct {
	AccessKeyID, SecretAccessKey, Token string
	Expires                             time.Time
}

// roleSession is a role that somebody has become.
type roleSession struct {
	Credentials
	role, roleARN string
	// unique is the role's id at the time: a role of the same name that is made later is another
	// one.
	unique string
	name   string
}

// arn is the principal as AWS names it in errors and GetCallerIdentity.
func (s *roleSession) arn(account string) string {
	return "arn:aws:sts::" + account + ":assumed-role/" + s.role + "/" + s.name
}

// wireState is what the API holds beside records.
type wireState struct {
	sessions map[string]*roleSession // by access key id
	calls    []*APICall              // oldest first
	now      func() time.Time
}

// wireKey is where the state lies among what no record shows.
const wireKey = "over the wire"

// wire is the API's state.
func (tx *Tx) wire() *wireState {
	state, ok := tx.values[wireKey].(*wireState)
	if !ok {
		state = &wireState{
			sessions: map[string]*roleSession{},
			now:      time.Now,
		}
		tx.values[wireKey] = state
	}
	return state
}

// sessionName is what STS takes (API reference, AssumeRole, RoleSessionName).
var sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

// Session gives credentials of a role that exists, good for six hours. The name says who has them,
// as a task's or an instance's id does; 2 to 64 letters, digits and _+=,.@-. Whether the role may
// be assumed by anybody is not asked here: ServeMetadata asks it for instances.
func (c *Cloud) Session(roleARN, name string) (Credentials, error) {
	return update2(c, func(tx *Tx) (Credentials, error) {
		return tx.newSession(roleARN, name)
	})
}

func (tx *Tx) newSession(roleARN, name string) (Credentials, error) {
	role := tx.roleByARN(roleARN)
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
	state := tx.wire()
	made := &roleSession{
		role:    role.ID,
		roleARN: roleARN,
		unique:  role.str("uniqueId"),
		name:    name,
		Credentials: Credentials{
			AccessKeyID:     "ASIA" + uniqueUpper(16),
			SecretAccessKey: randomOf(lettersAndDigits, 40),
			Token:           randomOf(lettersAndDigits, 200),
			Expires:         state.now().UTC().Add(sessionHours * time.Hour).Truncate(time.Second),
		},
	}
	for id, old := range state.sessions {
		if state.now().Sub(old.Expires) > sessionHours*time.Hour {
			delete(state.sessions, id) // long expired: a client that still has it hears that it is not known
		}
	}
	state.sessions[made.AccessKeyID] = made
	return made.Credentials, nil
}
