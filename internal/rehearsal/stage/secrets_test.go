package stage

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestASecretIsFoundInEveryFormAndPlace(t *testing.T) {
	const value = "SU\"AB\nC-token"
	var secrets []Secret
	for _, form := range forms(value) {
		secrets = append(secrets, Secret{"redis-token.result", []byte(form)})
	}
	for form, text := range map[string]string{
		"as it is":  "x=" + value,
		"in JSON":   `{"environment":[{"value":"SU\"AB\nC-token"}]}`,
		"in base64": "user-data: U1UiQUIKQy10b2tlbg==",
	} {
		assert.Equal(
			t,
			[]string{"plan shows redis-token.result"},
			Leaks(map[string][]byte{"plan": []byte(text), "state": []byte("nothing")}, secrets),
			form,
		)
	}
	assert.Empty(t, Leaks(map[string][]byte{"state": []byte("SU and AB and C-token")}, secrets))
}
