// Package pseudonym turns identifiers into pseudonyms that join within one key
// domain and nowhere else.
//
// Version 1, in full:
//
//	root  32 random bytes, held by the linking worker alone
//	K     HKDF-SHA-256(root, no salt, info = "pid/v1/" ‖ domain), 32 bytes
//	v1    the first 16 bytes of HMAC-SHA-256(K, "v1" ‖ 0 ‖ kind ‖ 0 ‖ canonical),
//	      as 32 lower-case hexadecimal characters
//
// A key domain is agreement × segregated purpose × type of data, so that two
// agreements never share a person's pseudonym. The kind says what sort of
// identifier the canonical text is: "nhs", "local:" and the provider that gave
// it, or "record:" and the name of a record number.
//
// Record numbers are done in the same way under a key of their own, whose info
// is "rid/v1/" ‖ domain: that key goes to the extracting worker, which must not
// be able to recompute anybody's pseudonym from an NHS number.
//
// A salted digest would not do: all thousand million NHS numbers can be hashed
// in about a minute. Hence a secret 256-bit key, never a phrase. Sixteen bytes
// make 80 million people collide with probability 1e-23, and fit the 32
// characters that HES person tokens have.
//
// testdata/vectors.json holds test vectors, computed with OpenSSL by the script
// beside it.
package pseudonym

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"
)

// Size is the length of a pseudonym in characters.
const Size = 32

// KeySize is the length of a root or derived key in bytes.
const KeySize = 32

// NHS is the kind of a verified NHS number: ten digits that pass modulus 11.
const NHS = "nhs"

// Local is the kind of a local person number of one provider (or of one feed,
// where the provider is not known).
func Local(provider string) string { return "local:" + provider }

// Record is the kind of a record number by the name of its field. Fields of
// one name in several datasets hold the same number, so they still join inside
// a key domain (A&E's EPIKEY to that of admitted care).
func Record(field string) string { return "record:" + field }

// ErrKind is given for a kind that is empty or holds a zero byte, with which
// two different identifiers could be the same message.
var ErrKind = errors.New("pseudonym: kind is empty or holds a zero byte")

// Key is a derived key. It prints as its name only, in every format and log.
type Key struct{ secret [KeySize]byte }

// KeyFromBytes takes back a key that Reveal gave, for the handover between the
// two workers. It is an error unless b has 32 bytes.
func KeyFromBytes(b []byte) (Key, error) {
	if len(b) != KeySize {
		return Key{}, fmt.Errorf("pseudonym: a key has %d bytes, not %d", KeySize, len(b))
	}
	var k Key
	copy(k.secret[:], b)
	return k, nil
}

// Reveal gives the key itself, to be sealed in a handover and nowhere else.
func (k Key) Reveal() []byte { return append([]byte(nil), k.secret[:]...) }

// Format keeps the key out of whatever prints it.
func (k Key) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("[key]")) }

// MarshalText refuses: a key is never written by accident.
func (k Key) MarshalText() ([]byte, error) {
	return nil, errors.New("pseudonym: a key is not for writing out")
}

func derive(root []byte, info string) Key {
	derived, err := hkdf.Key(sha256.New, root, nil, info, KeySize)
	if err != nil {
		// Only a length over 255 hashes, or FIPS mode with a short root.
		panic("pseudonym: " + err.Error())
	}
	var k Key
	copy(k.secret[:], derived)
	return k
}

// Hasher computes pseudonyms under one key, keeping the HMAC's state between
// them (four times as fast as a new one each). It is not safe for use by
// several goroutines at once.
type Hasher struct {
	mac     hash.Hash
	message []byte
	sum     []byte
}

// Hasher begins to hash under k.
func (k Key) Hasher() *Hasher {
	return &Hasher{mac: hmac.New(sha256.New, k.secret[:])}
}

// Append appends the pseudonym of canonical to dst, 32 characters. It gives
// ErrKind, and dst as it was, for a kind that could be ambiguous.
func (h *Hasher) Append(dst []byte, kind, canonical string) ([]byte, error) {
	if kind == "" || strings.IndexByte(kind, 0) >= 0 {
		return dst, ErrKind
	}
	h.message = append(h.message[:0], "v1\x00"...)
	h.message = append(h.message, kind...)
	h.message = append(h.message, 0)
	h.message = append(h.message, canonical...)
	h.mac.Reset()
	_, _ = h.mac.Write(h.message) // a hash never fails
	h.sum = h.mac.Sum(h.sum[:0])
	return hex.AppendEncode(dst, h.sum[:Size/2]), nil
}

// Pseudonym is Append to a new string.
func (h *Hasher) Pseudonym(kind, canonical string) (string, error) {
	out, err := h.Append(make([]byte, 0, Size), kind, canonical)
	return string(out), err
}
