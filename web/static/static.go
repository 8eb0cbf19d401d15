// Package static serves the stylesheet, the images it names and our mark, as
// built by `npm run build` into dist and embedded. Addresses hold the digest of
// the whole bundle, so a browser may keep what it has for ever.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed all:dist
var embedded embed.FS

// Prefix is where assets are served, by Handler.
const Prefix = "/static/"

// ErrNotBuilt says that the binary was built before its assets were.
var ErrNotBuilt = errors.New("this binary holds no stylesheet: run `npm ci && npm run build` (or `make`), then build it again")

// Bundle is the built files, each ready to be sent.
type Bundle struct {
	digest string
	files  map[string]file
}

type file struct {
	plain, gzipped []byte // gzipped is nil where it would save nothing
	contentType    string
}

// Load reads the embedded files. The error is ErrNotBuilt when there are none.
func Load() (*Bundle, error) {
	dist, err := fs.Sub(embedded, "dist")
	if err != nil {
		return nil, fmt.Errorf("reading embedded assets: %w", err)
	}
	return load(dist)
}

func load(dist fs.FS) (*Bundle, error) {
	bundle := &Bundle{files: map[string]file{}}
	sum := sha256.New()
	err := fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || name == "README" {
			return err
		}
		content, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(content))
		sum.Write(content)
		gzipped, err := compress(content)
		if err != nil {
			return err
		}
		bundle.files[name] = file{plain: content, gzipped: gzipped, contentType: contentType(name)}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading embedded assets: %w", err)
	}
	if _, ok := bundle.files["registrar.css"]; !ok {
		return nil, ErrNotBuilt
	}
	bundle.digest = hex.EncodeToString(sum.Sum(nil))[:16]
	return bundle, nil
}

// URL is the address of a built file. A name that was not built is a mistake
// in a template, and panics where the first page is rendered, in a test.
func (b *Bundle) URL(name string) string {
	if _, ok := b.files[name]; !ok {
		panic("static: no built file " + name)
	}
	return Prefix + b.digest + "/" + name
}

// Handler answers GET /static/{digest}/{name...}. An address of an earlier
// bundle is not found: its page is as old.
func (b *Bundle) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := b.files[r.PathValue("name")]
		if !ok || r.PathValue("digest") != b.digest {
			http.Error(w, "no such asset", http.StatusNotFound)
			return
		}
		header := w.Header()
		header.Set("Content-Type", f.contentType)
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
		header.Add("Vary", "Accept-Encoding")
		content := f.plain
		if f.gzipped != nil && acceptsGzip(r) {
			header.Set("Content-Encoding", "gzip")
			content = f.gzipped
		}
		header.Set("Content-Length", strconv.Itoa(len(content)))
		if r.Method != http.MethodHead {
			w.Write(content)
		}
	})
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" {
			return strings.ReplaceAll(quality, " ", "") != "q=0"
		}
	}
	return false
}

func compress(content []byte) ([]byte, error) {
	var buffer bytes.Buffer
	writer, err := gzip.NewWriterLevel(&buffer, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := writer.Write(content); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	if buffer.Len() >= len(content) {
		return nil, nil
	}
	return buffer.Bytes(), nil
}

func contentType(name string) string {
	if known := mime.TypeByExtension(path.Ext(name)); known != "" {
		return known
	}
	return "text/plain; charset=utf-8"
}
