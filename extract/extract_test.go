package extract_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"data.release/registrar/extract"
	"data.release/registrar/extract/plan"
	"data.release/registrar/release/terms"
)

// The whole chain against plain Go, over random people: an objector's rows never
// leave, everybody else's do, and every row is counted once.
func TestOptOutsAreUpheldExactly(t *testing.T) {
	w := newWorld(t)
	written, objected := int64(0), int64(0)
	rapid.Check(t, func(rt *rapid.T) {
		w.t = rt
		w.someone(rt)
		w.land(t)
		p := w.plan(func(l *terms.DatasetLine, r *plan.Request) {
			l.Type = rapid.SampledFrom([]terms.TypeOfData{terms.Identifiable, terms.Pseudonymised}).Draw(rt, "type")
			l.OptOut = rapid.SampledFrom([]terms.OptOut{terms.OptOutApplied, terms.OptOutApplied, terms.OptOutConsent}).Draw(rt, "opt-out")
			l.Unchecked = rapid.SampledFrom([]terms.UncheckedRows{terms.KeepUnchecked, terms.DropUnchecked}).Draw(rt, "unchecked")
			if rapid.Bool().Draw(rt, "population") {
				l.Population = []terms.Filter{terms.NewFilter("SEX", "1")}
			}
			if l.Type == terms.Identifiable {
				r.Columns = append(r.Columns, plan.Wanted{Field: "NHS_NUMBER"}, plan.Wanted{Field: "BIRTH_DATE"})
			}
			r.Columns = append(r.Columns, plan.Wanted{Field: "POSTCODE", Derivation: terms.PostcodeDistrict}, plan.Wanted{Field: "BIRTH_DATE", Derivation: terms.AgeBand})
		})
		result, err := w.run(t, p)
		if err != nil {
			rt.Fatal(err)
		}
		want, counts := w.expected(p)
		if !reflect.DeepEqual(result.Counts, counts) {
			rt.Fatalf("counts %+v, want %+v", result.Counts, counts)
		}
		if got := w.cells(t, result); !reflect.DeepEqual(got, want) {
			rt.Fatalf("got\n%q\nwant\n%q", got, want)
		}
		written += counts.Written
		objected += counts.Removed[plan.OptedOut]
	})
	if written == 0 || objected == 0 {
		t.Fatalf("%d rows written, %d of objectors: nothing was tried", written, objected)
	}
}

// someone fills the world with random people.
func (w *world) someone(t *rapid.T) {
	numbers := []string{"9990000018", "9990000026", "9990000034", "9990000042"}
	w.ids, w.rows = nil, nil
	for n := range rapid.IntRange(1, 6).Draw(t, "ids") {
		i := id{local: fmt.Sprintf("L%d", n), indexed: rapid.IntRange(0, 5).Draw(t, "indexed") > 0,
			person:   rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "person"),
			provider: rapid.SampledFrom([]string{"", "RTA", "RCC"}).Draw(t, "provider"),
			birth:    rapid.SampledFrom([]string{"", "1960-02-29", "2001-01-01"}).Draw(t, "birth"),
			postcode: rapid.SampledFrom([]string{"", "LS1 4AP", "bad"}).Draw(t, "postcode")}
		if i.number = rapid.SampledFrom(append(numbers, "")).Draw(t, "number"); i.number != "" {
			i.valid = rapid.IntRange(0, 3).Draw(t, "valid") > 0
		}
		if rapid.IntRange(0, 9).Draw(t, "nobody") == 0 {
			i = id{}
		}
		if !slices.ContainsFunc(w.ids, func(other id) bool { return other.local == i.local }) {
			w.ids = append(w.ids, i)
		}
	}
	w.objects = rapid.SliceOfNDistinct(rapid.SampledFrom(numbers), 0, 3, rapid.ID[string]).Draw(t, "objects")
	for part := range rapid.IntRange(1, 2).Draw(t, "parts") {
		var rows []row
		for n := range rapid.IntRange(1, 10).Draw(t, "rows") {
			rows = append(rows, row{id: rapid.IntRange(0, len(w.ids)-1).Draw(t, "of"), epikey: fmt.Sprint(100*part + n),
				start: rapid.SampledFrom([]string{"2001-04-01", "2002-03-31", "2002-04-01", ""}).Draw(t, "start"),
				sex:   rapid.SampledFrom([]string{"1", "2"}).Draw(t, "sex"), region: "H"})
		}
		w.rows = append(w.rows, rows)
	}
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// What the result says of a file is what the file is, before and after it is
// decrypted.
func TestDigestsAreOfTheFiles(t *testing.T) {
	w := small(t)
	for _, format := range []plan.Format{plan.CSV, plan.Parquet} {
		p := w.plan(func(_ *terms.DatasetLine, r *plan.Request) { r.Format = format })
		p.FileRows = 8 // two files
		result, err := w.run(t, p)
		if err != nil {
			t.Fatal(err)
		}
		if len(result.Outputs) != 2 || len(w.delivered()) != 2 {
			t.Fatalf("%d outputs, delivered %q", len(result.Outputs), w.delivered())
		}
		var rows int64
		for _, o := range result.Outputs {
			sealed, err := os.ReadFile(filepath.Join(w.dir, "delivery", o.Key))
			if err != nil {
				t.Fatal(err)
			}
			plain := w.open(t, o)
			if digest(sealed) != o.SHA256 || int64(len(sealed)) != o.Size || digest(plain) != o.PlaintextSHA256 || int64(len(plain)) != o.PlaintextSize {
				t.Errorf("%s is not what it is said to be: %+v", o.Name, o)
			}
			if bytes.Contains(sealed, []byte("PSEUDONYM")) {
				t.Error("the file is not encrypted")
			}
			rows += o.Rows
		}
		if rows != result.Counts.Written || rows == 0 {
			t.Errorf("%d rows in files, %d counted", rows, result.Counts.Written)
		}
	}
}

// The same plan over the same parts: the same bytes before encryption, under
// another name, and nothing left of the first time.
func TestAgainIsTheSame(t *testing.T) {
	w := small(t)
	for _, format := range []plan.Format{plan.CSV, plan.Parquet} {
		p := w.plan(func(_ *terms.DatasetLine, r *plan.Request) { r.Format = format })
		first, err := w.run(t, p)
		if err != nil {
			t.Fatal(err)
		}
		second, err := w.run(t, p)
		if err != nil {
			t.Fatal(err)
		}
		a, b := first.Outputs[0], second.Outputs[0]
		if a.PlaintextSHA256 != b.PlaintextSHA256 || a.SHA256 == b.SHA256 || a.Key == b.Key || len(w.delivered()) != 1 {
			t.Errorf("%s: %+v, then %+v; delivered %q", format, a, b, w.delivered())
		}
	}
}

// The same request in two segments of one agreement, and identifiable: no
// pseudonym and no record id is in two of them, none is on the identifiable
// one, and the lake's own ids are in none (governance §4.1, §4.2).
func TestDomainsShareNothing(t *testing.T) {
	w := small(t)
	seen := map[string]string{} // cell to domain
	for _, segment := range []string{"commissioning", "research", "identifiable"} {
		p := w.plan(func(l *terms.DatasetLine, r *plan.Request) {
			l.Segment = segment
			r.Columns = []plan.Wanted{{Field: "EPIKEY"}}
			if segment == "identifiable" {
				l.Type = terms.Identifiable
				r.Columns = append(r.Columns, plan.Wanted{Field: "NHS_NUMBER"})
			}
		})
		result, err := w.run(t, p)
		if err != nil {
			t.Fatal(err)
		}
		if result.Counts.Written == 0 {
			t.Fatal("nothing was tried")
		}
		if slices.Contains(result.Outputs[0].Columns, plan.PseudonymColumn) != (segment != "identifiable") {
			t.Errorf("columns of %s: %q", segment, result.Outputs[0].Columns)
		}
		for _, line := range w.cells(t, result) {
			for _, cell := range line {
				if other, again := seen[cell]; again && other != p.KeyDomain {
					t.Errorf("%q stands in %s and in %s", cell, other, p.KeyDomain)
				}
				seen[cell] = p.KeyDomain
				if strings.HasPrefix(cell, "key of") || len(cell) == 4 {
					t.Errorf("%q is an id of the lake or of a record", cell)
				}
			}
		}
	}
}

// Ids of one person have one pseudonym, whichever of them a row has.
func TestOnePersonOnePseudonym(t *testing.T) {
	w := small(t)
	p := w.plan(func(l *terms.DatasetLine, r *plan.Request) { l.OptOut = terms.OptOutConsent })
	of := map[string]map[string]bool{} // person to pseudonyms
	for n, person := range w.persons(p) {
		i := w.ids[n]
		if of[i.person] == nil {
			of[i.person] = map[string]bool{}
		}
		of[i.person][person.Pseudonym] = true
	}
	if len(of["a"]) != 1 || len(of["f"]) != 1 || len(of["g"]) != 1 || len(of[""]) != 2 {
		t.Fatalf("the oracle itself: %v", of)
	}
	result, err := w.run(t, p)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := w.expected(p)
	if got := w.cells(t, result); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Identifiers are nowhere but under encryption, also while it works.
func TestNoPlaintextOnDisk(t *testing.T) {
	w := small(t)
	p := w.plan(func(l *terms.DatasetLine, r *plan.Request) {
		l.Type, l.OptOut = terms.Identifiable, terms.OptOutConsent
		r.Columns = append(r.Columns, plan.Wanted{Field: "NHS_NUMBER"}, plan.Wanted{Field: "POSTCODE"})
	})
	h, err := extract.Population(t.Context(), w.populationJob(p))
	if err != nil {
		t.Fatal(err)
	}
	job := w.runJob(p, h)
	looked := 0
	job.Progress = func(int, int) error {
		looked++
		return filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || strings.HasSuffix(path, ".parquet") { // the lake's own
				return err
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if bytes.Contains(content, []byte("9990000018")) || bytes.Contains(content, []byte("LS1")) {
				t.Errorf("%s holds an identifier", path)
			}
			return nil
		})
	}
	result, err := extract.Run(t.Context(), job)
	if err != nil || looked == 0 {
		t.Fatal(err, looked)
	}
	cells, err := csv.NewReader(bytes.NewReader(w.open(t, result.Outputs[0]))).ReadAll()
	if err != nil || !slices.ContainsFunc(cells, func(line []string) bool { return slices.Contains(line, "9990000018") }) {
		t.Errorf("the number does not leave either: %v %q", err, cells)
	}
	for _, dir := range []string{"linking", "engine"} {
		if left, err := os.ReadDir(filepath.Join(w.dir, dir)); err != nil || len(left) != 0 {
			t.Errorf("left in %s: %v %v", dir, left, err)
		}
	}
}

// A plan that nobody's rows pass gives one file with the columns and no rows;
// a part of which nothing leaves gives none beside another.
func TestNothingToWrite(t *testing.T) {
	w := small(t)
	p := w.plan(func(l *terms.DatasetLine, _ *plan.Request) {
		l.Population = []terms.Filter{terms.NewFilter("SEX", "9")}
	})
	p.FileRows = 8
	result, err := w.run(t, p)
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Outputs) != 1 || result.Outputs[0].Rows != 0 || len(w.cells(t, result)) != 0 {
		t.Errorf("outputs %+v", result.Outputs)
	}
	for i := range w.rows[0] {
		w.rows[0][i].sex = "9"
	}
	w.land(t)
	p = w.plan(func(l *terms.DatasetLine, _ *plan.Request) {
		l.Population = []terms.Filter{terms.NewFilter("SEX", "9")}
	})
	p.FileRows = 8
	if result, err = w.run(t, p); err != nil || len(result.Outputs) != 1 || result.Outputs[0].Rows == 0 {
		t.Errorf("outputs %+v, %v", result.Outputs, err)
	}
}
