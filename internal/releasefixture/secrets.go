// A fixture without secrets that is complete all the same. In the account that it is made in, an
// ED25519 key depends on nothing but its logical name (KeySeed). The stored state has a placeholder
// in place of each secret, and Load fills it in: a key's forms are computed from its name again,
// because public keys that the state holds in clear belong to it; any other secret is some text
// that depends on its placeholder, because nothing else depends on it.

package releasefixture

import (
	"cmp"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/nats-io/nkeys"
)

// The engine's marks of values that are more than JSON (sdk/go/common/resource/sig).
const (
	signature        = "4dabf18193072939515e22adb298388d"
	secretSignature  = "1b47061264138c4ac30d75fd1eb44270"
	assetSignature   = "c44067f5952c0a294b673a41bacd8c17"
	archiveSignature = "0def7320c3a5731c473e5ecbe6d01bc7"
)

const keyType = "tls:index/privateKey:PrivateKey"

// shortest is the length below which a secret is not looked for in other texts: it could be there
// by chance.
const shortest = 16

// KeySeed is the seed of the ED25519 key with a logical name, in every fixture.
func KeySeed(name string) []byte {
	sum := sha256.Sum256([]byte("release fixture " + name))
	return sum[:]
}

// keyForms are the properties of the key with a logical name that are text and the same each time;
// seed is the key as a NATS user's.
func keyForms(name string) map[string]string {
	key := ed25519.NewKeyFromSeed(KeySeed(name))
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err) // an ED25519 key can be encoded
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		panic(err)
	}
	pair, err := nkeys.FromRawSeed(nkeys.PrefixByteUser, key.Seed())
	if err != nil {
		panic(err) // 32 bytes are a seed
	}
	seed, err := pair.Seed()
	if err != nil {
		panic(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	return map[string]string{
		"privateKeyPem":      text,
		"privateKeyPemPkcs8": text,
		"publicKeyPem":       string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
		"seed":               string(seed),
	}
}

var placeholder = regexp.MustCompile(`\{\{fixture ([^ {}]+) ([^ {}]+)\}\}`)

func placeholderOf(name, property string) string { return "{{fixture " + name + " " + property + "}}" }

// valueOf is what a placeholder is filled with.
func valueOf(name, property string) string {
	if form, ok := keyForms(name)[property]; ok {
		return form
	}
	sum := sha256.Sum256([]byte("release fixture " + name + " " + property))
	return hex.EncodeToString(sum[:])
}

// fill puts values in the place of placeholders.
func fill(value any) any {
	return mapTexts(value, func(text string) string {
		return placeholder.ReplaceAllStringFunc(text, func(found string) string {
			parts := placeholder.FindStringSubmatch(found)
			return valueOf(parts[1], parts[2])
		})
	})
}

// hide puts placeholders in the place of secrets, wherever they are, and of everything in PEM.
func hide(deployment any) (any, error) {
	known, err := secretsIn(deployment)
	if err != nil {
		return nil, err
	}
	var pairs []string
	for _, secret := range slices.SortedFunc(maps.Keys(known), longestFirst) {
		pairs = append(pairs, secret, known[secret])
	}
	replacer := strings.NewReplacer(pairs...)
	blocks := map[string]string{}
	return mapTexts(deployment, func(text string) string {
		return pemBlock.ReplaceAllStringFunc(replacer.Replace(text), func(block string) string {
			// JSON in a text has "\n" for the ends of lines; it is the same block.
			block = strings.ReplaceAll(block, `\n`, "\n")
			if blocks[block] == "" {
				blocks[block] = placeholderOf(fmt.Sprintf("pem-%d", len(blocks)+1), "block")
			}
			return blocks[block]
		})
	}), nil
}

var pemBlock = regexp.MustCompile(`(?s)-----BEGIN [A-Z0-9 ]+-----.*?-----END [A-Z0-9 ]+-----`)

func longestFirst(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) }

// secretsIn are the placeholders of all secrets of a deployment, by secret. A secret that is made
// of others has none of its own. Resources are in the order of their dependencies, so that a secret
// is met first where it is made.
func secretsIn(deployment any) (map[string]string, error) {
	known := map[string]string{}
	for _, resource := range resources(deployment) {
		if resource.Type != keyType {
			continue
		}
		forms := keyForms(nameOf(resource.URN))
		for _, property := range slices.Sorted(maps.Keys(forms)) { // two forms may be the same text
			known[forms[property]] = placeholderOf(nameOf(resource.URN), property)
		}
	}
	top, _ := deployment.(map[string]any)
	list, _ := top["resources"].([]any)
	for _, r := range list {
		resource, _ := r.(map[string]any)
		urn, _ := resource["urn"].(string)
		for _, side := range []string{"outputs", "inputs"} {
			properties, _ := resource[side].(map[string]any)
			for _, property := range slices.Sorted(maps.Keys(properties)) {
				if err := learn(known, nameOf(urn), property, properties[property]); err != nil {
					return nil, fmt.Errorf("%s, property %s: %w", urn, property, err)
				}
			}
		}
	}
	return known, nil
}

// learn adds the secret texts in a property's value to what is known.
func learn(known map[string]string, name, property string, value any) error {
	var faults []error
	walk(value, func(object map[string]any) {
		if object[signature] != secretSignature {
			return
		}
		opened, err := open(object)
		if err != nil {
			faults = append(faults, err)
			return
		}
		mapTexts(opened, func(text string) string {
			switch {
			case holdsOne(text, known):
			case len(text) < shortest:
				faults = append(faults, fmt.Errorf("a secret of %d characters could be in other texts by chance; "+
					"a fixture hides secrets of at least %d", len(text), shortest))
			default:
				known[text] = placeholderOf(name, property)
			}
			return text
		})
	})
	return errors.Join(faults...)
}

func holdsOne(text string, known map[string]string) bool {
	for secret := range known {
		if strings.Contains(text, secret) {
			return true
		}
	}
	return false
}

// open is the value of a secret.
func open(secret map[string]any) (any, error) {
	text, ok := secret["plaintext"].(string)
	if !ok {
		return nil, errors.New("a secret is encrypted: export the state with its secrets in clear")
	}
	return decode([]byte(text))
}

// mapTexts is a copy of a value with every text changed; the plaintext of a secret is JSON, and the
// texts in it are changed.
func mapTexts(value any, change func(string) string) any {
	switch v := value.(type) {
	case string:
		return change(v)
	case []any:
		changed := make([]any, len(v))
		for i, inner := range v {
			changed[i] = mapTexts(inner, change)
		}
		return changed
	case map[string]any:
		if v[signature] == secretSignature {
			return mapSecret(v, change)
		}
		changed := make(map[string]any, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			changed[key] = mapTexts(v[key], change)
		}
		return changed
	}
	return value
}

// mapSecret leaves a secret as it is that cannot be opened: allHidden reports it.
func mapSecret(secret map[string]any, change func(string) string) map[string]any {
	changed := maps.Clone(secret)
	if opened, err := open(secret); err == nil {
		text, _ := json.Marshal(mapTexts(opened, change)) // what was read from JSON can be written
		changed["plaintext"] = string(text)
	}
	return changed
}
