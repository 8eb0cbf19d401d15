// Package attachment keeps the documents that belong to applications, each
// under the SHA-256 of its content: the same document twice is one blob, and
// what is read is checked against its name.
package attachment

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
	"regexp"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // file:///…
	"gocloud.dev/gcerrors"

	"data.release/registrar/release/fault"
)

// Store is an attachment store. Many goroutines may use it at once.
type Store struct{ bucket *blob.Bucket }

var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Open opens the store at a gocloud.dev/blob URL; a file:///DIR is made if it
// is not there.
func Open(ctx context.Context, rawURL string) (*Store, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("opening the attachment store: %w", err)
	}
	if u.Scheme == "file" {
		if u.Host != "" || !path.IsAbs(u.Path) {
			return nil, fmt.Errorf("opening the attachment store: %q wants an absolute path, file:///…", rawURL)
		}
		q := u.Query()
		q.Set("create_dir", "1")
		q.Set("dir_file_mode", "0700")
		q.Set("no_tmp_dir", "1") // a rename must not cross file systems
		q.Set("metadata", "skip")
		u.RawQuery = q.Encode()
	}
	bucket, err := blob.OpenBucket(ctx, u.String())
	if err != nil {
		return nil, fmt.Errorf("opening the attachment store: %w", err)
	}
	return &Store{bucket}, nil
}

// Close frees the store's connections.
func (s *Store) Close() error { return s.bucket.Close() }

// Put keeps a document of at most limit bytes and returns its SHA-256 in hex
// and its size. A longer one is fault.TooLarge and leaves nothing. The content
// goes through a temporary file, for its name is known only at its end.
func (s *Store) Put(ctx context.Context, content io.Reader, limit int64) (digest string, size int64, err error) {
	spool, err := os.CreateTemp("", "registrar-attachment-*")
	if err != nil {
		return "", 0, fmt.Errorf("keeping an attachment: %w", err)
	}
	defer func() { err = errors.Join(err, spool.Close(), os.Remove(spool.Name())) }()
	sum := sha256.New()
	size, err = io.Copy(io.MultiWriter(spool, sum), io.LimitReader(content, limit+1))
	if err != nil {
		return "", 0, fmt.Errorf("reading an attachment: %w", err)
	}
	if size > limit {
		return "", 0, fault.New(fault.TooLarge, "A document may have at most %d MiB.", limit>>20)
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return "", 0, fmt.Errorf("keeping an attachment: %w", err)
	}
	digest = hex.EncodeToString(sum.Sum(nil))
	err = s.bucket.Upload(ctx, key(digest), spool, &blob.WriterOptions{ContentType: "application/octet-stream", IfNotExist: true})
	if err != nil && gcerrors.Code(err) != gcerrors.FailedPrecondition { // it is there already
		return "", 0, fmt.Errorf("keeping an attachment: %w", err)
	}
	return digest, size, nil
}

// Open opens a document by its digest; one that is not there is
// fault.NotFound. Reading to the end fails if the content is not that of the
// digest.
func (s *Store) Open(ctx context.Context, digest string) (io.ReadCloser, error) {
	if !digestForm.MatchString(digest) {
		return nil, fault.New(fault.NotFound, "There is no such document.")
	}
	r, err := s.bucket.NewReader(ctx, key(digest), nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, fault.New(fault.NotFound, "The document is not in the attachment store.").Because(err)
	} else if err != nil {
		return nil, fmt.Errorf("opening an attachment: %w", err)
	}
	return &checked{ReadCloser: r, sum: sha256.New(), digest: digest}, nil
}

// key spreads the documents over directories.
func key(digest string) string { return digest[:2] + "/" + digest }

// checked fails at the end of a content that is not its digest's.
type checked struct {
	io.ReadCloser
	sum interface {
		io.Writer
		Sum([]byte) []byte
	}
	digest string
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.sum.Write(p[:n])
	if err == io.EOF && hex.EncodeToString(c.sum.Sum(nil)) != c.digest {
		return n, fmt.Errorf("the document %s is damaged in the attachment store", c.digest)
	}
	return n, err
}
