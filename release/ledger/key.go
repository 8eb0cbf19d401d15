package ledger

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger/proof"
)

// Key signs a log's checkpoints (Ed25519, C2SP signed note). Its name is the
// log's origin, such as "register.example.org/log": for ever, since another
// name is another log.
type Key struct {
	signer   note.Signer
	verifier note.Verifier
	text     string
}

// Origin is the public name of the log that the key signs for.
func (k Key) Origin() string { return k.verifier.Name() }

// VerifierKey is the public half as text, which /log/key serves and verifiers
// are given.
func (k Key) VerifierKey() string { return k.text }

// Verifier checks what the key has signed.
func (k Key) Verifier() note.Verifier { return k.verifier }

// CreateKey makes a new key and writes it to path, which must not exist yet,
// readable by its owner alone, and its public half to path + ".pub".
func CreateKey(path, origin string) (Key, error) {
	secret, public, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return Key{}, fmt.Errorf("making a log key: %w", err)
	}
	key, err := parseKey(secret)
	if err != nil {
		return Key{}, fault.New(fault.Invalid, "%q cannot be the origin of a log: expected a name such as register.example.org/log, without spaces or plus signs", origin).Because(err)
	}
	if err := writeNew(path, secret+"\n"); err != nil {
		return Key{}, err
	}
	if err := os.WriteFile(path+".pub", []byte(public+"\n"), 0o644); err != nil {
		return Key{}, fmt.Errorf("writing the verifier key: %w", err)
	}
	return key, nil
}

// writeNew writes a secret to a file that does not exist, and to the disk.
func writeNew(path, secret string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fault.New(fault.Conflict, "%s exists: a log's key is never overwritten", path)
	}
	if err != nil {
		return fmt.Errorf("creating the log key: %w", err)
	}
	_, err = file.WriteString(secret)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("writing the log key: %w", err)
	}
	return nil
}

// ReadKey reads a key that [CreateKey] wrote. A file that others than its
// owner may read is refused.
func ReadKey(path string) (Key, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Key{}, fault.New(fault.NotFound, "there is no log key at %s", path).Because(err)
	}
	if err != nil {
		return Key{}, fmt.Errorf("reading the log key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return Key{}, fault.New(fault.Invalid, "the log key %s may be read by others (mode %04o): set it to 0600", path, mode)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Key{}, fmt.Errorf("reading the log key: %w", err)
	}
	key, err := parseKey(strings.TrimSpace(string(text)))
	if err != nil {
		// The cause could quote the key; it is not kept.
		return Key{}, fault.New(fault.Invalid, "%s holds no key of a log", path)
	}
	return key, nil
}

// parseKey reads PRIVATE+KEY+name+hash+base64 and derives the public half,
// which package note keeps to itself.
func parseKey(secret string) (Key, error) {
	signer, err := note.NewSigner(secret)
	if err != nil {
		return Key{}, err
	}
	parts := strings.SplitN(secret, "+", 5)
	raw, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return Key{}, errors.New("malformed key")
	}
	public := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	text, err := note.NewEd25519VerifierKey(signer.Name(), public)
	if err != nil {
		return Key{}, err
	}
	verifier, err := proof.ParseVerifier(text)
	if err != nil {
		return Key{}, err
	}
	return Key{signer: signer, verifier: verifier, text: text}, nil
}
