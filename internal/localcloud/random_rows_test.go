package localcloud

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"golang.org/x/crypto/bcrypt"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

const passwordType = "random:index/randomPassword:RandomPassword"

func TestPasswordHoldsItsSettings(t *testing.T) {
	b := newBench(t)
	_, outputs := b.make(
		passwordType,
		"p",
		map[string]any{"length": 40.0, "upper": false, "overrideSpecial": "!#", "minSpecial": 5.0, "minNumeric": 3.0},
	)
	result := outputs["result"].StringValue()
	assert.Len(t, result, 40)
	assert.Empty(t, strings.Trim(result, cloud.LowerLetters+cloud.Digits+"!#"), "characters outside the sets")
	count := func(set string) (n int) {
		for _, r := range result {
			if strings.ContainsRune(set, r) {
				n++
			}
		}
		return n
	}
	assert.GreaterOrEqual(t, count("!#"), 5)
	assert.GreaterOrEqual(t, count(cloud.Digits), 3)
	assert.NoError(t, bcrypt.CompareHashAndPassword([]byte(outputs["bcryptHash"].StringValue()), []byte(result)))
	_, other := b.make(passwordType, "q", map[string]any{"length": 40.0})
	assert.NotEqual(t, result, other["result"].StringValue())
	assert.Equal(t, []string{"length"}, b.faults(passwordType, map[string]any{"length": 4.0, "minLower": 5.0}))
	assert.Equal(
		t,
		[]string{"length"},
		b.faults(
			passwordType,
			map[string]any{"length": 4.0, "lower": false, "upper": false, "numeric": false, "special": false},
		),
	)
}

func TestRandomIDForms(t *testing.T) {
	id, outputs := newBench(
		t,
	).make("random:index/randomId:RandomId", "r", map[string]any{"byteLength": 4.0, "prefix": "a-"})
	assert.Regexp(t, `^a-[0-9a-f]{8}$`, outputs["hex"].StringValue())
	assert.Regexp(t, `^a-[0-9]+$`, outputs["dec"].StringValue())
	assert.Equal(t, outputs["b64Url"].StringValue(), id)
}
