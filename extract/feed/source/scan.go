package source

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/release/fault"
)

const (
	// maxRecord is the longest record, in bytes.
	maxRecord = 1 << 20
	// maxStretched bounds the memory for finding lines in a file with line
	// breaks inside its values.
	maxStretched = 1 << 20
	// shown is how many faults of one kind are told one by one.
	shown = 20
)

var delimiters = []byte{',', '|', '\t', ';'}

func (f *File) gzip(ctx context.Context, r io.Reader, d definition.Definition) ([]fault.Reason, error) {
	broken := []fault.Reason{{Code: "gzip", Message: "the file begins like gzip but is damaged or cut short"}}
	z, err := gzip.NewReader(r)
	if err != nil {
		return broken, nil
	}
	reasons, err := f.csv(ctx, z, d)
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) || isCorrupt(err) {
		return broken, nil
	}
	return reasons, err
}

// isCorrupt knows flate's CorruptInputError, an integer type without a
// sentinel to compare with.
func isCorrupt(err error) bool {
	return err != nil && strings.HasPrefix(err.Error(), "flate: corrupt input")
}

// csv reads a whole CSV stream. Refused, each with its line: a record with more
// or fewer values than the header, a quotation mark inside an unquoted value
// or text after a closing one, a quoted value that never ends, an empty line, a
// carriage return that ends no line, line ends of two kinds, a NUL, text that
// is not UTF-8, a record of over a megabyte. A byte order mark is passed over.
func (f *File) csv(ctx context.Context, r io.Reader, d definition.Definition) ([]fault.Reason, error) {
	s := scanner{line: 1, started: 1, faults: map[string]int{}}
	if err := s.run(ctx, r, d); err != nil {
		return nil, err
	}
	for _, code := range s.order {
		if more := s.faults[code] - shown; more > 0 {
			s.reasons = append(s.reasons, fault.Reason{Code: code, Message: fmt.Sprintf("%d more lines of this kind", more)})
		}
	}
	var reasons []fault.Reason
	if s.header != nil {
		f.Columns, reasons = columns(s.header, d)
		if len(reasons)+len(s.reasons)+int(s.records) == 0 {
			reasons = append(reasons, fault.Reason{Code: "empty", Message: "the file holds a header and no records"})
		}
	}
	f.Rows, f.delimiter, f.stretched = s.records, s.delimiter, s.stretched
	return append(reasons, s.reasons...), nil
}

// guessDelimiter takes the one that makes the most columns of the first line.
func guessDelimiter(chunk []byte, d definition.Definition) byte {
	line, _, _ := strings.Cut(string(chunk), "\n")
	best, most := delimiters[0], 0
	for _, c := range delimiters {
		known := 0
		for name := range strings.SplitSeq(line, string(c)) {
			if _, ok := d.Field(strings.ToUpper(strings.Trim(name, " \"\r"))); ok {
				known++
			}
		}
		if known > most {
			best, most = c, known
		}
	}
	return best
}

// The states between two bytes of a CSV file.
const (
	valueStart  = iota // nothing of the value was read yet
	inPlain            // inside an unquoted value
	inQuoted           // inside a quoted value
	afterQuote         // after a quotation mark in a quoted value: its end, or the first of two
	afterReturn        // after a carriage return that should end the line
	skipping           // after a fault, up to the next line end
)

type scanner struct {
	delimiter byte
	state     int

	line    int64 // being read, from 1
	started int64 // line on which the record began
	breaks  int64 // line breaks inside the record's values
	values  int   // of the record, finished ones
	length  int   // of the record in bytes
	blank   bool  // the record was empty when its line end began

	header  []string // once it is whole
	names   []string // of the header so far
	name    []byte   // being read
	records int64    // after the header
	endings bool     // a line end was seen; crlf is its kind
	crlf    bool

	stretched []stretch
	faults    map[string]int // by code
	order     []string
	reasons   []fault.Reason
	hopeless  bool // nothing sensible can follow
}

func (s *scanner) fault(code string, line int64, format string, args ...any) {
	if s.faults[code]++; s.faults[code] == 1 {
		s.order = append(s.order, code)
	}
	if s.faults[code] <= shown {
		s.reasons = append(s.reasons, fault.Reason{Code: code, Field: fmt.Sprintf("line %d", line), Message: fmt.Sprintf(format, args...)})
	}
}

func (s *scanner) run(ctx context.Context, r io.Reader, d definition.Definition) error {
	buf := make([]byte, 256<<10)
	kept := 0 // bytes of a rune, or of the mark, that the last read cut through
	for begun := false; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := r.Read(buf[kept:])
		if err != nil && err != io.EOF {
			return err
		}
		chunk := buf[:kept+n]
		if !begun {
			// The delimiter needs the whole header line.
			if err == nil && len(chunk) < len(buf) && !bytes.ContainsRune(chunk, '\n') {
				kept = len(chunk)
				continue
			}
			chunk = bytes.TrimPrefix(chunk, []byte("\xef\xbb\xbf"))
			s.delimiter = guessDelimiter(chunk, d)
			begun = true
		}
		rest := 0
		if err == nil {
			rest = cutRune(chunk)
		}
		s.encoding(chunk[:len(chunk)-rest])
		s.chunk(chunk[:len(chunk)-rest])
		if s.hopeless {
			return nil
		}
		kept = copy(buf, chunk[len(chunk)-rest:])
		if err == io.EOF {
			s.end()
			return nil
		}
	}
}

// cutRune is how many bytes at the end of b begin a rune that is not whole.
func cutRune(b []byte) int {
	for i := 1; i <= min(utf8.UTFMax-1, len(b)); i++ {
		if tail := b[len(b)-i:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return i
			}
			return 0
		}
	}
	return 0
}

// encoding finds the lines that are not UTF-8.
func (s *scanner) encoding(b []byte) {
	if utf8.Valid(b) {
		return
	}
	line := s.line
	for text := range bytes.SplitAfterSeq(b, []byte("\n")) {
		if !utf8.Valid(text) {
			s.fault("encoding", line, "the text is not UTF-8")
		}
		line++
	}
}

func (s *scanner) chunk(b []byte) {
	for i := 0; i < len(b) && !s.hopeless; {
		// Most bytes stand inside a value and mean nothing.
		j := i
		switch s.state {
		case inPlain:
			for j < len(b) && b[j] != s.delimiter && b[j] != '\n' && b[j] != '\r' && b[j] != '"' && b[j] != 0 {
				j++
			}
		case inQuoted:
			for j < len(b) && b[j] != '"' && b[j] != '\n' && b[j] != 0 {
				j++
			}
		case skipping:
			for j < len(b) && b[j] != '\n' {
				j++
			}
		}
		s.text(b[i:j])
		if j < len(b) {
			s.meaning(b[j])
			j++
		}
		i = j
	}
}

// text takes bytes that are part of the value being read.
func (s *scanner) text(b []byte) {
	if len(b) == 0 {
		return
	}
	if s.length += len(b); s.length > maxRecord {
		s.fault("length", s.started, "the record is longer than %d bytes; is a closing quotation mark missing?", maxRecord)
		s.hopeless = true
	}
	if s.header == nil && s.state != skipping {
		s.name = append(s.name, b...)
	}
}

// meaning takes a byte that may change the state.
func (s *scanner) meaning(c byte) {
	if c == 0 && s.state != skipping {
		s.skip("nul", "there is a NUL byte, as in a binary file or UTF-16")
		return
	}
	switch s.state {
	case skipping: // only a line feed comes here
		s.next()
	case inQuoted:
		if c == '"' {
			s.state = afterQuote
			return
		}
		s.text([]byte{c}) // a line feed
		s.line++
		s.breaks++
	case afterReturn:
		if c != '\n' {
			s.skip("return", "a carriage return ends no line")
			return
		}
		s.finish(true)
	default:
		s.boundary(c)
	}
}

// boundary takes a byte at the start of a value, or that may end one.
func (s *scanner) boundary(c byte) {
	switch {
	case c == s.delimiter:
		s.value()
		s.state = valueStart
		s.length++
	case c == '\n':
		s.blank = s.empty()
		s.finish(false)
	case c == '\r':
		s.blank = s.empty()
		s.state = afterReturn
	case c == '"' && s.state == valueStart:
		s.state = inQuoted
		s.length++
	case c == '"' && s.state == afterQuote: // two of them are one
		s.state = inQuoted
		s.text([]byte{c})
	case c == '"':
		s.skip("quote", "a quotation mark stands inside a value that does not begin with one")
	case s.state == afterQuote:
		s.skip("quote", "there is text after the closing quotation mark of a value")
	default:
		s.state = inPlain
		s.text([]byte{c})
	}
}

func (s *scanner) skip(code, message string) {
	s.fault(code, s.line, "%s", message)
	s.state = skipping
	s.hopeless = s.header == nil // the rest cannot be compared with anything
}

// empty says whether nothing at all of the record was read.
func (s *scanner) empty() bool { return s.state == valueStart && s.values == 0 }

func (s *scanner) value() {
	s.values++
	if s.header == nil {
		s.names = append(s.names, string(s.name))
		s.name = s.name[:0]
	}
}

// finish ends a record at a line end of a kind.
func (s *scanner) finish(crlf bool) {
	if s.endings && crlf != s.crlf {
		s.fault("line ends", s.line, "the line ends in another way than the first: both LF and CRLF are in the file")
	}
	if !s.endings {
		s.endings, s.crlf = true, crlf
	}
	s.record()
	s.next()
}

func (s *scanner) record() {
	if s.blank {
		s.fault("blank", s.line, "the line is empty")
		return
	}
	s.value()
	if s.breaks > 0 {
		s.stretch()
	}
	switch {
	case s.header == nil:
		s.header = s.names
		return
	case s.values < len(s.header):
		s.fault("few", s.started, "the record has %d values, the header %d", s.values, len(s.header))
	case s.values > len(s.header):
		s.fault("many", s.started, "the record has %d values, the header %d", s.values, len(s.header))
	}
	s.records++
}

// stretch notes that the records after this one begin further down.
func (s *scanner) stretch() {
	following := s.records + 2
	if s.header == nil {
		following = 1
	}
	lines := s.breaks
	if n := len(s.stretched); n > 0 {
		lines += s.stretched[n-1].lines
	}
	s.stretched = append(s.stretched, stretch{record: following, lines: lines})
	if len(s.stretched) > maxStretched {
		s.fault("breaks", s.started, "more than %d records have line breaks inside their values", maxStretched)
		s.hopeless = true
	}
}

func (s *scanner) next() {
	s.line++
	s.started = s.line
	s.state, s.values, s.length, s.breaks, s.blank = valueStart, 0, 0, 0, false
}

// end takes the end of the file, which may stand for a last line end.
func (s *scanner) end() {
	switch s.state {
	case valueStart:
		if s.values > 0 {
			s.record()
		}
	case inPlain, afterQuote:
		s.record()
	case inQuoted:
		s.fault("quote", s.started, "the record has a quoted value that never ends")
	case afterReturn:
		s.fault("return", s.line, "a carriage return ends no line")
	}
	if s.header == nil && len(s.reasons) == 0 {
		s.reasons = append(s.reasons, fault.Reason{Code: "empty", Message: "the file is empty"})
	}
}
