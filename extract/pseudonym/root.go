package pseudonym

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"

	"data.release/registrar/release/fault"
)

// Root is the secret from which every key is derived. Whoever holds it can
// recompute every pseudonym ever given, so only the linking worker opens it.
type Root struct{ secret [KeySize]byte }

// Format keeps the root out of whatever prints it.
func (r Root) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("[root key]")) }

// MarshalText refuses: a root is never written by accident.
func (r Root) MarshalText() ([]byte, error) {
	return nil, errors.New("pseudonym: a root key is not for writing out")
}

// RootFromBytes makes a root of 32 bytes, as tests and key services have them.
func RootFromBytes(b []byte) (*Root, error) {
	if len(b) != KeySize {
		return nil, fault.New(fault.Invalid, "A root key has exactly %d bytes, this one has %d.", KeySize, len(b))
	}
	r := new(Root)
	copy(r.secret[:], b)
	return r, nil
}

// ReadRoot reads a root from a file of exactly 32 bytes. Its mode must keep
// everyone but its owner out (0600 or 0400); anything else is fault.Invalid.
func ReadRoot(path string) (*Root, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.Invalid, "The root key file cannot be opened. Check the path and its owner.").Because(err)
	}
	defer func() { _ = f.Close() }()
	// The opened file is asked, not the path, which could be swapped between.
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("reading the root key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fault.New(fault.Invalid, "The root key must be a regular file.")
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fault.New(fault.Invalid,
			"The root key file can be read by others (mode %04o). Set it to 0600; if others did read it, it is spent.", mode)
	}
	b, err := io.ReadAll(io.LimitReader(f, KeySize+1))
	if err != nil {
		return nil, fmt.Errorf("reading the root key: %w", err)
	}
	defer clear(b)
	return RootFromBytes(b)
}

// CreateRoot writes a new random root to path, mode 0600, and returns it. It
// never replaces a file: losing a root loses every pseudonym's meaning.
func CreateRoot(path string) (*Root, error) {
	r := new(Root)
	// crypto/rand does not fail; it ends the program instead.
	_, _ = rand.Read(r.secret[:])
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("creating the root key: %w", err)
	}
	_, err = f.Write(r.secret[:])
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("creating the root key: %w", err), os.Remove(path))
	}
	return r, nil
}

// Persons is the key of person pseudonyms in a key domain.
func (r *Root) Persons(domain string) Key { return derive(r.secret[:], "pid/v1/"+domain) }

// Records is the key of record numbers in a key domain. It is the only key
// that the extracting worker sees.
func (r *Root) Records(domain string) Key { return derive(r.secret[:], "rid/v1/"+domain) }

// Lake is the key of the lake's internal person ids, which never leave it.
func (r *Root) Lake() Key { return derive(r.secret[:], "lake/v1/person") }
