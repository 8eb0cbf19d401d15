package enginetest

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"data.release/registrar/extract/engine"
	"data.release/registrar/extract/plan"
	"data.release/registrar/release/terms"
)

// Published vectors; the sources are in testdata/README.md of the repository
// and on each line.
var (
	//go:embed testdata/age.csv
	ageVectors []byte
	//go:embed testdata/postcode.json
	postcodeVectors []byte
)

type vector struct{ age, birth, day, postcode, band, district string }

// derivations checks age bands and postcode districts against what others
// published, not against this package's own reading.
func derivations(t *testing.T, mk Make) {
	vectors := readVectors(t)
	parts, e := NewParts(t), mk(t, 2, "200MB")
	p := compile(t, plan.Request{Format: plan.CSV, Columns: []plan.Wanted{{Field: "EPIKEY"}, {Field: "STARTAGE", Derivation: terms.AgeBand},
		{Field: "BIRTH_DATE", Derivation: terms.AgeBand}, {Field: "POSTCODE"}}}, func(l *terms.DatasetLine) {
		l.OptOut, l.Periods = terms.OptOutConsent, []terms.Period{{From: terms.NewDate(1990, 1, 1)}}
	})
	var rows []Row
	var persons []engine.Person
	at := map[string]vector{}
	h := Key(p.KeyDomain).Hasher()
	for i, v := range vectors {
		id := fmt.Sprint(i)
		at[rekeyed(h, "EPIKEY", id)] = v
		rows = append(rows, Row{"person_id": id, "EPIKEY": id, "EPISTART": v.day, "STARTAGE": v.age})
		// By the oracle here; that the linking step's own SQL says the same is
		// tested where it is.
		persons = append(persons, engine.Person{ID: id, Pseudonym: "x" + id, Checked: plan.CheckedNone,
			Values: Values(p, map[string]string{"BIRTH_DATE": v.birth, "POSTCODE": v.postcode})})
	}
	file, err := parts.Write(columns, rows)
	if err != nil {
		t.Fatal(err)
	}
	out, _, err := execute(t.Context(), e, parts.Dir, p, persons, []string{file})
	if err != nil {
		t.Fatal(err)
	}
	cells, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil || len(cells) != len(vectors)+1 {
		t.Fatalf("%d lines for %d vectors, %v", len(cells), len(vectors), err)
	}
	for _, line := range cells[1:] {
		v := at[line[1]]
		band := line[2] + line[3] // a vector has one of the two
		if band != v.band || line[4] != v.district {
			t.Errorf("%+v: band %q, district %q", v, band, line[4])
		}
	}
}

func readVectors(t *testing.T) []vector {
	t.Helper()
	lines, err := csv.NewReader(bytes.NewReader(ageVectors)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []vector
	for _, l := range lines[1:] {
		input, want := l[1], l[2]
		switch l[0] {
		case "band5":
			// Text that is no age gives no band.
			if want == "ERROR" || want == "Age not known" {
				want = ""
			}
			out = append(out, vector{age: input, day: "2001-05-01", band: want})
		case "hes_startage_code_from_days":
			out = append(out, vector{age: want, day: "2001-05-01", band: band(want)})
		case "age_years_at":
			birth, day, _ := strings.Cut(input, "/")
			out = append(out, vector{birth: birth, day: day, band: band(want)})
		}
	}
	var postcodes []struct {
		Op, Input string
		Expected  any
	}
	if err := json.Unmarshal(postcodeVectors, &postcodes); err != nil {
		t.Fatal(err)
	}
	for _, p := range postcodes {
		switch {
		case p.Op == "outcode":
			out = append(out, vector{day: "2001-05-01", postcode: p.Input, district: p.Expected.(string)})
		case p.Expected == false:
			out = append(out, vector{day: "2001-05-01", postcode: p.Input})
		}
	}
	if len(out) < 60 {
		t.Fatalf("only %d vectors", len(out))
	}
	return out
}
