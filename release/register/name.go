package register

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"golang.org/x/text/unicode/norm"

	"data.release/registrar/release/terms"
)

// NameKey is the form in which two spellings of one name are equal: NFKC, one
// kind of dash, no quotes, plain spaces, lower case. "MONITOR" and "Monitor "
// are one organisation; "NHS Leeds CCG" and "NHS Leeds ICB" are two, whatever
// succeeded what: succession is recorded, never guessed from a name.
func NameKey(name string) string { return terms.Fold(name) }

// slugLimit is the longest slug in bytes. The longest name of the register of
// February 2021 makes one of 85.
const slugLimit = 120

// Slug makes the public id of an organisation or a dataset from its name:
// lower-case ASCII letters, digits and single hyphens, never empty, at most
// 120 bytes. Spellings with one [NameKey] have one slug. A name that is cut or
// has letters that ASCII lacks gets eight hexadecimal digits of its key's
// SHA-256 at the end.
func Slug(name string) string {
	key := NameKey(name)
	var out strings.Builder
	gap, lost := false, false
	for _, r := range norm.NFD.String(key) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if gap && out.Len() > 0 {
				out.WriteByte('-')
			}
			gap = false
			out.WriteRune(r)
		case r == '&':
			if out.Len() > 0 {
				out.WriteByte('-')
			}
			out.WriteString("and")
			gap = true
		case r >= 0x300 && r <= 0x36F: // the accent of the letter before
		default:
			gap = true
			lost = lost || r > 0x7F
		}
	}
	slug := out.String()
	if len(slug) > slugLimit-9 {
		slug, lost = strings.TrimRight(slug[:slugLimit-9], "-"), true
	}
	switch {
	case slug == "":
		return "name-" + keyDigest(key)
	case lost:
		return slug + "-" + keyDigest(key)
	}
	return slug
}

// SlugBeside is the slug of a name whose first choice stands for another name
// already ("A & B" and "A and B").
func SlugBeside(name string) string {
	slug := Slug(name)
	if len(slug) > slugLimit-9 {
		slug = strings.TrimRight(slug[:slugLimit-9], "-")
	}
	return slug + "-" + keyDigest(NameKey(name))
}

func keyDigest(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:4])
}
