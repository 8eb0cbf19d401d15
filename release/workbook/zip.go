package workbook

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// sortedZip is an archive whose entries stand in the order of their names,
// without times, whatever order they came in: the library writes its sheets in
// the order of a map. It holds the compressed entries until Close.
type sortedZip struct {
	out     io.Writer
	entries []*zipEntry
}

type zipEntry struct {
	header     zip.FileHeader
	compressed bytes.Buffer
	deflate    *flate.Writer
}

func (z *sortedZip) Create(name string) (io.Writer, error) {
	if err := z.finish(); err != nil {
		return nil, err
	}
	e := &zipEntry{header: zip.FileHeader{Name: name, Method: zip.Deflate}}
	deflate, err := flate.NewWriter(&e.compressed, flate.DefaultCompression)
	if err != nil {
		return nil, err
	}
	e.deflate = deflate
	z.entries = append(z.entries, e)
	return e, nil
}

func (e *zipEntry) Write(p []byte) (int, error) {
	e.header.CRC32 = crc32.Update(e.header.CRC32, crc32.IEEETable, p)
	e.header.UncompressedSize64 += uint64(len(p))
	return e.deflate.Write(p)
}

// finish closes the entry being written.
func (z *sortedZip) finish() error {
	if len(z.entries) == 0 {
		return nil
	}
	e := z.entries[len(z.entries)-1]
	if e.deflate == nil {
		return nil
	}
	err := e.deflate.Close()
	e.deflate = nil
	e.header.CompressedSize64 = uint64(e.compressed.Len())
	return err
}

// AddFS is asked for by the library's interface and never called by it here.
func (z *sortedZip) AddFS(fs.FS) error { return errors.ErrUnsupported }

func (z *sortedZip) Close() error {
	if err := z.finish(); err != nil {
		return err
	}
	slices.SortFunc(z.entries, func(a, b *zipEntry) int { return strings.Compare(a.header.Name, b.header.Name) })
	archive := zip.NewWriter(z.out)
	for _, e := range z.entries {
		w, err := archive.CreateRaw(&e.header)
		if err != nil {
			return err
		}
		if _, err := e.compressed.WriteTo(w); err != nil {
			return err
		}
	}
	return archive.Close()
}

// asJSON is a text as a JSON string, in ASCII where XML could not carry it.
// Bytes that are no UTF-8 become U+FFFD; PostgreSQL holds none.
func asJSON(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil { // a string always marshals
		panic(err)
	}
	return strings.NewReplacer("\uFFFE", `\ufffe`, "\uFFFF", `\uffff`).Replace(string(quoted))
}
