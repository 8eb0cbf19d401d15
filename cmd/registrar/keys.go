package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"filippo.io/age"
	"github.com/alecthomas/kong"

	"data.release/registrar/extract/pseudonym"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger"
)

// keysCmd makes machine keys.
type keysCmd struct {
	Init keysInitCmd `cmd:"" help:"Make every key that is missing, in files that only their owner may read; never replaces one."`
}

// keysInitCmd makes root.key (32 random bytes), log.key and manifest.key
// (Ed25519, with .pub), and worker.age (X25519, with .pub). Whoever holds the
// root can recompute every pseudonym: give it to the linking worker alone, and
// keep a copy under two persons' lock.
type keysInitCmd struct {
	Dir    string `arg:"" type:"path" help:"Directory of the keys, made with mode 0700."`
	Origin string `required:"" help:"Public name of the log, for ever; such as register.example.org/log."`
}

// Run makes keys.
func (c *keysInitCmd) Run(k *kong.Context) error {
	keys := keyFiles{c.Dir}
	if err := keys.make(c.Origin); err != nil {
		return err
	}
	fmt.Fprintf(k.Stdout, "The keys stand in %s. Verifier key of the log: %s\n", c.Dir, keys.log()+".pub")
	return nil
}

// keyFiles are the machine keys in one directory.
type keyFiles struct{ dir string }

func (f keyFiles) root() string     { return filepath.Join(f.dir, "root.key") }
func (f keyFiles) log() string      { return filepath.Join(f.dir, "log.key") }
func (f keyFiles) manifest() string { return filepath.Join(f.dir, "manifest.key") }
func (f keyFiles) worker() string   { return filepath.Join(f.dir, "worker.age") }

// make makes those that are missing.
func (f keyFiles) make(origin string) error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return fmt.Errorf("making the keys' directory: %w", err)
	}
	for path, create := range map[string]func(string) error{
		f.root():     func(p string) error { _, err := pseudonym.CreateRoot(p); return err },
		f.log():      func(p string) error { _, err := ledger.CreateKey(p, origin); return err },
		f.manifest(): func(p string) error { _, err := ledger.CreateKey(p, origin+"/manifests"); return err },
		f.worker():   createWorkerKey,
	} {
		if _, err := os.Stat(path); err == nil {
			continue
		}
		if err := create(path); err != nil {
			return err
		}
	}
	return nil
}

func createWorkerKey(path string) error {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return fmt.Errorf("making the worker's key: %w", err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("writing the worker's key: %w", err)
	}
	_, err = fmt.Fprintln(file, identity)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("writing the worker's key: %w", err)
	}
	return os.WriteFile(path+".pub", []byte(identity.Recipient().String()+"\n"), 0o644)
}

// readWorkerKey reads the extracting worker's identity.
func readWorkerKey(path string) (*age.X25519Identity, error) {
	text, err := readSecret(path, "worker's key")
	if err != nil {
		return nil, err
	}
	identity, err := age.ParseX25519Identity(trimmed(text))
	if err != nil {
		return nil, fault.New(fault.Invalid, "%s holds no age identity.", path)
	}
	return identity, nil
}
