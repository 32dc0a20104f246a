// Random ids and texts, as AWS makes them.
package localcloud

import (
	"crypto/rand"
	"encoding/hex"
	"math/big"
	"strings"
)

const (
	lowerLetters     = "abcdefghijklmnopqrstuvwxyz"
	upperLetters     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits           = "0123456789"
	lettersAndDigits = lowerLetters + upperLetters + digits
)

func randomHex(digits int) string {
	raw := make([]byte, (digits+1)/2)
	_, _ = rand.Read(raw) // crypto/rand never fails: it ends the program instead
	return hex.EncodeToString(raw)[:digits]
}

func randomDigits(digits int) string {
	var b strings.Builder
	for range digits {
		n, _ := rand.Int(rand.Reader, big.NewInt(10))
		b.WriteString(n.String())
	}
	return b.String()
}

// randomOf draws n characters of an alphabet, each as likely as any other.
func randomOf(alphabet string, n int) string {
	var b strings.Builder
	for range n {
		i, _ := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		b.WriteByte(alphabet[i.Int64()])
	}
	return b.String()
}

func uuid() string {
	h := randomHex(32)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}

// uniqueUpper is what AWS's unique ids end in: upper-case letters and digits.
func uniqueUpper(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	return randomOf(alphabet, n)
}
