package sheets_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/sheets"
)

func TestOpenCSV(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		rows [][]string
		form register.Form
	}{
		"plain":                {"a,b\nc,d\n", [][]string{{"a", "b"}, {"c", "d"}}, register.Form{Kind: "csv", Comma: ","}},
		"no end":               {"a,b\nc,d", [][]string{{"a", "b"}, {"c", "d"}}, register.Form{Kind: "csv", Comma: ","}},
		"an empty line stays":  {"a\n\nb\n", [][]string{{"a"}, {}, {"b"}}, register.Form{Kind: "csv", Comma: ","}},
		"quotes":               {"\"a,\"\"x\"\"\",b\n", [][]string{{`a,"x"`, "b"}}, register.Form{Kind: "csv", Comma: ","}},
		"line ends in a cell":  {"a,\"x\r\ny\"\r\nc,d\r\n", [][]string{{"a", "x\r\ny"}, {"c", "d"}}, register.Form{Kind: "csv", Comma: ",", CRLF: true}},
		"every cell quoted":    {"\"a\",\"b\"\n\"c\",\"d\"\n", [][]string{{"a", "b"}, {"c", "d"}}, register.Form{Kind: "csv", Comma: ",", Quoted: true}},
		"semicolons":           {"a;b,c;x\nd;e\n", [][]string{{"a", "b,c", "x"}, {"d", "e"}}, register.Form{Kind: "csv", Comma: ";"}},
		"a mark of UTF-8":      {"\xef\xbb\xbfa,b\n", [][]string{{"a", "b"}}, register.Form{Kind: "csv", Comma: ",", BOM: true}},
		"Windows-1252":         {"a,\x93b\x94\n", [][]string{{"a", "“b”"}}, register.Form{Kind: "csv", Comma: ",", Encoding: "windows-1252"}},
		"a quote inside":       {"5\" disk,b\n", [][]string{{`5" disk`, "b"}}, register.Form{Kind: "csv", Comma: ","}},
		"an empty cell at end": {"a,b\nc,", [][]string{{"a", "b"}, {"c"}}, register.Form{Kind: "csv", Comma: ","}},
	} {
		got, form, err := sheets.Open("x/name.csv", []byte(c.text))
		if err != nil || len(got) != 1 || got[0].Name != "name" || !same(got[0].Rows, c.rows) || !reflect.DeepEqual(form, c.form) {
			t.Errorf("%s: %+v %+v %v", name, got, form, err)
		}
	}
	for name, text := range map[string]string{"empty": "", "never closed": "a,\"b\n", "after the quote": "\"a\"b,c\n", "zero": "a\x00,b\n"} {
		if _, _, err := sheets.Open("name.csv", []byte(text)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A refusal says where, in the file's own lines, and of what kind the file is.
func TestOpenSaysWhere(t *testing.T) {
	long := strings.Repeat("a", 1<<20+1)
	for name, c := range map[string]struct{ file, text, want string }{
		"broken JSON":            {"a.json", `[1,2,`, "line 1, character 5: the JSON is broken: unexpected end"},
		"brackets":               {"a.json", `[[[[`, "line 1, character 4: the JSON is broken: unexpected end"},
		"broken on a later line": {"a.json", "[{\"é\": 1},\n {\"é\" 1}]", "line 2, character 7: the JSON is broken: invalid character '1'"},
		"after its end":          {"a.json", `[{"a":1}] x`, "line 1, character 11: the JSON is broken: invalid character 'x'"},
		"a list of numbers":      {"a.json", `[1]`, "entry 1: is no object"},
		"zero in CSV":            {"a.csv", "a,b\n\"c\nd\",\"e\x00\"\n", "line 3, column 2: holds the character U+0000"},
		"CSV named a workbook":   {"a.XLSX", "a,b\n", "is a ZIP archive, and this is none"},
		"old workbook":           {"a.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xls file of before 2007"},
		"a long cell":            {"a.csv", "a,b\nc," + long + "\n", "sheet a, row 2, column B: holds 1024 kB of text; a cell may hold 1024"},
	} {
		if _, _, err := sheets.Open(c.file, []byte(c.text)); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 500 {
			t.Errorf("%s: %.600v", name, err)
		}
	}
}

func TestOpenJSON(t *testing.T) {
	got, form, err := sheets.Open("uses.json", []byte(`{"version":"2","dataUses":[{"title":"A","datasets":["x","y"],"n":null},{"n":5,"title":"B\nC"}]}`))
	want := [][]string{{"title", "datasets", "n"}, {"A", `["x","y"]`}, {"B\nC", "", "5"}}
	if err != nil || !same(got[0].Rows, want) || form.Member != "dataUses" || !reflect.DeepEqual(form.Raw, []string{"datasets", "n"}) {
		t.Errorf("%+v %+v %v", got, form, err)
	}
	for name, text := range map[string]string{"no list": `{"a":1}`, "two lists": `{"a":[],"b":[]}`, "no objects": `[1]`, "broken": `[{"a":1]`, "twice": `[{"a":1,"a":2}]`, "more": `[] x`} {
		if _, _, err := sheets.Open("uses.json", []byte(text)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func same(a, b [][]string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if strings.Join(a[i], "\x00") != strings.Join(b[i], "\x00") || len(a[i]) != len(b[i]) {
			return false
		}
	}
	return true
}

// What is written comes back, in every form.
func TestEveryCellComesBack(t *testing.T) {
	text := rapid.StringOf(rapid.RuneFrom([]rune("ab ,;\t\"'\r\n“é{}[]5")))
	rapid.Check(t, func(t *rapid.T) {
		rows := register.Trim(rapid.SliceOfN(rapid.SliceOfN(text, 1, 4), 1, 6).Draw(t, "rows"))
		form := register.Form{Kind: "csv", Comma: rapid.SampledFrom([]string{",", ";", "\t"}).Draw(t, "comma"), CRLF: rapid.Bool().Draw(t, "crlf"), BOM: rapid.Bool().Draw(t, "bom")}
		if len(rows) == 0 || len(rows[0]) < 2 {
			return // what divides cells is read from the first line
		}
		for i := range rows[0] {
			rows[0][i] = "h" + strings.Map(func(r rune) rune {
				if strings.ContainsRune(",;\t\"\r\n", r) {
					return 'x'
				}
				return r
			}, rows[0][i])
		}
		roundTrip(t, form, rows)
	})
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"a", "b", "c"}
		rows := [][]string{names}
		for range rapid.IntRange(0, 5).Draw(t, "entries") {
			rows = append(rows, rapid.SliceOfN(text, 3, 3).Draw(t, "row"))
		}
		rows[len(rows)-1] = names // so that every member is there
		if len(rows) == 1 {
			return
		}
		roundTrip(t, register.Form{Kind: "json", Member: rapid.SampledFrom([]string{"", "uses"}).Draw(t, "member")}, rows)
	})
}

func roundTrip(t *rapid.T, form register.Form, rows [][]string) {
	var out bytes.Buffer
	if err := sheets.Write(&out, form, []register.Sheet{{Name: "x", Rows: rows}}); err != nil {
		t.Fatal(err)
	}
	got, again, err := sheets.Open("x", out.Bytes())
	if err != nil {
		t.Fatalf("%v\n%q", err, out.String())
	}
	if form.Kind == "json" { // the order of members is that of their first appearance
		byName := map[string]int{}
		for i, n := range got[0].Rows[0] {
			byName[n] = i
		}
		for i := range rows[1:] {
			for j, n := range rows[0] {
				if got[0].Cell(i+2, byName[n]+1) != rows[i+1][j] {
					t.Fatalf("%q, wrote %q", got[0].Rows, rows)
				}
			}
		}
		return
	}
	if !same(got[0].Rows, register.Trim(rows)) || again.Comma != form.Comma && form.Kind == "csv" {
		t.Fatalf("read %q as %+v\nwrote %q as %+v\n%q", got[0].Rows, again, rows, form, out.String())
	}
}

func FuzzOpen(f *testing.F) {
	for _, seed := range []string{"a,b\n\"c\n\",d", `[{"a":[1]}]`, "PK\x03\x04", "a;b\r\n;;"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		read, form, err := sheets.Open("x.csv", content)
		if err != nil || form.Kind != sheets.CSV {
			return
		}
		var out bytes.Buffer
		if err := sheets.Write(&out, register.Form{Kind: form.Kind, Comma: form.Comma}, read); err != nil {
			t.Fatal(err)
		}
	})
}
