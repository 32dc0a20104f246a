// Random ids and texts in the forms that AWS gives them.
package cloud

import (
	"crypto/rand"
	"encoding/hex"
	"math/big"
	"strings"
)

// The alphabets of random texts.
const (
	LowerLetters     = "abcdefghijklmnopqrstuvwxyz"
	UpperLetters     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	Digits           = "0123456789"
	LettersAndDigits = LowerLetters + UpperLetters + Digits
)

// RandomHex returns random hexadecimal digits in lower case.
func RandomHex(digits int) string {
	raw := make([]byte, (digits+1)/2)
	_, _ = rand.Read(raw) // crypto/rand never fails: it ends the program instead
	return hex.EncodeToString(raw)[:digits]
}

// RandomDigits returns random decimal digits.
func RandomDigits(digits int) string {
	var b strings.Builder
	for range digits {
		n, _ := rand.Int(rand.Reader, big.NewInt(10))
		b.WriteString(n.String())
	}
	return b.String()
}

// RandomOf draws n characters of an alphabet, each as likely as any other.
func RandomOf(alphabet string, n int) string {
	var b strings.Builder
	for range n {
		i, _ := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		b.WriteByte(alphabet[i.Int64()])
	}
	return b.String()
}

// UUID returns a random UUID of version 4.
func UUID() string {
	h := RandomHex(32)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}

// RandomUniqueID returns n characters of the kind that IAM's unique ids end in: upper-case letters
// and digits.
func RandomUniqueID(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	return RandomOf(alphabet, n)
}
