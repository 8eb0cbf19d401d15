package extract

import (
	"bufio"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"filippo.io/age"

	"data.release/registrar/extract/engine"
	"data.release/registrar/extract/plan"
	"data.release/registrar/extract/pseudonym"
	"data.release/registrar/release/fault"
)

// Handover is what a linking worker made for the extracting worker of one run:
// the person map of its plan, encrypted with age to that worker's key.
type Handover struct {
	SHA256  string `json:"sha256"`  // of the encrypted file
	Bytes   int64  `json:"bytes"`   // of the encrypted file
	Persons int64  `json:"persons"` // ids in it
}

const handoverVersion = "registrar/handover/v1"

// handoverHeader is the first line of the plaintext, as JSON; the persons
// follow as CSV without a header: id, pseudonym, opted out (true or false),
// checked, and the values of the columns.
type handoverHeader struct {
	Version string   `json:"version"`
	Plan    string   `json:"plan_sha256"`
	Records string   `json:"records_key"` // hex of the record key of the plan's domain
	Columns []string `json:"columns"`     // names of the plan's PersonColumns
}

func newHeader(p plan.Plan, digest string, records pseudonym.Key) handoverHeader {
	h := handoverHeader{Version: handoverVersion, Plan: digest, Records: hex.EncodeToString(records.Reveal()), Columns: []string{}}
	for _, c := range p.PersonColumns() {
		h.Columns = append(h.Columns, c.Name)
	}
	return h
}

// halfWritten ends the name of a handover that is being written.
const halfWritten = ".part"

// handoverWriter seals what is written to it.
type handoverWriter struct {
	path string
	file *os.File
	sum  *summing
	age  io.WriteCloser
}

func newHandoverWriter(path string, to age.Recipient, header handoverHeader) (*handoverWriter, error) {
	file, err := os.OpenFile(path+halfWritten, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("writing the handover: %w", err)
	}
	w := &handoverWriter{path: path, file: file, sum: newSumming(file)}
	if w.age, err = age.Encrypt(w.sum, to); err == nil {
		err = json.NewEncoder(w.age).Encode(header)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sealing the handover: %w", err), w.abort())
	}
	return w, nil
}

func (w *handoverWriter) Write(p []byte) (int, error) { return w.age.Write(p) }

func (w *handoverWriter) abort() error {
	return errors.Join(w.file.Close(), os.Remove(w.file.Name()))
}

// finish puts the file in its place.
func (w *handoverWriter) finish(persons int64) (Handover, error) {
	if err := errors.Join(w.age.Close(), w.file.Sync()); err != nil {
		return Handover{}, errors.Join(fmt.Errorf("sealing the handover: %w", err), w.abort())
	}
	if err := w.file.Close(); err != nil {
		return Handover{}, fmt.Errorf("sealing the handover: %w", err)
	}
	if err := os.Rename(w.file.Name(), w.path); err != nil {
		return Handover{}, fmt.Errorf("sealing the handover: %w", err)
	}
	return Handover{SHA256: w.sum.digest(), Bytes: w.sum.n, Persons: persons}, nil
}

// SweepHandovers removes what killed linkings left half-written in a directory
// of handovers. Those that wait for their run stay.
func SweepHandovers(dir string) error { return removeAll(filepath.Join(dir, "*"+halfWritten)) }

func removeAll(pattern string) error {
	left, err := filepath.Glob(pattern)
	if err != nil {
		return fmt.Errorf("sweeping: %w", err)
	}
	for _, path := range left {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return err
}

// handoverReader opens a handover. Nothing of it may be believed until persons
// has come to its end without an error: only there it is known to be whole.
type handoverReader struct {
	records pseudonym.Key

	want   string // digest, where the caller knows it
	file   *os.File
	sum    *summingReader
	plain  *bufio.Reader
	values int
}

func openHandover(path, want string, p plan.Plan, identity age.Identity) (*handoverReader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "The person map has not been handed over.").Because(err)
	}
	r := &handoverReader{want: want, file: file, values: len(p.PersonColumns()),
		sum: &summingReader{r: bufio.NewReaderSize(file, 1<<16), hash: sha256.New()}}
	if err := r.open(p, identity); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return r, nil
}

func (r *handoverReader) open(p plan.Plan, identity age.Identity) error {
	digest, err := p.Digest()
	if err != nil {
		return fmt.Errorf("opening the handover: %w", err)
	}
	plain, err := age.Decrypt(r.sum, identity)
	if err != nil {
		return badHandover("It is not for this worker, or it is damaged.").Because(err)
	}
	r.plain = bufio.NewReaderSize(plain, 1<<16)
	line, err := r.plain.ReadBytes('\n')
	if err != nil {
		return badHandover("It has no header.").Because(err)
	}
	var got handoverHeader
	if err := json.Unmarshal(line, &got); err != nil || got.Version != handoverVersion {
		return badHandover("It is of another version.").Because(err)
	}
	key, err := hex.DecodeString(got.Records)
	if err == nil {
		r.records, err = pseudonym.KeyFromBytes(key)
	}
	if err != nil {
		return badHandover("It has no record key.").Because(err)
	}
	if want := newHeader(p, digest, r.records); got.Plan != want.Plan || !slices.Equal(got.Columns, want.Columns) {
		return badHandover("It was made for another plan.")
	}
	return nil
}

// badHandover is what a handover is refused with; the linking has to be done
// again.
func badHandover(why string) *fault.Error {
	return fault.New(fault.Conflict, "The person map that was handed over cannot be used. %s Ask for the extract again.", why)
}

// persons gives every person, and an error if the file is not, to its end, the
// one that was recorded.
func (r *handoverReader) persons() iter.Seq2[engine.Person, error] {
	return func(yield func(engine.Person, error) bool) {
		lines := csv.NewReader(r.plain)
		lines.ReuseRecord = true
		lines.FieldsPerRecord = 4 + r.values
		for {
			cells, err := lines.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				yield(engine.Person{}, badHandover("It is damaged.").Because(err))
				return
			}
			p := engine.Person{ID: cells[0], Pseudonym: cells[1], OptedOut: cells[2] == "true", Checked: cells[3], Values: cells[4:]}
			if cells[2] != "true" && cells[2] != "false" || !slices.Contains([]string{plan.CheckedValid, plan.CheckedInvalid, plan.CheckedNone}, p.Checked) {
				yield(engine.Person{}, badHandover("It is damaged."))
				return
			}
			if !yield(p, nil) {
				return
			}
		}
		// What follows the last chunk of age would not have been read.
		if _, err := io.Copy(io.Discard, r.sum); err != nil {
			yield(engine.Person{}, fmt.Errorf("reading the handover: %w", err))
			return
		}
		if r.want != "" && r.sum.digest() != r.want {
			yield(engine.Person{}, badHandover("It is not the one that the linking worker recorded."))
		}
	}
}

func (r *handoverReader) close() error { return r.file.Close() }

// summing counts and hashes what it writes on.
type summing struct {
	w    io.Writer
	hash hash.Hash
	n    int64
}

func newSumming(w io.Writer) *summing { return &summing{w: w, hash: sha256.New()} }

func (s *summing) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	_, _ = s.hash.Write(p[:n])
	s.n += int64(n)
	return n, err
}

func (s *summing) digest() string { return hex.EncodeToString(s.hash.Sum(nil)) }

type summingReader struct {
	r    io.Reader
	hash hash.Hash
}

func (s *summingReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	_, _ = s.hash.Write(p[:n])
	return n, err
}

func (s *summingReader) digest() string { return hex.EncodeToString(s.hash.Sum(nil)) }
