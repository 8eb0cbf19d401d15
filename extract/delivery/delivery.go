// Package delivery keeps the encrypted files that recipients fetch. Everything
// in the store is ciphertext to its recipients' keys; a file's name is 128
// random bits under the id of the run that made it, so that knowing the store
// is not enough to find one.
package delivery

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"time"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // file:///…
	"gocloud.dev/gcerrors"

	"data.release/registrar/release/fault"
)

// Store is a delivery store. Many goroutines may use it at once.
type Store struct {
	bucket *blob.Bucket
	root   string // of a file store; empty otherwise
}

// A run id: one path segment that no file system, URL or escaping rule of a
// store reads in another way.
var runID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

// A key that Create gives.
var keyForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}/[0-9a-f]{32}\.age$`)

// Open opens the store at a gocloud.dev/blob URL. A file:///DIR is made if it
// is not there; its files are written beside their final place and renamed, so
// that a crash leaves a whole file or a leftover that Sweep removes.
func Open(ctx context.Context, rawURL string) (*Store, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("opening the delivery store: %w", err)
	}
	s := &Store{}
	if u.Scheme == "file" {
		if u.Host != "" || !path.IsAbs(u.Path) {
			return nil, fmt.Errorf("opening the delivery store: %q wants an absolute path, file:///…", rawURL)
		}
		q := u.Query()
		q.Set("create_dir", "1")
		q.Set("dir_file_mode", "0750") // serve may be another user of the same group
		q.Set("no_tmp_dir", "1")       // a rename must not cross file systems
		q.Set("metadata", "skip")
		u.RawQuery = q.Encode()
		s.root = filepath.FromSlash(u.Path)
	}
	if s.bucket, err = blob.OpenBucket(ctx, u.String()); err != nil {
		return nil, fmt.Errorf("opening the delivery store: %w", err)
	}
	return s, nil
}

// Close frees the store's connections.
func (s *Store) Close() error { return s.bucket.Close() }

// Writer writes one file. It appears in the store when Close returns nil, and
// not at all after Abort.
type Writer struct {
	Key string // where it will be

	store  *Store
	w      *blob.Writer
	cancel context.CancelFunc
}

// Create begins a file of a run under a new unguessable name.
func (s *Store) Create(ctx context.Context, run string) (*Writer, error) {
	if !runID.MatchString(run) {
		return nil, fmt.Errorf("delivery: %q is not a run id", run)
	}
	name := make([]byte, 16)
	_, _ = rand.Read(name) // ends the program rather than fail
	key := run + "/" + hex.EncodeToString(name) + ".age"
	// Cancelling the writer's context is how gocloud drops a half-written blob.
	ctx, cancel := context.WithCancel(ctx)
	w, err := s.bucket.NewWriter(ctx, key, &blob.WriterOptions{ContentType: "application/octet-stream", IfNotExist: true})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("creating a file to deliver: %w", err)
	}
	return &Writer{Key: key, store: s, w: w, cancel: cancel}, nil
}

// Write adds bytes to the file.
func (w *Writer) Write(p []byte) (int, error) { return w.w.Write(p) }

// Close completes the file; a file store has it on disk then.
func (w *Writer) Close() error {
	defer w.cancel()
	if err := w.w.Close(); err != nil {
		return fmt.Errorf("storing a file to deliver: %w", err)
	}
	return w.store.sync(w.Key)
}

// Abort drops the file. What it cannot remove, Sweep will.
func (w *Writer) Abort() {
	w.cancel()
	_ = w.w.Close() // reports the cancellation
}

// sync makes a file of a file store, and its name, survive a power cut.
func (s *Store) sync(key string) error {
	if s.root == "" {
		return nil
	}
	name := filepath.Join(s.root, filepath.FromSlash(key))
	for _, n := range []string{name, filepath.Dir(name), s.root} {
		f, err := os.Open(n)
		if err != nil {
			return fmt.Errorf("storing a file to deliver: %w", err)
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return fmt.Errorf("storing a file to deliver: %w", err)
		}
	}
	return nil
}

// File is an open file of the store: what http.ServeContent needs for ranges.
// It must be closed.
type File struct {
	io.ReadSeekCloser
	Size    int64 // bytes
	ModTime time.Time
}

// One answer for never, withdrawn and expired: which of them tells a stranger
// what was here.
func errGone() error {
	return fault.New(fault.NotFound, "This file is not available: it was never here, was withdrawn, or has expired.")
}

// Open opens a file for reading. A key that names no file, in form or in fact,
// is fault.NotFound. The context must live as long as the file is read.
func (s *Store) Open(ctx context.Context, key string) (*File, error) {
	if !keyForm.MatchString(key) {
		return nil, errGone()
	}
	r, err := s.bucket.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, errGone()
	}
	if err != nil {
		return nil, fmt.Errorf("opening a delivered file: %w", err)
	}
	return &File{ReadSeekCloser: r, Size: r.Size(), ModTime: r.ModTime()}, nil
}

// Withdraw deletes a file for good. One that is not there is withdrawn already.
func (s *Store) Withdraw(ctx context.Context, key string) error {
	if !keyForm.MatchString(key) {
		return nil
	}
	if err := s.bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("withdrawing a delivered file: %w", err)
	}
	return nil
}

// Held is a file that somebody may fetch until a moment.
type Held struct {
	Key     string
	Expires time.Time
}

// Expire deletes the files whose moment has come and returns their keys. It
// deletes what it can and reports every failure.
func (s *Store) Expire(ctx context.Context, now time.Time, files []Held) (gone []string, err error) {
	for _, f := range files {
		if f.Expires.After(now) {
			continue
		}
		if failed := s.Withdraw(ctx, f.Key); failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		gone = append(gone, f.Key)
	}
	return gone, err
}

// Discard deletes everything of a run, also what a crash left half-written.
// Begin a run with it; never call it for a run whose files were handed over.
func (s *Store) Discard(ctx context.Context, run string) (deleted int, err error) {
	if !runID.MatchString(run) {
		return 0, fmt.Errorf("delivery: %q is not a run id", run)
	}
	return s.remove(ctx, run+"/", func(string, time.Time) bool { return true })
}

// Sweep deletes every file that was last written before a moment and that keep
// does not claim. The moment spares what runs are writing now.
func (s *Store) Sweep(ctx context.Context, before time.Time, keep func(key string) bool) (deleted int, err error) {
	return s.remove(ctx, "", func(key string, written time.Time) bool { return written.Before(before) && !keep(key) })
}

func (s *Store) remove(ctx context.Context, prefix string, unwanted func(string, time.Time) bool) (int, error) {
	deleted := 0
	list := s.bucket.List(&blob.ListOptions{Prefix: prefix})
	for {
		o, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			return deleted, nil
		}
		if err != nil {
			return deleted, fmt.Errorf("sweeping the delivery store: %w", err)
		}
		if o.IsDir || !unwanted(o.Key, o.ModTime) {
			continue
		}
		if err := s.bucket.Delete(ctx, o.Key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			return deleted, fmt.Errorf("sweeping the delivery store: %w", err)
		}
		deleted++
	}
}
