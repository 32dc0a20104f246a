// What was called over the wire, by whom, and whether policies let it pass: the newest calls.
package localcloud

import (
	"strings"
	"time"
)

// mostCalls is how many calls are remembered, the newest ones.
const mostCalls = 2000

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
func (c *Cloud) Calls() []APICall {
	return update(c, func(tx *Tx) []APICall {
		state := tx.wire()
		calls := make([]APICall, len(state.calls))
		for i, call := range state.calls {
			calls[i] = *call
		}
		return calls
	})
}

// note remembers that a call was let pass or refused.
func (in *wireRequest) note(tx *Tx, action, resource string, allowed bool) {
	state := tx.wire()
	in.noted = &APICall{
		Time:     state.now(),
		Action:   action,
		Resource: resource,
		Allowed:  allowed,
	}
	if in.caller != nil {
		in.noted.Role, in.noted.Session = in.caller.role, in.caller.name
	}
	if len(state.calls) >= mostCalls {
		state.calls = append(state.calls[:0:0], state.calls[len(state.calls)-mostCalls+1:]...)
	}
	state.calls = append(state.calls, in.noted)
}

// noteFault puts the answer's error to the call's last note; a call that came to none gets one.
func (in *wireRequest) noteFault(fault *apiError) {
	in.cloud.Update(func(tx *Tx) {
		if in.noted == nil {
			in.note(tx, strings.Trim(in.service+":"+in.operation, ":"), "", false)
		}
		in.noted.Error = fault.Error()
	})
}
