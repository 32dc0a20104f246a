// The log of calls over the wire: drills read it to check who called what, and whether policies
// allowed it.
package awsapi

import (
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// maxCalls is how many calls are kept, the newest ones.
const maxCalls = 2000

// APICall is one call over the wire, or one use of a KMS key that a call caused.
type APICall struct {
	Time time.Time
	// Role and Session are names; empty where the caller is not known.
	Role, Session string
	// Action is IAM's name, for example "s3:GetObject"; Resource is an ARN, or empty.
	Action, Resource string
	// Allowed says that the caller is known and policies allow the call.
	Allowed bool
	// Error is the answer's "Code: message"; empty after a success.
	Error string
}

// Calls returns the newest 2,000 calls, oldest first.
func Calls(c *cloud.Cloud) []APICall {
	return cloud.Update(c, func(tx *cloud.Tx) []APICall {
		state := Wire(tx)
		calls := make([]APICall, len(state.calls))
		for i, call := range state.calls {
			calls[i] = *call
		}
		return calls
	})
}

// Note adds a call to the log, allowed or refused.
func (in *Request) Note(tx *cloud.Tx, action, resource string, allowed bool) {
	state := Wire(tx)
	in.noted = &APICall{
		Time:     state.Now(),
		Action:   action,
		Resource: resource,
		Allowed:  allowed,
	}
	if in.Caller != nil {
		in.noted.Role, in.noted.Session = in.Caller.Role, in.Caller.Name
	}
	if len(state.calls) >= maxCalls {
		state.calls = append(state.calls[:0:0], state.calls[len(state.calls)-maxCalls+1:]...)
	}
	state.calls = append(state.calls, in.noted)
}

// noteFault adds the answer's error to the call's last note. A call without a note gets one.
func (in *Request) noteFault(fault *Error) {
	in.Cloud.Update(func(tx *cloud.Tx) {
		if in.noted == nil {
			in.Note(tx, strings.Trim(in.Service+":"+in.Operation, ":"), "", false)
		}
		in.noted.Error = fault.Error()
	})
}
