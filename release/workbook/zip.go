package workbook

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// sortedZip is an archive whose entries stand in the order of their names,
// without times, whatever order they came in: the library writes its sheets in
// the order of a map. Until Close the compressed entries lie in memory, or in a
// temporary file once they are large.
type sortedZip struct {
	out     io.Writer
	entries []*zipEntry
	spill   spill
}

type zipEntry struct {
	zip     *sortedZip
	header  zip.FileHeader
	begins  int64 // in the spill
	deflate *flate.Writer
}

// deflateLevel is that of archive/zip.
const deflateLevel = 5

func (z *sortedZip) Create(name string) (io.Writer, error) {
	if err := z.finish(); err != nil {
		return nil, err
	}
	e := &zipEntry{zip: z, header: zip.FileHeader{Name: name, Method: zip.Deflate}, begins: z.spill.size}
	deflate, err := flate.NewWriter(&z.spill, deflateLevel)
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
	e.header.CompressedSize64 = uint64(z.spill.size - e.begins)
	return err
}

// AddFS is asked for by the library's interface and never called by it here.
func (z *sortedZip) AddFS(fs.FS) error { return errors.ErrUnsupported }

func (z *sortedZip) Close() (err error) {
	defer func() { err = errors.Join(err, z.spill.remove()) }()
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
		if _, err := io.Copy(w, z.spill.part(e.begins, int64(e.header.CompressedSize64))); err != nil {
			return err
		}
	}
	return archive.Close()
}

// spillAfter is what a spill holds in memory.
const spillAfter = 8 << 20

// spill keeps what is written to it, past a limit in a temporary file that is
// removed from its directory at once.
type spill struct {
	memory bytes.Buffer
	file   *os.File
	size   int64
}

func (s *spill) Write(p []byte) (int, error) {
	if s.file == nil && s.memory.Len()+len(p) > spillAfter {
		file, err := os.CreateTemp("", "registrar-workbook-")
		if err != nil {
			return 0, fmt.Errorf("making room for a workbook: %w", err)
		}
		s.file = file
		if err := os.Remove(file.Name()); err != nil {
			return 0, fmt.Errorf("making room for a workbook: %w", err)
		}
		if _, err := s.memory.WriteTo(file); err != nil {
			return 0, fmt.Errorf("making room for a workbook: %w", err)
		}
	}
	var n int
	var err error
	if s.file != nil {
		n, err = s.file.Write(p)
	} else {
		n, err = s.memory.Write(p)
	}
	s.size += int64(n)
	return n, err
}

func (s *spill) part(from, size int64) io.Reader {
	if s.file != nil {
		return io.NewSectionReader(s.file, from, size)
	}
	return bytes.NewReader(s.memory.Bytes()[from : from+size])
}

func (s *spill) remove() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
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
