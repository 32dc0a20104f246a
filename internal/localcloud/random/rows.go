// Pulumi's package random: passwords and ids. All are really random, since the platform uses them.
package random

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"

	"golang.org/x/crypto/bcrypt"

	"github.com/bodybroker/platform/internal/localcloud/cloud"
)

const (
	// specialCharacters are the random provider's defaults (pulumi-random SDK doc, special).
	specialCharacters = "!@#$%&*()-_=+[]{}<>:?"
)

var _ = cloud.Register(
	cloud.Row{
		Token:    "random:index/randomPassword:RandomPassword",
		Source:   "hashicorp/terraform-provider-random internal/provider/resource_password.go",
		Required: []string{"length"},
		Replace: []string{
			"keepers", "length", "lower", "minLower", "minNumeric", "minSpecial", "minUpper", "number", "numeric",
			"overrideSpecial", "special", "upper",
		},
		Defaults: map[string]any{
			"lower": true, "upper": true, "number": true, "numeric": true, "special": true,
			"minLower": 0.0, "minUpper": 0.0, "minNumeric": 0.0, "minSpecial": 0.0,
		},
		ID:           cloud.Text("{hex32}"),
		Computed:     cloud.MadeAtCreation("result", "bcryptHash"),
		Check:        checkPassword,
		BeforeCreate: makePassword,
		NotReal:      "The provider's id is \"none\" for every password; here it differs.",
	},
	cloud.Row{
		Token:    "random:index/randomId:RandomId",
		Source:   "pulumi-random SDK doc",
		Required: []string{"byteLength"},
		Replace:  []string{"byteLength", "keepers", "prefix"},
		ID:       cloud.Text("{b64Url}"),
		Computed: cloud.MadeAtCreation("b64Std", "b64Url", "dec", "hex"),
		Check:    cloud.Between("byteLength", 1, 1<<20),
		BeforeCreate: func(c *cloud.Call) error {
			raw, prefix := make([]byte, int(c.Num("byteLength"))), c.Str("prefix")
			_, _ = rand.Read(raw) // crypto/rand never fails: it ends the program instead
			c.Set("b64Std", prefix+base64.StdEncoding.EncodeToString(raw))
			c.Set("b64Url", prefix+base64.RawURLEncoding.EncodeToString(raw))
			c.Set("hex", prefix+hex.EncodeToString(raw))
			c.Set("dec", prefix+new(big.Int).SetBytes(raw).String())
			return nil
		},
	},
)

// characterSet is one kind of characters in a password.
type characterSet struct {
	alphabet string
	included bool
	least    int
}

func passwordSets(c *cloud.Call) []characterSet {
	given := func(key string) bool { return !cloud.Present(c.Inputs, key) || c.Bool(key) }
	special := specialCharacters
	if own := c.Str("overrideSpecial"); own != "" {
		special = own
	}
	return []characterSet{
		{alphabet: cloud.UpperLetters, included: given("upper"), least: int(c.Num("minUpper"))},
		{alphabet: cloud.LowerLetters, included: given("lower"), least: int(c.Num("minLower"))},
		{alphabet: cloud.Digits, included: given("number") && given("numeric"), least: int(c.Num("minNumeric"))},
		{alphabet: special, included: given("special"), least: int(c.Num("minSpecial"))},
	}
}

func checkPassword(c *cloud.Call) []cloud.Failure {
	length, known := c.Get("length").(float64)
	if !known {
		return nil
	}
	least, included := 0, false
	for _, set := range passwordSets(c) {
		least, included = least+set.least, included || set.included
	}
	switch {
	case length < 1:
		return []cloud.Failure{
			{Property: "length", Reason: fmt.Sprintf("length must be at least 1, got: %s", cloud.FormatNumber(length))},
		}
	case int(length) < least:
		return []cloud.Failure{
			{
				Property: "length",
				Reason: fmt.Sprintf(
					"length must be at least sum of min_upper + min_lower + min_numeric + min_special: %d, got: %s",
					least,
					cloud.FormatNumber(length),
				),
			},
		}
	case !included:
		return []cloud.Failure{
			{Property: "length", Reason: "at least one of upper, lower, numeric and special must be true"},
		}
	}
	return nil
}

// password draws the minimum of each kind, fills up from all kinds, and shuffles.
func password(sets []characterSet, length int) string {
	var all, drawn string
	for _, set := range sets {
		if set.included {
			all += set.alphabet
		}
		drawn += cloud.RandomOf(set.alphabet, set.least)
	}
	mixed := []byte(drawn + cloud.RandomOf(all, length-len(drawn)))
	for i := len(mixed) - 1; i > 0; i-- {
		j, _ := rand.Int(rand.Reader, big.NewInt(int64(i+1)))
		mixed[i], mixed[j.Int64()] = mixed[j.Int64()], mixed[i]
	}
	return string(mixed)
}

func makePassword(c *cloud.Call) error {
	result := password(passwordSets(c), int(c.Num("length")))
	// The provider hashes at the default cost, 60 ms during which this cloud would be locked.
	hash, err := bcrypt.GenerateFromPassword([]byte(result[:min(len(result), 72)]), bcrypt.MinCost)
	if err != nil {
		return fmt.Errorf("hashing a password: %w", err)
	}
	c.Set("result", result)
	c.Set("bcryptHash", string(hash))
	return nil
}
