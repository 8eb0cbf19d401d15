// Package log serves a transparency log over HTTP as C2SP tlog-tiles has it:
//
//	GET /log/checkpoint                  the last signed note
//	GET /log/tile/{level}/{path}         hashes, 32 bytes each
//	GET /log/tile/entries/{path}         entry bundles: leaves, each after its length in two bytes
//	GET /log/key                         the verifier key
//	GET /log/consistency?from={size}     proof that the last checkpoint continues the log of that size
//
// The last is for those who keep a checkpoint and no tiles: whoever reads tiles
// can make the proof for any two sizes.
//
// Tiles are answers that never change, so a cache in front may keep them for
// ever; only the checkpoint is short-lived. What no checkpoint covers does not
// exist here. Its clients are programs, so errors are one line of plain text.
package log

import (
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger"
	"data.release/registrar/release/ledger/proof"
)

// Prefix is where the log lies; the handler expects whole request paths.
const Prefix = "/log/"

const (
	forever = "public, max-age=31536000, immutable"
	// A partial tile's bytes never change either, but nobody asks for it again
	// once the tile is full: no cache needs to keep it for a year.
	briefly = "public, max-age=3600"
	// Shorter than the beat on which checkpoints are signed.
	momentary = "public, max-age=2"
)

type server struct {
	log    ledger.Log
	db     *sql.DB
	key    string
	logger *slog.Logger
}

// New serves a log of db under [Prefix]. The verifier key is text, as
// [ledger.Key.VerifierKey] gives it: the process that serves has no other.
func New(log ledger.Log, db *sql.DB, verifierKey string, logger *slog.Logger) (http.Handler, error) {
	if _, err := proof.ParseVerifier(verifierKey); err != nil {
		return nil, err
	}
	s := &server{log: log, db: db, key: strings.TrimSpace(verifierKey) + "\n", logger: logger}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix+"checkpoint", s.handle(s.checkpoint))
	mux.HandleFunc("GET "+Prefix+"key", s.handle(s.verifierKey))
	mux.HandleFunc("GET "+Prefix+"tile/", s.handle(s.tile))
	mux.HandleFunc("GET "+Prefix+"consistency", s.handle(s.consistency))
	return mux, nil
}

func (s *server) checkpoint(w http.ResponseWriter, r *http.Request) error {
	last, err := s.log.Latest(r.Context(), s.db)
	if err != nil {
		return err
	}
	answer(w, "text/plain; charset=utf-8", momentary, []byte(last.Note))
	return nil
}

func (s *server) verifierKey(w http.ResponseWriter, _ *http.Request) error {
	answer(w, "text/plain; charset=utf-8", briefly, []byte(s.key))
	return nil
}

func (s *server) tile(w http.ResponseWriter, r *http.Request) error {
	path := strings.TrimPrefix(r.URL.Path, Prefix)
	tile, err := torchwood.ParseTilePath(path)
	if err != nil || torchwood.TilePath(tile) != path { // one address each: it takes tile/data/ for tile/entries/
		return fault.New(fault.NotFound, "this is not the path of a tile")
	}
	last, err := s.log.Latest(r.Context(), s.db)
	if err != nil {
		return err
	}
	data, err := s.log.Tile(r.Context(), s.db, tile, last.Size)
	if err != nil {
		return err
	}
	cache := briefly
	if tile.W == torchwood.TileWidth {
		cache = forever
	}
	answer(w, "application/octet-stream", cache, data)
	return nil
}

func (s *server) consistency(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	from, err := strconv.ParseInt(query.Get("from"), 10, 64)
	if err != nil || from < 0 || len(query) != 1 || len(query["from"]) != 1 {
		return fault.New(fault.NotFound, "expected ?from= and the number of entries of an earlier checkpoint, its second line")
	}
	last, err := s.log.Latest(r.Context(), s.db)
	if err != nil {
		return err
	}
	if from > last.Size {
		return fault.New(fault.NotFound, "the log is signed at %d entries, and no checkpoint of it has %d", last.Size, from)
	}
	consistency, err := s.log.ProveConsistency(r.Context(), s.db, last.Size, from)
	if err != nil {
		return err
	}
	if consistency == nil {
		consistency = tlog.TreeProof{} // of a tree with itself
	}
	content, err := json.MarshalIndent(proof.Consistency{Format: proof.ConsistencyFormat, From: from, To: last.Size,
		Proof: consistency, Checkpoint: last.Note}, "", "  ")
	if err != nil {
		return err
	}
	answer(w, "application/json", momentary, append(content, '\n'))
	return nil
}

func answer(w http.ResponseWriter, contentType, cache string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", cache)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	// Anyone may verify, also from a page of their own.
	h.Set("Access-Control-Allow-Origin", "*")
	w.Write(body) //nolint:errcheck // the client has gone; there is nobody to tell
}

// handle maps errors, for all of this package.
func (s *server) handle(f func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := f(w, r)
		if err == nil {
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		if errors.Is(err, fault.NotFound) {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		if r.Context().Err() == nil {
			s.logger.ErrorContext(r.Context(), "the log could not be read", "log", string(s.log), "path", r.URL.Path, "error", err)
		}
		http.Error(w, "the log cannot be read now; try again later", http.StatusServiceUnavailable)
	}
}
