package workbook_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/workbook"
)

const february = "../../testdata/register/releaseregister_20210201_20210228.xlsx"

func real(t testing.TB) []byte {
	t.Helper()
	content, err := os.ReadFile(february)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// The real workbook, read a second way that shares no code with the first:
// every cell by encoding/xml.
func TestReadGivesEveryCellOfTheRealWorkbook(t *testing.T) {
	content := real(t)
	got, err := workbook.Read(content)
	if err != nil {
		t.Fatal(err)
	}
	want := plainRead(t, content)
	if len(got) != len(want) {
		t.Fatalf("%d sheets, the file has %d", len(got), len(want))
	}
	cells, longest := 0, 0
	for i, sheet := range got {
		if sheet.Name != want[i].Name {
			t.Errorf("sheet %d is %q, in the file %q", i, sheet.Name, want[i].Name)
		}
		if len(sheet.Rows) != len(want[i].Rows) {
			t.Errorf("sheet %s: %d rows, the file has %d", sheet.Name, len(sheet.Rows), len(want[i].Rows))
			continue
		}
		for line, row := range sheet.Rows {
			if !slices.Equal(row, want[i].Rows[line]) {
				t.Fatalf("sheet %s line %d: %q, in the file %q", sheet.Name, line+1, row, want[i].Rows[line])
			}
			cells += len(row)
			for _, cell := range row {
				longest = max(longest, len(cell))
			}
		}
	}
	sizes := map[string]int{}
	for _, sheet := range got {
		sizes[sheet.Name] = sheet.Filled()
	}
	known := map[string]int{"README": 3, "Title sheet": 0, "DataReleases": 5080, "PurposeStatements": 586,
		"FurtherExplanationOfTerms": 19, "AmendmentsToPreviousRegisters": 1}
	if !maps.Equal(sizes, known) {
		t.Errorf("rows by sheet: %v, known %v", sizes, known)
	}
	if cells < 55000 || longest < 32767 {
		t.Errorf("%d cells, the longest of %d bytes: the file has more", cells, longest)
	}
}

// What no cell holds: the title's text box, with the period.
func TestReadGivesTheWordsOfDrawings(t *testing.T) {
	sheets, err := workbook.Read(real(t))
	if err != nil {
		t.Fatal(err)
	}
	title := sheets[1]
	if title.Name != "Title sheet" || !slices.Contains(title.Words, "01 February 2021 to 28 February 2021") {
		t.Errorf("words of %q: %q", title.Name, title.Words)
	}
	for i, sheet := range sheets {
		if i != 1 && len(sheet.Words) > 0 {
			t.Errorf("sheet %s has words: %q", sheet.Name, sheet.Words)
		}
	}
}

func TestReadKeepsGapsSpacesAndRawNumbers(t *testing.T) {
	content := book(t, map[string]string{"xl/worksheets/sheet1.xml": `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row r="2"><c r="B2" t="inlineStr"><is><t xml:space="preserve">  two spaces, a line
and a tail </t></is></c><c r="D2"><v>44228.5</v></c></row>
<row r="5"><c r="A5" t="s"><v>0</v></c><c r="B5" t="b"><v>1</v></c><c r="C5" t="str"><f>1+1</f><v>2</v></c><c r="D5" t="e"><v>#N/A</v></c><c r="E5" t="inlineStr"><is><t></t></is></c></row>
<row r="9"><c r="A9"/></row></sheetData></worksheet>`})
	sheets, err := workbook.Read(content)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{}, {"", "  two spaces, a line\nand a tail ", "", "44228.5"}, {}, {}, {"shared_x", "1", "2", "#N/A"}}
	if len(sheets) != 1 || !slices.EqualFunc(sheets[0].Rows, want, slices.Equal[[]string]) {
		t.Errorf("read %+v", sheets)
	}
}

func TestReadRefusesWhatIsNoWorkbook(t *testing.T) {
	whole := real(t)
	cases := []struct {
		name, code string
		content    []byte
	}{
		{"empty", "workbook-not-zip", nil},
		{"text", "workbook-not-zip", []byte("RowID,Organisation Name\n")},
		{"cut short", "workbook-not-zip", whole[:len(whole)/2]},
		{"old or locked", "workbook-old-or-locked", []byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}},
		{"another archive", "workbook-parts", archive(t, map[string]string{"a.txt": "a"})},
		{"sheet without part", "workbook-parts", book(t, map[string]string{"xl/worksheets/sheet1.xml": ""})},
		{"sheet that breaks off", "workbook-damaged", book(t, map[string]string{
			"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row><row r="2"><c r="A2"`})},
		{"sheet not closed", "workbook-damaged", book(t, map[string]string{
			"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>`})},
		{"cell without text", "workbook-damaged", book(t, map[string]string{
			"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>1</v></c></row></sheetData></worksheet>`})},
		{"damaged strings", "workbook-damaged", book(t, map[string]string{"xl/sharedStrings.xml": `<sst><si><t>a</t></si>`})},
		{"formula without a value", "workbook-formula", book(t, map[string]string{
			"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row r="1"><c r="A1"><f>B1</f></c><c r="C1"><f>B1</f><v></v></c></row></sheetData></worksheet>`})},
		{"flipped bit", "", flip(whole)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			sheets, err := workbook.Read(c.content)
			if !errors.Is(err, fault.Invalid) || sheets != nil {
				t.Fatalf("%d sheets, error %v", len(sheets), err)
			}
			var f *fault.Error
			errors.As(err, &f)
			if c.code != "" && (len(f.Reasons) == 0 || f.Reasons[0].Code != c.code) {
				t.Errorf("reasons %+v, want %s", f.Reasons, c.code)
			}
		})
	}
}

// What nobody saved a value of is named; the empty text that a formula gave is
// a value.
func TestReadNamesFormulasWithoutValues(t *testing.T) {
	_, err := workbook.Read(book(t, map[string]string{"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row r="1"><c r="A1"><f>B1</f></c>` +
		`<c r="B1" t="str"><f>B2</f><v></v></c><c r="C1"><f>B1</f><v/></c></row></sheetData></worksheet>`}))
	if err == nil || !strings.Contains(err.Error(), "in A1, C1; open") {
		t.Errorf("error %v", err)
	}
}

func TestReadSaysWhatIsHidden(t *testing.T) {
	sheets, err := workbook.Read(book(t, map[string]string{
		"xl/workbook.xml": `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="One" sheetId="1" state="veryHidden" r:id="rId1"/></sheets></workbook>`,
		"xl/worksheets/sheet1.xml": `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1"><v>1</v></c></row>` +
			`<row hidden="1" r="3"><c r="A3"><v>3</v></c></row></sheetData></worksheet>`}))
	if err != nil || !sheets[0].Hidden || !slices.Equal(sheets[0].HiddenLines, []int{3}) {
		t.Errorf("read %+v, error %v", sheets, err)
	}
	if sheets, err = workbook.Read(real(t)); err != nil || slices.ContainsFunc(sheets, func(s register.Sheet) bool { return s.Hidden || len(s.HiddenLines) > 0 }) {
		t.Errorf("something of the real workbook is hidden; error %v", err)
	}
}

// A part that unpacks to far more than it is, is refused by its size alone.
func TestReadRefusesABomb(t *testing.T) {
	bomb := book(t, map[string]string{"xl/sharedStrings.xml": "<sst><si><t>" + strings.Repeat("a", 65<<20) + "</t></si></sst>"})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := workbook.Read(bomb)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, fault.TooLarge) || !strings.Contains(err.Error(), "part xl/sharedStrings.xml: unpacks from") {
		t.Errorf("error %v", err)
	}
	if read := after.TotalAlloc - before.TotalAlloc; read > 1<<20 {
		t.Errorf("%d bytes were read of it", read)
	}
}

func TestReadRefusesTooMuch(t *testing.T) {
	if _, err := workbook.Read(make([]byte, workbook.MaxFile+1)); !errors.Is(err, fault.TooLarge) {
		t.Errorf("error %v", err)
	}
}

// A damaged file is refused or read; it never panics.
func FuzzRead(f *testing.F) {
	f.Add(book(f, nil))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if _, err := workbook.Read(content); err != nil && fault.Code(err) == "internal" {
			t.Errorf("an error that is not for the user: %v", err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	content := real(b)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if _, err := workbook.Read(content); err != nil {
			b.Fatal(err)
		}
	}
}

// flip changes one byte in the middle of the largest part, which its checksum
// tells.
func flip(content []byte) []byte {
	out := slices.Clone(content)
	out[len(out)/3] ^= 0x10
	return out
}

// book is a small workbook; parts replace its own, an empty one removes it.
func book(t testing.TB, parts map[string]string) []byte {
	files := map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
			`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`,
		"_rels/.rels":                `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
		"xl/sharedStrings.xml":       `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1" uniqueCount="1"><si><r><t>shared</t></r><r><t>_x005F_x</t></r></si></sst>`,
		"xl/worksheets/sheet1.xml":   `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData></worksheet>`,
	}
	maps.Copy(files, parts)
	return archive(t, files)
}

func archive(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if files[name] == "" {
			continue
		}
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// plainRead is the oracle: a reading of the few parts that matter with
// encoding/xml alone, for files of shared strings only.
func plainRead(t *testing.T, content []byte) []register.Sheet {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	load := func(name string, into any) {
		file, err := z.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := xml.NewDecoder(file).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	load("xl/workbook.xml", &book)
	var relations struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	load("xl/_rels/workbook.xml.rels", &relations)
	targets := map[string]string{}
	for _, r := range relations.All {
		targets[r.ID] = r.Target
	}
	var table struct {
		Items []struct {
			Text string `xml:"t"`
			Runs []struct {
				Text string `xml:"t"`
			} `xml:"r"`
		} `xml:"si"`
	}
	load("xl/sharedStrings.xml", &table)
	escape := regexp.MustCompile(`_x([0-9A-Fa-f]{4})_`)
	texts := make([]string, len(table.Items))
	for i, item := range table.Items {
		text := item.Text
		for _, run := range item.Runs {
			text += run.Text
		}
		texts[i] = escape.ReplaceAllStringFunc(text, func(m string) string {
			n, _ := strconv.ParseUint(m[2:6], 16, 32)
			return string(rune(n))
		})
	}
	var out []register.Sheet
	for _, s := range book.Sheets {
		var sheet struct {
			Rows []struct {
				Line  int `xml:"r,attr"`
				Cells []struct {
					At    string `xml:"r,attr"`
					Type  string `xml:"t,attr"`
					Value string `xml:"v"`
				} `xml:"c"`
			} `xml:"sheetData>row"`
		}
		load("xl/"+targets[s.ID], &sheet)
		var rows [][]string
		for _, r := range sheet.Rows {
			for len(rows) < r.Line {
				rows = append(rows, nil)
			}
			for _, c := range r.Cells {
				column := 0
				for _, letter := range strings.TrimRight(c.At, "0123456789") {
					column = column*26 + int(letter-'A') + 1
				}
				for len(rows[r.Line-1]) < column {
					rows[r.Line-1] = append(rows[r.Line-1], "")
				}
				value := c.Value
				switch {
				case c.Type == "s":
					n, err := strconv.Atoi(value)
					if err != nil {
						t.Fatal(err)
					}
					value = texts[n]
				case c.Type != "" || value != "":
					t.Fatalf("cell %s of %s has type %q: the oracle reads shared strings only", c.At, s.Name, c.Type)
				}
				rows[r.Line-1][column-1] = value
			}
		}
		out = append(out, register.Sheet{Name: s.Name, Rows: register.Trim(rows)})
	}
	return out
}
