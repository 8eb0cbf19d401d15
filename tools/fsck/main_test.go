package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// The product's own test runs this command against a log in PostgreSQL; here it
// is shown that the command can fail.
func TestAWholeLogPassesAndAChangedOneDoesNot(t *testing.T) {
	files, key := smallLog(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, ok := files[strings.TrimPrefix(r.URL.Path, "/log/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Write(data) //nolint:errcheck // a test
	}))
	defer server.Close()
	run := func() error { return check(context.Background(), server.URL+"/log/", key) }

	if err := run(); err != nil {
		t.Fatalf("a whole log: %v", err)
	}
	for path := range files {
		last := len(files[path]) - 1
		if path == layout.CheckpointPath {
			last = strings.Index(string(files[path]), "\n") + 1 // the size
		}
		files[path][last] ^= 1
		if run() == nil {
			t.Errorf("%s was changed and passed", path)
		}
		files[path][last] ^= 1
	}
	if err := check(context.Background(), server.URL+"/log/", filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("passed without a key")
	}
}

// smallLog is a log of 40 leaves, as files by path, and the file of its key.
func smallLog(t *testing.T) (files map[string][]byte, keyFile string) {
	const size = 40
	var hashes []tlog.Hash
	stored := tlog.HashReaderFunc(func(ids []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(ids))
		for i, id := range ids {
			out[i] = hashes[id]
		}
		return out, nil
	})
	var bundle, tile []byte
	for i := range int64(size) {
		leaf := fmt.Appendf(nil, `{"number":%d}`, i+1)
		more, err := tlog.StoredHashes(i, leaf, stored)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, more...)
		bundle = append(binary.BigEndian.AppendUint16(bundle, uint16(len(leaf))), leaf...)
		hash := tlog.RecordHash(leaf)
		tile = append(tile, hash[:]...)
	}
	root, err := tlog.TreeHash(size, stored)
	if err != nil {
		t.Fatal(err)
	}
	secret, public, err := note.GenerateKey(rand.Reader, "register.example/log")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	checkpoint, err := note.Sign(&note.Note{Text: fmt.Sprintf("register.example/log\n%d\n%s\n", size, root)}, signer)
	if err != nil {
		t.Fatal(err)
	}
	keyFile = filepath.Join(t.TempDir(), "log.pub")
	if err := os.WriteFile(keyFile, []byte(public+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		layout.CheckpointPath:       checkpoint,
		layout.EntriesPath(0, size): bundle,
		layout.TilePath(0, 0, size): tile,
	}, keyFile
}
