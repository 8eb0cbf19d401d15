package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // file:///…
	"gocloud.dev/gcerrors"
)

// ErrDamaged: the bytes of a stored file are not those its name promises.
var ErrDamaged = errors.New("lake: the stored file does not have the digest in its name")

// Store is one blob store of content-addressed files. Many goroutines may use
// it at once; two that put the same bytes at the same moment both succeed.
type Store struct {
	// Copies is the directory for temporary local copies of a store that is
	// not a directory. It must be as well guarded as the store itself.
	Copies string

	bucket *blob.Bucket
	root   string // of a file store; empty otherwise
}

// Object is a stored file.
type Object struct {
	Key    string
	SHA256 string // lower-case hex
	Bytes  int64
}

// Open opens the store at a gocloud.dev/blob URL. A file:///DIR is made, 0700,
// if it is not there; its files are written beside their final place, synced
// and renamed, so that a crash leaves either the whole file or none.
func Open(ctx context.Context, rawURL string) (*Store, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("opening a lake store: %w", err)
	}
	s := &Store{}
	if u.Scheme == "file" {
		if u.Host != "" || !path.IsAbs(u.Path) {
			return nil, fmt.Errorf("opening a lake store: %q wants an absolute path, file:///…", rawURL)
		}
		q := u.Query()
		q.Set("create_dir", "1")
		q.Set("dir_file_mode", "0700")
		q.Set("no_tmp_dir", "1") // /tmp may be another file system, and is no place for identifiers
		q.Set("metadata", "skip")
		u.RawQuery = q.Encode()
		s.root = filepath.FromSlash(u.Path)
	}
	if s.bucket, err = blob.OpenBucket(ctx, u.String()); err != nil {
		return nil, fmt.Errorf("opening a lake store: %w", err)
	}
	if s.root != "" {
		// DuckDB compares paths after following links, so hand out those.
		if s.root, err = filepath.EvalSymlinks(s.root); err != nil {
			return nil, errors.Join(fmt.Errorf("opening a lake store: %w", err), s.bucket.Close())
		}
	}
	return s, nil
}

// Close frees the store's connections.
func (s *Store) Close() error { return s.bucket.Close() }

// Root is the directory of a file store, for DuckDB's allowed directories, and
// empty for any other.
func (s *Store) Root() string { return s.root }

// Put stores a local file under the digest of its bytes and returns where it
// is. Storing the same bytes again changes nothing. When Put returns, a file
// store has the file on disk.
func (s *Store) Put(ctx context.Context, place Place, file, ext string) (Object, error) {
	o, err := s.put(ctx, place, file, ext)
	if err != nil {
		return Object{}, fmt.Errorf("storing a %s file of %s: %w", ext, place.Dataset, err)
	}
	return o, nil
}

func (s *Store) put(ctx context.Context, place Place, file, ext string) (Object, error) {
	f, err := os.Open(file)
	if err != nil {
		return Object{}, err
	}
	defer f.Close()
	digest, size, err := sum(f)
	if err != nil {
		return Object{}, err
	}
	key, err := place.Key(digest, ext)
	if err != nil {
		return Object{}, err
	}
	o := Object{Key: key, SHA256: digest, Bytes: size}
	attrs, err := s.bucket.Attributes(ctx, key)
	if err == nil && attrs.Size == size {
		return o, nil
	}
	if err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return Object{}, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return Object{}, err
	}
	// Cancelling the writer's context is how gocloud drops a half-written blob.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := s.bucket.NewWriter(ctx, key, &blob.WriterOptions{ContentType: "application/octet-stream"})
	if err != nil {
		return Object{}, err
	}
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(w, h), f); err != nil {
		cancel()
		return Object{}, errors.Join(err, w.Close())
	}
	if hex.EncodeToString(h.Sum(nil)) != digest {
		cancel()
		return Object{}, errors.Join(errors.New("the file changed while it was stored"), w.Close())
	}
	if err := w.Close(); err != nil {
		return Object{}, err
	}
	return o, s.sync(key)
}

// sync makes a file of a file store, and its name, survive a power cut.
func (s *Store) sync(key string) error {
	if s.root == "" {
		return nil
	}
	name := s.path(key)
	for _, n := range []string{name, filepath.Dir(name)} {
		f, err := os.Open(n)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) path(key string) string { return filepath.Join(s.root, filepath.FromSlash(key)) }

// Local gives a path to the file's bytes after checking them against the
// digest in the key: the stored file itself in a file store, which the caller
// must only read, or else a copy under Copies that release removes. Errors: the
// kind ErrDamaged if the bytes are wrong; fs.ErrNotExist if there are none.
func (s *Store) Local(ctx context.Context, key string) (file string, release func(), err error) {
	want, _, ok := strings.Cut(path.Base(key), ".")
	if !ok || len(want) != hex.EncodedLen(sha256.Size) {
		return "", nil, fmt.Errorf("reading %s from the lake: the key does not end in a digest", key)
	}
	file, release, err = s.local(ctx, key, want)
	if err != nil {
		return "", nil, fmt.Errorf("reading %s from the lake: %w", key, err)
	}
	return file, release, nil
}

func (s *Store) local(ctx context.Context, key, want string) (string, func(), error) {
	if s.root != "" {
		f, err := os.Open(s.path(key))
		if err != nil {
			return "", nil, err
		}
		defer f.Close()
		got, _, err := sum(f)
		if err != nil {
			return "", nil, err
		}
		if got != want {
			return "", nil, ErrDamaged
		}
		return s.path(key), func() {}, nil
	}
	if s.Copies == "" {
		return "", nil, errors.New("no directory for local copies was configured")
	}
	r, err := s.bucket.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return "", nil, errors.Join(os.ErrNotExist, err)
	}
	if err != nil {
		return "", nil, err
	}
	defer r.Close()
	f, err := os.CreateTemp(s.Copies, "copy-*.parquet") // 0600
	if err != nil {
		return "", nil, err
	}
	release := func() { os.Remove(f.Name()) }
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, h), r)
	if err = errors.Join(err, f.Close()); err == nil && hex.EncodeToString(h.Sum(nil)) != want {
		err = ErrDamaged
	}
	if err != nil {
		release()
		return "", nil, err
	}
	return f.Name(), release, nil
}

// Open streams a stored file without checking its digest first; for files
// that carry their own authentication, such as age-encrypted rejects.
func (s *Store) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	r, err := s.bucket.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, fmt.Errorf("reading %s from the lake: %w", key, os.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s from the lake: %w", key, err)
	}
	return r, nil
}

// Delete removes a file that has served its time. One that is not there is
// already deleted.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := s.bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("deleting %s from the lake: %w", key, err)
	}
	return nil
}

func sum(r io.Reader) (digest string, size int64, err error) {
	h := sha256.New()
	if size, err = io.Copy(h, r); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}
