// What the random package makes: passwords and ids. All of it is real.
package localcloud

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"

	"golang.org/x/crypto/bcrypt"
)

const (
	// specialCharacters are the random provider's own (pulumi-random SDK doc, special).
	specialCharacters = "!@#$%&*()-_=+[]{}<>:?"
)

var _ = register(
	row{
		token:    "random:index/randomPassword:RandomPassword",
		source:   "hashicorp/terraform-provider-random internal/provider/resource_password.go",
		required: []string{"length"},
		replace: []string{
			"keepers", "length", "lower", "minLower", "minNumeric", "minSpecial", "minUpper", "number", "numeric",
			"overrideSpecial", "special", "upper",
		},
		defaults: map[string]any{
			"lower": true, "upper": true, "number": true, "numeric": true, "special": true,
			"minLower": 0.0, "minUpper": 0.0, "minNumeric": 0.0, "minSpecial": 0.0,
		},
		id:           text("{hex32}"),
		computed:     madeAtCreation("result", "bcryptHash"),
		check:        checkPassword,
		beforeCreate: makePassword,
		notReal:      "The provider's id is \"none\" for every password; here it differs.",
	},
	row{
		token:    "random:index/randomId:RandomId",
		source:   "pulumi-random SDK doc",
		required: []string{"byteLength"},
		replace:  []string{"byteLength", "keepers", "prefix"},
		id:       text("{b64Url}"),
		computed: madeAtCreation("b64Std", "b64Url", "dec", "hex"),
		check:    between("byteLength", 1, 1<<20),
		beforeCreate: func(c *call) error {
			raw, prefix := make([]byte, int(c.num("byteLength"))), c.str("prefix")
			_, _ = rand.Read(raw) // crypto/rand never fails: it ends the program instead
			c.set("b64Std", prefix+base64.StdEncoding.EncodeToString(raw))
			c.set("b64Url", prefix+base64.RawURLEncoding.EncodeToString(raw))
			c.set("hex", prefix+hex.EncodeToString(raw))
			c.set("dec", prefix+new(big.Int).SetBytes(raw).String())
			return nil
		},
	},
)

// characterSet is one kind of characters of a password.
type characterSet struct {
	alphabet string
	wanted   bool
	least    int
}

func passwordSets(c *call) []characterSet {
	asked := func(key string) bool { return !present(c.inputs, key) || c.yes(key) }
	special := specialCharacters
	if own := c.str("overrideSpecial"); own != "" {
		special = own
	}
	return []characterSet{
		{alphabet: upperLetters, wanted: asked("upper"), least: int(c.num("minUpper"))},
		{alphabet: lowerLetters, wanted: asked("lower"), least: int(c.num("minLower"))},
		{alphabet: digits, wanted: asked("number") && asked("numeric"), least: int(c.num("minNumeric"))},
		{alphabet: special, wanted: asked("special"), least: int(c.num("minSpecial"))},
	}
}

func checkPassword(c *call) []failure {
	length, known := c.get("length").(float64)
	if !known {
		return nil
	}
	least, wanted := 0, false
	for _, set := range passwordSets(c) {
		least, wanted = least+set.least, wanted || set.wanted
	}
	switch {
	case length < 1:
		return []failure{
			{property: "length", reason: fmt.Sprintf("length must be at least 1, got: %s", trimFloat(length))},
		}
	case int(length) < least:
		return []failure{
			{
				property: "length",
				reason: fmt.Sprintf(
					"length must be at least sum of min_upper + min_lower + min_numeric + min_special: %d, got: %s",
					least,
					trimFloat(length),
				),
			},
		}
	case !wanted:
		return []failure{{property: "length", reason: "at least one of upper, lower, numeric and special must be true"}}
	}
	return nil
}

// password draws the least of each kind, fills up from all kinds, and mixes.
func password(sets []characterSet, length int) string {
	var all, drawn string
	for _, set := range sets {
		if set.wanted {
			all += set.alphabet
		}
		drawn += randomOf(set.alphabet, set.least)
	}
	mixed := []byte(drawn + randomOf(all, length-len(drawn)))
	for i := len(mixed) - 1; i > 0; i-- {
		j, _ := rand.Int(rand.Reader, big.NewInt(int64(i+1)))
		mixed[i], mixed[j.Int64()] = mixed[j.Int64()], mixed[i]
	}
	return string(mixed)
}

func makePassword(c *call) error {
	result := password(passwordSets(c), int(c.num("length")))
	// The provider hashes at the default cost, 60 ms during which this cloud would stand still.
	hash, err := bcrypt.GenerateFromPassword([]byte(result[:min(len(result), 72)]), bcrypt.MinCost)
	if err != nil {
		return fmt.Errorf("hashing a password: %w", err)
	}
	c.set("result", result)
	c.set("bcryptHash", string(hash))
	return nil
}
