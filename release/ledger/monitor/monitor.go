// Package monitor verifies a whole register from outside, with nothing but its
// address and its log's verifier key: that every entry it publishes is the one
// that was logged, that nothing logged is missing, and that the log continues
// the one seen before.
package monitor

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger/proof"
)

// Config says which register to verify.
type Config struct {
	URL  string        // such as https://register.example.org
	Key  note.Verifier // nil: taken from the register itself, which proves less
	Seen string        // a checkpoint of this log seen earlier; empty: none
	// Earlier are more checkpoints of this log, from whenever and wherever: all
	// must be continued.
	Earlier []string
	Client  *http.Client
}

// Report is what was verified and what was found. No findings: all holds.
type Report struct {
	URL        string         `json:"url"`
	Log        string         `json:"log"`
	Key        string         `json:"key"`  // "given" or "taken from the site"
	Size       int64          `json:"size"` // entries that the checkpoint covers
	Root       string         `json:"root"`
	Seen       int64          `json:"seen"`       // size of the checkpoint seen before that this one continues
	Earlier    []int64        `json:"earlier"`    // sizes of the earlier checkpoints that this one continues
	Tiles      int            `json:"tiles"`      // tiles compared with what the leaves give
	Entries    int            `json:"entries"`    // entries compared with their leaves
	Texts      int            `json:"texts"`      // texts that fit their commitments
	Erased     int            `json:"erased"`     // texts erased, each under a tombstone
	Withheld   int            `json:"withheld"`   // texts that await a person's decision before they are published
	Waiting    []string       `json:"waiting"`    // those by name, the first MaxFindings
	Unsigned   int            `json:"unsigned"`   // entries newer than the checkpoint, not compared
	Findings   []fault.Reason `json:"findings"`   // the first MaxFindings
	Found      int            `json:"found"`      // how many there are in all
	Checkpoint string         `json:"checkpoint"` // to be kept for the next time
}

// MaxFindings bounds the findings that a report repeats.
const MaxFindings = 100

func (r *Report) find(reasons ...fault.Reason) {
	r.Found += len(reasons)
	r.Findings = append(r.Findings, reasons[:min(len(reasons), MaxFindings-len(r.Findings))]...)
}

// The largest answers, in bytes: a note; a tile; a bundle of 256 full leaves.
const (
	maxNote   = 1 << 20
	maxTile   = torchwood.TileWidth * tlog.HashSize
	maxBundle = torchwood.TileWidth * (2 + 65535)
)

// Verify downloads checkpoint, entry bundles, tiles and /register.json and
// holds all against each other. It keeps the leaves in memory.
//
// What disagrees is in the report. The error is for what could not be read:
// [fault.Unavailable], and [fault.Invalid] for an address or a key that is
// none; the report then holds what was verified before.
func Verify(ctx context.Context, c Config) (Report, error) {
	r := Report{URL: c.URL, Key: "given", Findings: []fault.Reason{}, Earlier: []int64{}, Waiting: []string{}}
	s, err := newSite(c.URL, c.Client)
	if err != nil {
		return r, err
	}
	key := c.Key
	if key == nil {
		r.Key = "taken from the site"
		text, err := s.read(ctx, "/log/key", maxNote)
		if err != nil {
			return r, err
		}
		if key, err = proof.ParseVerifier(string(text)); err != nil {
			return r, err
		}
	}
	r.Log = key.Name()
	signed, err := s.read(ctx, "/log/checkpoint", maxNote)
	if err != nil {
		return r, err
	}
	checkpoint, err := proof.OpenCheckpoint(string(signed), key)
	if err != nil {
		r.find(proof.Reasons(err)...)
		return r, nil // without a signed root there is nothing to hold anything against
	}
	r.Size, r.Root, r.Checkpoint = checkpoint.N, checkpoint.Hash.String(), string(signed)

	leaves, tree, err := s.leaves(ctx, checkpoint.N, &r)
	if err != nil {
		return r, err
	}
	if tree.Size() == checkpoint.N {
		if root, err := tree.Root(checkpoint.N); err != nil || root != checkpoint.Hash {
			r.find(fault.Reason{Code: "root", Field: "log", Message: fmt.Sprintf(
				"its %d leaves do not give the root that was signed: a leaf was changed, or leaves were exchanged", checkpoint.N)})
		}
		if err := s.compareTiles(ctx, tree, &r); err != nil {
			return r, err
		}
	}
	if c.Seen != "" {
		if size, ok := r.continues("the checkpoint seen before", c.Seen, key, tree); ok {
			r.Seen = size
		}
	}
	for i, earlier := range c.Earlier {
		if size, ok := r.continues(fmt.Sprintf("earlier checkpoint %d", i+1), earlier, key, tree); ok {
			r.Earlier = append(r.Earlier, size)
		}
	}
	return r, s.compareEntries(ctx, leaves, &r)
}

// leaves downloads every entry bundle up to size and builds the tree from them.
func (s site) leaves(ctx context.Context, size int64, r *Report) ([][]byte, *proof.Tree, error) {
	var leaves [][]byte
	tree := &proof.Tree{}
	for first := int64(0); first < size; first += torchwood.TileWidth {
		tile := tlog.Tile{H: torchwood.TileHeight, L: -1, N: first / torchwood.TileWidth, W: int(min(size-first, torchwood.TileWidth))}
		path := "/log/" + torchwood.TilePath(tile)
		bundle, err := s.read(ctx, path, maxBundle)
		if err != nil {
			return leaves, tree, err
		}
		for range tile.W {
			var leaf []byte
			if leaf, bundle, err = torchwood.ReadTileEntry(bundle); err != nil {
				break
			}
			if err := tree.Append(tlog.RecordHash(leaf)); err != nil {
				return leaves, tree, err
			}
			leaves = append(leaves, bytes.Clone(leaf))
		}
		if err != nil || len(bundle) > 0 {
			r.find(fault.Reason{Code: "bundle", Field: path, Message: fmt.Sprintf("does not hold %d leaves", tile.W)})
			return leaves, tree, nil
		}
	}
	return leaves, tree, nil
}

// compareTiles downloads the tiles of the tree: other verifiers rely on them
// instead of reading every leaf.
func (s site) compareTiles(ctx context.Context, tree *proof.Tree, r *Report) error {
	for _, tile := range tlog.NewTiles(torchwood.TileHeight, 0, tree.Size()) {
		path := "/log/" + torchwood.TilePath(tile)
		served, err := s.read(ctx, path, maxTile)
		if err != nil {
			return err
		}
		derived, err := tlog.ReadTileData(tile, tree)
		if err != nil {
			return fmt.Errorf("deriving tile %s: %w", path, err)
		}
		if !bytes.Equal(served, derived) {
			r.find(fault.Reason{Code: "tile", Field: path, Message: "does not follow from the leaves"})
		}
		r.Tiles++
	}
	return nil
}

// continues holds the log against a checkpoint of it from earlier, and gives
// that one's size.
func (r *Report) continues(which, earlier string, key note.Verifier, tree *proof.Tree) (size int64, ok bool) {
	old, err := proof.OpenCheckpoint(earlier, key)
	if err != nil {
		for _, reason := range proof.Reasons(err) {
			reason.Field = which
			r.find(reason)
		}
		return 0, false
	}
	if old.N > tree.Size() {
		r.find(fault.Reason{Code: "rollback", Field: "log", Message: fmt.Sprintf(
			"had %d leaves at %s and has %d now: leaves were taken back", old.N, which, tree.Size())})
		return 0, false
	}
	if root, err := tree.Root(old.N); err != nil || root != old.Hash {
		r.find(fault.Reason{Code: "rewritten", Field: "log", Message: fmt.Sprintf(
			"does not continue %s, of %d leaves: it was rewritten, or shows different readers different logs", which, old.N)})
		return 0, false
	}
	return old.N, true
}
