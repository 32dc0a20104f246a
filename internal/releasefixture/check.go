// What must not be in a file that is kept: secrets in any form, and account ids other than the
// documentation's.

package releasefixture

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// documentationAccount is the account in the examples of AWS's documentation.
const documentationAccount = "123456789012"

// forbidden are forms of secrets, none of which is needed in a kept file.
var forbidden = []struct {
	what string
	form *regexp.Regexp
}{
	{what: "PEM", form: regexp.MustCompile(`-----BEGIN `)},
	{what: "a private key", form: regexp.MustCompile(`(?i)private key-`)},
	{what: "an access key of AWS", form: regexp.MustCompile(`\b(AKIA|ASIA)[A-Z0-9]{16}\b`)},
	// nkeys: S, the kind of key, 32 bytes and a checksum in base 32.
	{what: "a seed of NATS", form: regexp.MustCompile(`\bS[ACNOUX][A-Z2-7]{56}\b`)},
	{what: "a secret that is encrypted", form: regexp.MustCompile(`"ciphertext"`)},
	// The engine's form of what it encrypts, and of a stack's salt.
	{what: "a secret that is encrypted", form: regexp.MustCompile(`\bv1:[A-Za-z0-9+/]{8,}=*:`)},
}

var word = regexp.MustCompile(`[0-9A-Za-z]+`)

// accounts are the places of what may be account ids: 12 digits, but neither a number in JSON or
// YAML, which follows its key, nor the last group of a UUID.
func accounts(text []byte) (places []int) {
	for _, at := range word.FindAllIndex(text, -1) {
		before := string(text[max(0, at[0]-2):at[0]])
		other := strings.HasSuffix(before, "-") || before == `":` || before == ": "
		if found := string(text[at[0]:at[1]]); isID.MatchString(found) && found != documentationAccount && !other {
			places = append(places, at[0])
		}
	}
	return places
}

var isID = regexp.MustCompile(`^[0-9]{12}$`)

// Secrets is an error that names what a kept text must not hold, without showing it; nil if there
// is nothing of the kind.
func Secrets(text []byte) error {
	var faults []error
	for _, f := range forbidden {
		if at := f.form.FindIndex(text); at != nil {
			faults = append(faults, fmt.Errorf("a kept file must not hold %s, see byte %d", f.what, at[0]))
		}
	}
	for _, at := range accounts(text) {
		faults = append(faults, fmt.Errorf("a kept file must not hold an account id, see byte %d; "+
			"the documentation's is %s", at, documentationAccount))
	}
	return errors.Join(faults...)
}

// allHidden is an error where a secret of a deployment is not one of placeholders.
func allHidden(deployment any) (err error) {
	walk(deployment, func(object map[string]any) {
		if object[signature] != secretSignature || err != nil {
			return
		}
		var opened any
		if opened, err = open(object); err != nil {
			return
		}
		mapTexts(opened, func(text string) string {
			if !placeholder.MatchString(text) {
				err = errors.New("a secret has no placeholder")
			}
			return text
		})
	})
	return err
}
