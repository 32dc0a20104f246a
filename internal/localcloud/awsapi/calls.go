// What was called over the wire, by whom, and whether policies let it pass: the newest calls.
package awsapi

import (
	"strings"
	"time"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

// maxCalls is how many calls are remembered, the newest ones.
const maxCalls = 2000

// APICall is one call over the wire, or one use of a key that came of it.
type APICall struct {
	Time time.Time
	// Role and Session are names; empty where the caller could not be told.
	Role, Session string
	// Action is IAM's, for example "s3:GetObject"; Resource is an ARN, or empty.
	Action, Resource string
	// Allowed says that the caller was known and policies let the call pass.
	Allowed bool
	// Error is "Code: message" of the answer; empty after a success.
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

// Note remembers that a call was let pass or refused.
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

// noteFault puts the answer's error to the call's last note; a call that came to none gets one.
func (in *Request) noteFault(fault *Error) {
	in.Cloud.Update(func(tx *cloud.Tx) {
		if in.noted == nil {
			in.Note(tx, strings.Trim(in.Service+":"+in.Operation, ":"), "", false)
		}
		in.noted.Error = fault.Error()
	})
}
