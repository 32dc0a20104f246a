package stacks

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSubjectForm(t *testing.T) {
	for _, right := range []string{"svc.auth.v1.create_session", "evt.>", "evt.*.v1", "a-b"} {
		assert.Regexp(t, subjectForm, right)
	}
	for _, wrong := range []string{"", ">", "evt.", ".evt", "evt..x", "evt.>.x", "evt.x*", "evt x", "evt.>>"} {
		assert.NotRegexp(t, subjectForm, wrong)
	}
}
