package release_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"data.release/registrar/release"
	"data.release/registrar/release/register"
)

// The register's workbook says in LibreOffice and in openpyxl, cell by cell,
// what its CSV says.
func TestTheWorkbookElsewhere(t *testing.T) {
	s, _, _ := imported(t)
	want := readCSV(t, export(t, s, release.CSV, release.RegisterQuery{}))
	dir := t.TempDir()
	file := filepath.Join(dir, "register.xlsx")
	if err := os.WriteFile(file, export(t, s, release.XLSX, release.RegisterQuery{}), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func(*testing.T, string) [][]string{"LibreOffice": byLibreOffice, "openpyxl": byOpenpyxl} {
		t.Run(name, func(t *testing.T) {
			got := read(t, file)
			if len(got) != len(want) {
				t.Fatalf("%d rows, the CSV has %d", len(got), len(want))
			}
			differ := 0
			for i, row := range want {
				for j, column := range register.Columns() {
					text, cell := register.PlainCell(row[j]), ""
					if j < len(got[i]) {
						cell = normal(got[i][j])
					}
					if i > 0 {
						switch column.Type {
						case "date":
							cell = strings.TrimSuffix(cell, " 00:00:00")
						case "moment": // shown to the second
							text = strings.Replace(text, "T", " ", 1)[:len("2026-07-01 09:30:00")]
						case "boolean":
							cell = strings.ToLower(cell)
						}
					}
					if cell != text {
						if differ++; differ <= 5 {
							t.Errorf("line %d, column %s: %q, the CSV has %q", i+1, column.Name, cell, text)
						}
					}
				}
			}
			if differ > 5 {
				t.Errorf("%d cells differ", differ)
			}
		})
	}
}

func byLibreOffice(t *testing.T, file string) [][]string {
	t.Helper()
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		t.Fatal("LibreOffice (soffice) is not installed; make test installs libreoffice-calc-nogui")
	}
	dir := filepath.Dir(file)
	// Every sheet a file of its own, in UTF-8, each cell as it is shown.
	convert := exec.Command(soffice, "--headless", "-env:UserInstallation=file://"+filepath.Join(dir, "profile"),
		"--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1", "--outdir", dir, file)
	if message, err := convert.CombinedOutput(); err != nil {
		t.Fatalf("LibreOffice: %v\n%s", err, message)
	}
	content, err := os.ReadFile(filepath.Join(dir, "register-Register.csv"))
	if err != nil {
		t.Fatal(err)
	}
	return readCSV(t, content)
}

func byOpenpyxl(t *testing.T, file string) [][]string {
	t.Helper()
	python := ""
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import openpyxl").Run() == nil {
			python = name
			break
		}
	}
	if python == "" {
		t.Fatal("openpyxl is not installed; make test installs python3-openpyxl")
	}
	read := exec.Command(python, "testdata/sheet.py", file, "Register")
	var said bytes.Buffer
	read.Stderr = &said
	content, err := read.Output()
	if err != nil {
		t.Fatalf("openpyxl: %v\n%s", err, said.Bytes())
	}
	var rows [][]string
	if err := json.Unmarshal(content, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}
