package source_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"data.release/registrar/extract/feed/definition"
	"data.release/registrar/extract/feed/source"
	"data.release/registrar/extract/lake/duck"
	"data.release/registrar/release/fault"
)

// A feed of four columns, the last of which a file may leave out.
func small(t testing.TB) definition.Definition {
	t.Helper()
	d, err := definition.Load("small", []byte(`{"code":"small","version":"1","name":"Small","family":"F","kind":"demographics","source":"s","fields":[
		{"name":"A","title":"t","type":"text","class":"plain"},{"name":"B","title":"t","type":"text","class":"plain"},
		{"name":"C","title":"t","type":"text","class":"plain"},{"name":"D","title":"t","type":"text","class":"plain","may_be_absent":true}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func open(t testing.TB, dir string) *sql.DB {
	t.Helper()
	db, err := duck.Open(context.Background(), duck.Options{Dir: filepath.Join(dir, ".spill"), AllowedDirs: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func write(t testing.TB, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// read gives the values as DuckDB sees them, in order of the record number.
func read(t testing.TB, db *sql.DB, f source.File, d definition.Definition) [][]string {
	t.Helper()
	rows, err := db.Query("SELECT * FROM " + f.SQL(d, true) + ` ORDER BY "record number"`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out [][]string
	for rows.Next() {
		values := make([]sql.NullString, len(d.FeedFields())+1)
		into := make([]any, len(values))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		line := make([]string, len(values))
		for i, v := range values {
			line[i] = v.String
			if !v.Valid {
				line[i] = "NULL"
			}
		}
		out = append(out, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWholeFiles(t *testing.T) {
	d, dir := small(t), t.TempDir()
	db := open(t, dir)
	plain := [][]string{{"1", "2", "3", "NULL", "1"}, {"4", "NULL", "6 ", "NULL", "2"}}
	for _, tc := range []struct {
		name, in string
		format   string
		want     [][]string
		lines    []int64
	}{
		{"plain", "A,B,C\n1,2,3\n4,,6 \n", source.CSV, plain, []int64{2, 3}},
		{"no last line end", "A,B,C\n1,2,3\n4,,6 ", source.CSV, plain, []int64{2, 3}},
		{"CRLF and a byte order mark", "\xef\xbb\xbfA,B,C\r\n1,2,3\r\n4,,6 \r\n", source.CSV, plain, []int64{2, 3}},
		{"pipes", "A|B|C\n1|2|3\n4||6 \n", source.CSV, plain, []int64{2, 3}},
		{"tabs", "A\tB\tC\n1\t2\t3\n4\t\t6 \n", source.CSV, plain, []int64{2, 3}},
		{"semicolons in quotes", "\"A\";\"B\";\"C\"\n\"1\";2;3\n4;\"\";\"6 \"\n", source.CSV, plain, []int64{2, 3}},
		{"a header in another case and spaced", "a, b ,c\n1,2,3\n4,,6 \n", source.CSV, plain, []int64{2, 3}},
		{"gzip", zipped(t, "A,B,C\n1,2,3\n4,,6 \n"), source.GzipCSV, plain, []int64{2, 3}},
		{"gzip of two members", zipped(t, "A,B,C\n1,2,3\n") + zipped(t, "4,,6 \n"), source.GzipCSV, plain, []int64{2, 3}},
		{"another order and the column that may be absent", "D,C,B,A\nx,3,2,1\n", source.CSV, [][]string{{"1", "2", "3", "x", "1"}}, []int64{2}},
		{"quotes", "A,B,C\n\"a,\"\"b\"\"\",\"it's\",é\n", source.CSV, [][]string{{`a,"b"`, "it's", "é", "NULL", "1"}}, []int64{2}},
		{"line breaks in values", "\"A\",B,C\n\"a\nb\nc\",2,3\n4,5,6\n7,\"\n\",9\n10,11,12\n", source.CSV,
			[][]string{{"a\nb\nc", "2", "3", "NULL", "1"}, {"4", "5", "6", "NULL", "2"}, {"7", "\n", "9", "NULL", "3"}, {"10", "11", "12", "NULL", "4"}}, []int64{2, 5, 6, 8}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := write(t, dir, "in", tc.in)
			f, err := source.Inspect(context.Background(), db, path, d)
			if err != nil {
				t.Fatal(err)
			}
			digest, err := source.Digest(path)
			if err != nil || f.SHA256 != digest || f.Bytes != int64(len(tc.in)) || f.Format != tc.format || f.Rows != int64(len(tc.want)) {
				t.Errorf("%+v, digest %s, %v", f, digest, err)
			}
			if got := read(t, db, f, d); !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
			for i, want := range tc.lines {
				if got := f.Line(int64(i + 1)); got != want {
					t.Errorf("record %d is on line %d, not %d", i+1, got, want)
				}
			}
			if err := f.Unchanged(); err != nil {
				t.Error(err)
			}
			if err := os.WriteFile(path, []byte(tc.in+"x"), 0o600); err != nil {
				t.Fatal(err)
			}
			if f.Unchanged() == nil {
				t.Error("a changed file was not noticed")
			}
		})
	}
}

func TestParquet(t *testing.T) {
	d, dir := small(t), t.TempDir()
	db := open(t, dir)
	path := filepath.Join(dir, "in.parquet")
	if _, err := db.Exec("COPY (SELECT 7::INTEGER AS b, DATE '2001-04-01' AS a, 'x'::BLOB AS \"C\" UNION ALL SELECT NULL, NULL, 'y') TO " + duck.Literal(path) + " (FORMAT parquet)"); err != nil {
		t.Fatal(err)
	}
	// The string column is written as a plain byte array, as old writers do.
	f, err := source.Inspect(context.Background(), db, path, d)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"2001-04-01", "7", "x", "NULL", "1"}, {"NULL", "NULL", "y", "NULL", "2"}}
	if got := read(t, db, f, d); !reflect.DeepEqual(got, want) || f.Rows != 2 || f.Format != source.Parquet || f.Line(2) != 2 {
		t.Errorf("%+v read as %q", f, got)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	nested := filepath.Join(dir, "nested.parquet")
	if _, err := db.Exec("COPY (SELECT [1] AS A, {'x': 1} AS B, 1.5::DECIMAL(5,1) AS C, 2 AS E) TO " + duck.Literal(nested) + " (FORMAT parquet)"); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(dir, "none.parquet")
	if _, err := db.Exec("COPY (SELECT 1 AS A, 1 AS B, 1 AS C WHERE false) TO " + duck.Literal(none) + " (FORMAT parquet)"); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		path string
		want []string
	}{
		"cut short":       {write(t, dir, "cut", string(content[:len(content)-9])), []string{"parquet"}},
		"only the magic":  {write(t, dir, "magic", "PAR1"), []string{"parquet"}},
		"a broken footer": {write(t, dir, "footer", string(content[:len(content)-20])+strings.Repeat("x", 12)+string(content[len(content)-8:])), []string{"parquet"}},
		"nested types":    {nested, []string{"column A type", "column B type", "column 4 unknown"}},
		"no rows":         {none, []string{"empty"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := source.Inspect(context.Background(), db, tc.path, d)
			if got := codes(t, err); !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %q: %v", got, err)
			}
		})
	}
}

func codes(t testing.TB, err error) []string {
	t.Helper()
	var f *fault.Error
	if !errors.Is(err, fault.Invalid) || !errors.As(err, &f) {
		t.Fatalf("not invalid: %v", err)
	}
	var out []string
	for _, r := range f.Reasons {
		out = append(out, strings.TrimSpace(r.Field+" "+r.Code))
	}
	return out
}

func TestBrokenFiles(t *testing.T) {
	d, dir := small(t), t.TempDir()
	db := open(t, dir)
	const row = "1,2,3\n"
	for _, tc := range []struct {
		name, in string
		want     []string
	}{
		{"empty", "", []string{"empty"}},
		{"a mark only", "\xef\xbb\xbf", []string{"empty"}},
		{"a header only", "A,B,C\n", []string{"empty"}},
		{"no header", "1,2,3\n4,5,6\n", []string{"line 1 header"}},
		{"missing, unknown and repeated columns", "A,X,A\n1,2,3\n", []string{"header missing", "header missing", "column 2 unknown", "column 3 repeated"}},
		{"too few and too many values", "A,B,C\n" + row + "1,2\n" + row + "1,2,3,4\n\"x\ny\"\n", []string{"line 3 few", "line 5 many", "line 6 few"}},
		{"an empty line", "A,B,C\n" + row + "\n" + row + "\n", []string{"line 3 blank", "line 5 blank"}},
		{"an empty CRLF line", "A,B,C\r\n1,2,3\r\n\r\n", []string{"line 3 blank"}},
		{"quotes inside", "A,B,C\n1,2\"x,3\n" + row + "1,\"2\"x,3\n", []string{"line 2 quote", "line 4 quote"}},
		{"a quote that never ends", "A,B,C\n" + row + "1,\"2,3\n" + row, []string{"line 3 quote"}},
		{"a carriage return alone", "A,B,C\n1,2\r,3\n" + row, []string{"line 2 return"}},
		{"old Mac line ends", "A,B,C\r1,2,3\r", []string{"line 1 return"}},
		{"two kinds of line end", "A,B,C\n1,2,3\r\n" + row, []string{"line 2 line ends"}},
		{"a return at the end", "A,B,C\n1,2,3\r", []string{"line 2 return"}},
		{"not UTF-8", "A,B,C\n1,2,caf\xe9\n" + row + "\xff,1,\xff\n", []string{"line 2 encoding", "line 4 encoding"}},
		{"UTF-16", "A\x00,\x00B\x00", []string{"line 1 nul"}},
		{"NUL later", "A,B,C\n1,\x00,3\n" + row, []string{"line 2 nul"}},
		{"broken header", "A,B\"x,C\n" + row, []string{"line 1 quote"}},
		{"header and structure together", "A,B,X\n1,2\n", []string{"header missing", "column 3 unknown", "line 2 few"}},
		{"a record without end", "A,B,C\n1,2,\"" + strings.Repeat("x", 2<<20), []string{"line 2 length"}},
		{"damaged gzip", zipped(t, "A,B,C\n"+strings.Repeat(row, 5000))[:60], []string{"gzip"}},
		{"cut gzip header", "\x1f\x8b\x08", []string{"gzip"}},
		{"gzip of another byte", strings.Replace(zipped(t, "A,B,C\n"+row), "\x08", "\x09", 1), []string{"gzip"}},
		{"rubbish after gzip", zipped(t, "A,B,C\n"+row) + "rubbish", []string{"gzip"}},
		{"gzip with a wrong checksum", func() string { z := []byte(zipped(t, "A,B,C\n"+row)); z[len(z)-6] ^= 1; return string(z) }(), []string{"gzip"}},
		{"an empty gzip", zipped(t, ""), []string{"empty"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := source.Inspect(context.Background(), db, write(t, dir, "in", tc.in), d)
			if got := codes(t, err); !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %q: %v", got, err)
			}
		})
	}
}

func TestManyFaultsAreCounted(t *testing.T) {
	d, dir := small(t), t.TempDir()
	_, err := source.Inspect(context.Background(), open(t, dir), write(t, dir, "in", "A,B,C\n"+strings.Repeat("1,2\n", 1000)), d)
	got := codes(t, err)
	if len(got) != 21 || got[19] != "line 21 few" || !strings.Contains(err.Error(), "980 more lines of this kind") {
		t.Errorf("%q", got)
	}
}

// The message of a refused file quotes no more than a header's words, clipped.
func TestNoDataInMessages(t *testing.T) {
	d, dir := small(t), t.TempDir()
	_, err := source.Inspect(context.Background(), open(t, dir), write(t, dir, "in", "A,B,C\n9434765919,x\nSMITH\"9434765919,2,3\n"), d)
	if strings.Contains(err.Error(), "9434765919") || strings.Contains(err.Error(), "SMITH") {
		t.Error(err)
	}
}

func TestInspectStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	d, dir := small(t), t.TempDir()
	if _, err := source.Inspect(ctx, open(t, dir), write(t, dir, "in", "A,B,C\n1,2,3\n"), d); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := source.Inspect(context.Background(), nil, filepath.Join(dir, "missing"), d); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// What is accepted is the same table for DuckDB, for encoding/csv and for the
// scanner, whatever bytes there are; the rest is invalid, never a crash.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"A,B,C\n1,2,3\n", "A|B|C\r\n\"a\"\"\n\"|2|\r\n", "\xef\xbb\xbfC,B,A,D\n,,,\n", "A,B,C\n\"\r\n\",é,\xff\n", "a;b;c\n1;2;3\n4;5", "A\tB\tC\n\n", "A,B,C\n\" \",,\"\"\n",
	} {
		f.Add([]byte(seed))
	}
	d, dir := small(f), f.TempDir()
	db := open(f, dir)
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > 2 && in[0] == 0x1f && in[1] == 0x8b || bytes.HasPrefix(in, []byte("PAR1")) {
			t.Skip("another format")
		}
		path := filepath.Join(dir, fmt.Sprintf("fuzz-%d", os.Getpid()))
		if err := os.WriteFile(path, in, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := source.Inspect(context.Background(), db, path, d)
		if err != nil {
			codes(t, err)
			return
		}
		var got [][]string
		for _, row := range read(t, db, file, d) {
			for i, v := range row {
				if row[i] = strings.ReplaceAll(v, "\r\n", "\n"); v == "NULL" {
					row[i] = ""
				}
			}
			got = append(got, row[:len(row)-1])
		}
		var want [][]string
		for _, comma := range ",|\t;" {
			r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(in, []byte("\xef\xbb\xbf"))))
			r.Comma = comma
			rows, err := r.ReadAll()
			if err != nil || len(rows[0]) < 3 {
				continue
			}
			for _, row := range rows[1:] {
				line := make([]string, 4)
				for i, name := range rows[0] {
					if v := row[i]; v != "NULL" {
						line[strings.Index("ABCD", strings.ToUpper(strings.TrimSpace(name)))] = v
					}
				}
				want = append(want, line)
			}
			break
		}
		if int64(len(got)) != file.Rows || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: DuckDB reads %q, encoding/csv %q, the scanner %d records", in, got, want, file.Rows)
		}
	})
}
