// Package proof checks, from values alone, that an entry of the register is
// the one its log was signed for: commitments, proof files, and the public
// entry beside its leaf. It opens no connection and no file, so that whoever
// has a proof file and the log's verifier key needs nothing else.
//
// # The leaf of an entry
//
// A leaf is one JSON object in RFC 8785 form. Its member "commitments" is an
// object that gives for each free text or name of the entry the commitment to
// it (see [Commit]). Every other member is public as it stands and is
// repeated, under the same name and with the same value, by the entry in
// /register.json. The entry's number is the leaf's index in the log plus one;
// a leaf that says its number must say that one.
package proof

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// SaltSize is the length of a commitment's salt in bytes. A salt is random,
// used once, stored beside its text and erased with it: then nobody can try
// texts against the commitment that stays in the log for ever.
const SaltSize = 32

// Commit returns the commitment to one text of an entry, as 64 lower-case
// hexadecimal characters: HMAC-SHA-256 with the salt as key over the field's
// name, a zero byte, and the text in UTF-8. Without Registrar it is
//
//	printf 'FIELD\0TEXT' | openssl dgst -sha256 -mac HMAC -macopt hexkey:SALT
func Commit(salt []byte, field, text string) string {
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(field))
	mac.Write([]byte{0})
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}
