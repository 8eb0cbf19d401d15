// Fsck has Tessera, an independent implementation, check a log over HTTP: it
// derives root and tiles from the entry bundles and compares them with what is
// served.
//
//	go run . -url http://127.0.0.1:8080/log/ -key KEYFILE
//
// Tessera's own command of that name ends with status 0 when the check fails;
// this one does not. It is a module of its own, so that Tessera's tree stays
// out of the product's.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"strings"

	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	address := flag.String("url", "", "the log's `address`, up to and with /log/")
	key := flag.String("key", "", "a `file` with the log's verifier key")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := check(ctx, *address, *key); err != nil {
		fmt.Fprintln(os.Stderr, "fsck:", err)
		os.Exit(1)
	}
}

func check(ctx context.Context, address, keyFile string) error {
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(text)))
	if err != nil {
		return fmt.Errorf("%s: %w", keyFile, err)
	}
	root, err := url.Parse(address)
	if err != nil {
		return err
	}
	source, err := client.NewHTTPFetcher(root, nil)
	if err != nil {
		return err
	}
	return fsck.New(verifier.Name(), verifier, source, hashBundle, fsck.Opts{N: 2}).Check(ctx)
}

// hashBundle gives the Merkle leaf hashes of a C2SP tlog-tiles entry bundle.
func hashBundle(bundle []byte) ([][]byte, error) {
	var entries api.EntryBundle
	if err := entries.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	hashes := make([][]byte, len(entries.Entries))
	for i, entry := range entries.Entries {
		hashes[i] = rfc6962.DefaultHasher.HashLeaf(entry)
	}
	return hashes, nil
}
