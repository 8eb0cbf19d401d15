// Package source reads what a supplier sent: it finds out how the file is made
// (CSV with any of four separators, plain or gzip, or Parquet), takes its
// digest, and makes sure that it is whole before anything reads its values.
//
// CSV is read strictly, as RFC 4180 has it and no more, so that this package
// and DuckDB, which reads the values, can never see two different tables in
// one file. See scan.go for what is refused.
package source

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sort"
	"strings"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/extract/lake/duck"
	"data.release/registrar/release/fault"
)

// The formats of a file.
const (
	CSV     = "csv"
	GzipCSV = "csv.gz"
	Parquet = "parquet"
)

// File is a submitted file that was looked through and found whole.
type File struct {
	Path    string // absolute
	Format  string
	SHA256  string // of the file as it was sent, lower-case hex
	Bytes   int64
	Rows    int64    // records, without the header
	Columns []string // names of the definition, in the order of the file

	delimiter byte
	stretched []stretch
	state     os.FileInfo
}

// stretch says that from this record on, lines run further ahead of records,
// because a value had line breaks in it.
type stretch struct{ record, lines int64 }

// Digest is the SHA-256 of a file, lower-case hex: the same file sent twice is
// one submission, which only its caller can know.
func Digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("taking the digest of a submitted file: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("taking the digest of a submitted file: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Inspect looks through a whole file that should be of the dataset. If it is
// not sound the error is fault.Invalid with every reason. db must be allowed
// to read the path; it is used for Parquet only.
func Inspect(ctx context.Context, db *sql.DB, path string, d definition.Definition) (File, error) {
	f, err := os.Open(path)
	if err != nil {
		return File{}, fmt.Errorf("looking through a submitted file: %w", err)
	}
	defer f.Close()
	file := File{Path: path}
	if file.state, err = f.Stat(); err != nil {
		return File{}, fmt.Errorf("looking through a submitted file: %w", err)
	}
	var magic [4]byte
	n, err := io.ReadFull(f, magic[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return File{}, fmt.Errorf("looking through a submitted file: %w", err)
	}
	if n == 0 {
		return File{}, refuse(d, fault.Reason{Code: "empty", Message: "the file is empty"})
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return File{}, fmt.Errorf("looking through a submitted file: %w", err)
	}
	h := sha256.New()
	counted := &counter{r: io.TeeReader(f, h)}
	var reasons []fault.Reason
	switch {
	case string(magic[:]) == "PAR1":
		file.Format = Parquet
		if _, err := io.Copy(io.Discard, counted); err != nil {
			return File{}, fmt.Errorf("looking through a submitted file: %w", err)
		}
		reasons, err = file.parquet(ctx, db, d)
	case magic[0] == 0x1f && magic[1] == 0x8b:
		file.Format = GzipCSV
		reasons, err = file.gzip(ctx, counted, d)
	default:
		file.Format = CSV
		reasons, err = file.csv(ctx, counted, d)
	}
	if err != nil {
		return File{}, fmt.Errorf("looking through a submitted file: %w", err)
	}
	if len(reasons) > 0 {
		return File{}, refuse(d, reasons...)
	}
	file.SHA256, file.Bytes = hex.EncodeToString(h.Sum(nil)), counted.n
	return file, nil
}

func refuse(d definition.Definition, reasons ...fault.Reason) error {
	return fault.New(fault.Invalid, "the file cannot be taken as %s", d.Name).With(reasons...)
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// Unchanged makes sure that the file is still the one that was looked through.
func (f File) Unchanged() error {
	now, err := os.Stat(f.Path)
	if err != nil {
		return fmt.Errorf("a submitted file: %w", err)
	}
	if !os.SameFile(now, f.state) || now.Size() != f.state.Size() || !now.ModTime().Equal(f.state.ModTime()) {
		return errors.New("a submitted file changed while it was read")
	}
	return nil
}

// Line is the number of the line, counted from 1, on which a record of a CSV
// file begins; of Parquet, which has no lines, it is the record's own number.
// The first record after the header is 1.
func (f File) Line(record int64) int64 {
	if f.Format == Parquet {
		return record
	}
	i := sort.Search(len(f.stretched), func(i int) bool { return f.stretched[i].record > record })
	line := record + 1
	if i > 0 {
		line += f.stretched[i-1].lines
	}
	return line
}

// SQL is a table expression with every column of the file under its name in
// the definition, as text; a column that the file may leave out and does is
// NULL. numbered adds the record's number, from 1, as "record number": CSV is
// then read by one thread.
func (f File) SQL(d definition.Definition, numbered bool) string {
	var columns []string
	for _, field := range d.FeedFields() {
		name := duck.Ident(field.Name)
		switch {
		case !slices.Contains(f.Columns, field.Name):
			name = "NULL::VARCHAR AS " + name
		case f.Format == Parquet:
			name = "CAST(" + name + " AS VARCHAR) AS " + name
		}
		columns = append(columns, name)
	}
	if f.Format == Parquet {
		if numbered {
			columns = append(columns, `file_row_number + 1 AS "record number"`)
		}
		names := make([]string, len(f.Columns))
		for i, c := range f.Columns {
			names[i] = duck.Ident(c)
		}
		return "(SELECT " + strings.Join(columns, ", ") + " FROM " + f.parquetSQL() + " AS t(" + strings.Join(names, ", ") + ", file_row_number))"
	}
	if numbered {
		columns = append(columns, `row_number() OVER () AS "record number"`)
	}
	return "(SELECT " + strings.Join(columns, ", ") + " FROM " + f.csvSQL() + ")"
}

// csvSQL leaves the line ends to DuckDB: told that they are CRLF, 1.5.6 reads
// no records at all.
func (f File) csvSQL() string {
	columns := make([]string, len(f.Columns))
	for i, c := range f.Columns {
		columns[i] = duck.Literal(c) + ": 'VARCHAR'"
	}
	compression := "none"
	if f.Format == GzipCSV {
		compression = "gzip"
	}
	return fmt.Sprintf(`read_csv(%s, auto_detect = false, header = true, delim = %s, quote = '"', escape = '"', `+
		`columns = {%s}, nullstr = '', compression = '%s', null_padding = false, strict_mode = true, max_line_size = %d, parallel = %t)`,
		duck.Literal(f.Path), duck.Literal(string(f.delimiter)),
		strings.Join(columns, ", "), compression, 2*maxRecord, len(f.stretched) == 0)
}

func (f File) parquetSQL() string {
	return "read_parquet(" + duck.Literal(f.Path) + ", binary_as_string = true, file_row_number = true)"
}

// parquet reads the schema and the number of rows.
func (f *File) parquet(ctx context.Context, db *sql.DB, d definition.Definition) ([]fault.Reason, error) {
	broken := func(err error) ([]fault.Reason, error) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return []fault.Reason{{Code: "parquet", Message: "the file begins like Parquet but cannot be read as it: " + firstLine(err)}}, nil
	}
	rows, err := db.QueryContext(ctx, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM "+f.parquetSQL()+")")
	if err != nil {
		return broken(err)
	}
	defer rows.Close()
	var names []string
	var reasons []fault.Reason
	for rows.Next() {
		var name, kind string
		if err := rows.Scan(&name, &kind); err != nil {
			return nil, err
		}
		if name == "file_row_number" {
			continue
		}
		names = append(names, name)
		if strings.ContainsAny(kind, "[(") && !strings.HasPrefix(kind, "DECIMAL") || kind == "BLOB" {
			reasons = append(reasons, fault.Reason{Code: "type", Field: "column " + clip(name), Message: "its type " + clip(kind) + " is no single value"})
		}
	}
	if err := rows.Err(); err != nil {
		return broken(err)
	}
	var wrong []fault.Reason
	f.Columns, wrong = columns(names, d)
	reasons = append(reasons, wrong...)
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM "+f.parquetSQL()).Scan(&f.Rows); err != nil {
		return broken(err)
	}
	if f.Rows == 0 {
		reasons = append(reasons, fault.Reason{Code: "empty", Message: "the file holds no records"})
	}
	return reasons, nil
}

// columns matches a header with the definition, whatever its case and the
// spaces around its names, and says all that does not match.
func columns(header []string, d definition.Definition) (names []string, reasons []fault.Reason) {
	known := map[string]bool{}
	for _, field := range d.FeedFields() {
		known[field.Name] = true
	}
	given := map[string]bool{}
	matched := 0
	var unknown []fault.Reason
	for i, raw := range header {
		name := strings.ToUpper(strings.TrimSpace(raw))
		names = append(names, name)
		where := fmt.Sprintf("column %d", i+1)
		switch {
		case given[name]:
			unknown = append(unknown, fault.Reason{Code: "repeated", Field: where, Message: fmt.Sprintf("%s stands in the header twice", clip(name))})
		case known[name]:
			matched++
		default:
			// Its class is not known, so neither is whether it names a person.
			unknown = append(unknown, fault.Reason{Code: "unknown", Field: where, Message: fmt.Sprintf("%q is no column of %s", clip(raw), d.Code)})
		}
		given[name] = true
	}
	if matched == 0 {
		return nil, []fault.Reason{{Code: "header", Field: "line 1", Message: fmt.Sprintf("there is no header: not one of its %d values is a column of %s, which begins %s", len(header), d.Code, strings.Join(first(d, 4), ", "))}}
	}
	var missing []fault.Reason
	for _, field := range d.FeedFields() {
		if !given[field.Name] && !field.MayBeAbsent {
			missing = append(missing, fault.Reason{Code: "missing", Field: "header", Message: "the column " + field.Name + " is missing"})
		}
	}
	return names, append(missing, unknown...)
}

func first(d definition.Definition, n int) []string {
	var out []string
	for _, f := range d.FeedFields()[:min(n, len(d.FeedFields()))] {
		out = append(out, f.Name)
	}
	return out
}

// clip keeps a message from carrying a page of somebody's data.
func clip(text string) string {
	text = strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, text), "?")
	if r := []rune(text); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return text
}

func firstLine(err error) string {
	line, _, _ := bytes.Cut([]byte(err.Error()), []byte("\n"))
	return clip(string(line))
}
