package enginetest

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"data.release/registrar/extract/engine"
	"data.release/registrar/extract/plan"
	"data.release/registrar/extract/pseudonym"
	"data.release/registrar/release/terms"
)

// Make makes an engine with so many threads and so much memory ("200MB").
type Make func(t testing.TB, threads int, memory string) engine.Engine

// Run runs the suite.
func Run(t *testing.T, mk Make) {
	t.Run("does what the plan means", func(t *testing.T) { meaning(t, mk) })
	t.Run("writes Parquet of the same cells", func(t *testing.T) { parquet(t, mk) })
	t.Run("writes the same bytes whatever the machine", func(t *testing.T) { sameBytes(t, mk) })
	t.Run("takes parts of files", func(t *testing.T) { ranges(t, mk) })
	t.Run("does not align two key domains", func(t *testing.T) { domains(t, mk) })
	t.Run("keeps values as they are", func(t *testing.T) { hostile(t, mk) })
	t.Run("derives as published", func(t *testing.T) { derivations(t, mk) })
	t.Run("finds rows of unknown persons", func(t *testing.T) { unknown(t, mk) })
	t.Run("stops when cancelled", func(t *testing.T) { cancelled(t, mk) })
	t.Run("stops when the writer fails", func(t *testing.T) { dyingWriter(t, mk) })
	t.Run("gives back the persons' error", func(t *testing.T) { dyingPersons(t, mk) })
	t.Run("refuses a plan that breaks the rules", func(t *testing.T) { badPlan(t, mk) })
}

// Key of a made-up root in a key domain.
func Key(domain string) pseudonym.Key {
	root, err := pseudonym.RootFromBytes(bytes.Repeat([]byte{7}, pseudonym.KeySize))
	if err != nil {
		panic(err)
	}
	return root.Records(domain)
}

// execute runs a plan over files as one output.
func execute(ctx context.Context, e engine.Engine, dir string, p plan.Plan, persons []engine.Person, files []string) (out []byte, counts engine.Counts, err error) {
	s, err := e.Open(ctx, engine.Task{Plan: p, Persons: Sequence(persons), Records: Key(p.KeyDomain), Readable: []string{dir}})
	if err != nil {
		return nil, counts, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	all, err := s.Count(ctx, Whole(files))
	if err != nil {
		return nil, counts, err
	}
	for _, c := range all {
		counts.Add(c)
	}
	var b bytes.Buffer
	rows, err := s.Write(ctx, Whole(files), &b)
	if err == nil && rows != counts.Written {
		err = fmt.Errorf("wrote %d rows and counted %d", rows, counts.Written)
	}
	return b.Bytes(), counts, err
}

// Big runs a plan over 300,000 rows and gives its error.
func Big(t *testing.T, e engine.Engine) error {
	parts := NewParts(t)
	p, persons, files := big(t, parts, 300_000, plan.CSV)
	_, _, err := execute(t.Context(), e, parts.Dir, p, persons, files)
	return err
}

func header(p plan.Plan) []string {
	var out []string
	for _, c := range p.Columns {
		out = append(out, c.Name)
	}
	return out
}

func meaning(t *testing.T, mk Make) {
	parts, e := NewParts(t), mk(t, 2, "200MB")
	written := int64(0)
	rapid.Check(t, func(t *rapid.T) {
		p := somePlan(t, plan.CSV)
		persons := somePersons(t, p)
		data, files := someParts(t, parts, persons)
		got, counts, err := execute(context.Background(), e, parts.Dir, p, persons, files)
		if err != nil {
			t.Fatal(err)
		}
		want, wantCounts := Expect(p, data, persons, Key(p.KeyDomain))
		if !reflect.DeepEqual(counts, wantCounts) {
			t.Fatalf("counts %+v, want %+v", counts, wantCounts)
		}
		if err := counts.Check(); err != nil {
			t.Fatal(err)
		}
		cells, err := csv.NewReader(bytes.NewReader(got)).ReadAll()
		if err != nil {
			t.Fatalf("not CSV: %v\n%s", err, got)
		}
		if want = append([][]string{header(p)}, want...); !reflect.DeepEqual(cells, want) {
			t.Fatalf("got\n%q\nwant\n%q", cells, want)
		}
		written += counts.Written
	})
	if written == 0 {
		t.Fatal("no row was ever written: nothing was tried")
	}
}

func parquet(t *testing.T, mk Make) {
	parts, e := NewParts(t), mk(t, 2, "200MB")
	p, persons, files, data := sample(t, parts, 300, plan.Parquet)
	got, _, err := execute(t.Context(), e, parts.Dir, p, persons, files)
	if err != nil {
		t.Fatal(err)
	}
	columns, cells := parts.Read(t, got)
	want, _ := Expect(p, data, persons, Key(p.KeyDomain))
	if !reflect.DeepEqual(columns, header(p)) || !reflect.DeepEqual(cells, want) || len(cells) == 0 {
		t.Errorf("%d rows of %q, want %d of %q", len(cells), columns, len(want), header(p))
	}
}

func sameBytes(t *testing.T, mk Make) {
	parts := NewParts(t)
	for _, format := range []plan.Format{plan.CSV, plan.Parquet} {
		p, persons, files := big(t, parts, 300_000, format)
		var first []byte
		for _, c := range []struct {
			threads int
			memory  string
		}{{1, "1GB"}, {2, "1GB"}, {2, "1GB"}, {2, "150MB"}} {
			got, counts, err := execute(t.Context(), mk(t, c.threads, c.memory), parts.Dir, p, persons, files)
			if err != nil {
				t.Fatalf("%s at %d threads and %s: %v", format, c.threads, c.memory, err)
			}
			if counts.Written == 0 || counts.Removed[plan.OptedOut] == 0 || counts.Removed[plan.OutsidePeriod] == 0 {
				t.Fatalf("nothing was tried: %+v", counts)
			}
			if first == nil {
				first = got
			} else if !bytes.Equal(first, got) {
				t.Errorf("%s at %d threads and %s: other bytes", format, c.threads, c.memory)
			}
		}
	}
}

// Rows by their place in the files, counted and written for each input as if it
// were alone.
func ranges(t *testing.T, mk Make) {
	parts, e := NewParts(t), mk(t, 2, "300MB")
	p, persons, files, data := sample(t, parts, 300, plan.CSV)
	s, err := e.Open(t.Context(), engine.Task{Plan: p, Persons: Sequence(persons), Records: Key(p.KeyDomain), Readable: []string{parts.Dir}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	pieces := [][2]int64{{0, 10}, {10, 11}, {11, 140}, {140, math.MaxInt64}, {500, 600}}
	var inputs []engine.Input
	var rows [][]Row
	for i, f := range files {
		for _, piece := range pieces {
			inputs = append(inputs, engine.Input{Path: f, From: piece[0], To: piece[1]})
			from, to := min(piece[0], int64(len(data[i]))), min(piece[1], int64(len(data[i])))
			rows = append(rows, data[i][from:to])
		}
	}
	counts, err := s.Count(t.Context(), inputs)
	if err != nil || len(counts) != len(inputs) {
		t.Fatal(len(counts), err)
	}
	for i := range inputs {
		want, wantCounts := Expect(p, rows[i:i+1], persons, Key(p.KeyDomain))
		if !reflect.DeepEqual(counts[i], wantCounts) {
			t.Errorf("input %d: counts %+v, want %+v", i, counts[i], wantCounts)
		}
		var out bytes.Buffer
		if _, err := s.Write(t.Context(), inputs[i:i+1], &out); err != nil {
			t.Fatal(err)
		}
		cells, err := csv.NewReader(&out).ReadAll()
		if want = append([][]string{header(p)}, want...); err != nil || !reflect.DeepEqual(cells, want) {
			t.Errorf("input %d: %v, %q, want %q", i, err, cells, want)
		}
	}
}

// Two key domains, the same request: no pseudonym and no record id is in both,
// and the rows do not stand in the same order (governance §4.2).
func domains(t *testing.T, mk Make) {
	parts, e := NewParts(t), mk(t, 2, "200MB")
	p, persons, files, data := sample(t, parts, 400, plan.CSV)
	places := map[string][]string{} // by domain, the raw record key at each place
	keys := map[string]string{}     // pseudonym or record key, to its domain
	for _, domain := range []string{"A/s/pseudonymised", "B/s/pseudonymised"} {
		p.KeyDomain = domain
		persons := repseudonymise(persons, domain)
		raw := map[string]string{} // re-keyed record id to raw
		h := Key(domain).Hasher()
		for _, rows := range data {
			for _, r := range rows {
				raw[rekeyed(h, "EPIKEY", r["EPIKEY"])] = r["EPIKEY"]
			}
		}
		out, _, err := execute(t.Context(), e, parts.Dir, p, persons, files)
		if err != nil {
			t.Fatal(err)
		}
		cells, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range cells[1:] {
			for _, key := range line[:2] { // PERSON_PSEUDONYM and EPIKEY
				if other, seen := keys[key]; key != "" && seen && other != domain {
					t.Fatalf("%s is in both domains", key)
				}
				keys[key] = domain
			}
			places[domain] = append(places[domain], raw[line[1]])
		}
	}
	a, b := places["A/s/pseudonymised"], places["B/s/pseudonymised"]
	same := 0
	for i := range a {
		if a[i] == b[i] {
			same++
		}
	}
	// By chance one row stands at its place; ten are out of the question.
	if len(a) < 100 || len(a) != len(b) || same > 10 {
		t.Errorf("%d of %d rows stand at the same place (%d in the other)", same, len(a), len(b))
	}
}

func repseudonymise(persons []engine.Person, domain string) []engine.Person {
	h := Key("persons of " + domain).Hasher()
	out := make([]engine.Person, len(persons))
	for i, p := range persons {
		p.Pseudonym, _ = h.Pseudonym(pseudonym.NHS, p.ID)
		out[i] = p
	}
	return out
}

func hostile(t *testing.T, mk Make) {
	parts, e := NewParts(t), mk(t, 2, "200MB")
	values := []string{`"`, `a,b`, "a\nb", "a\r\nb", `''; DROP TABLE person; --`, " leading", "trailing ", "=1+1", "é漢😀", "\t", `\N`, "NULL", strings.Repeat("x", 100_000)}
	var rows []Row
	for i, v := range values {
		rows = append(rows, Row{"person_id": "p1", "EPIKEY": fmt.Sprint(i), "EPISTART": "2001-05-01", "SEX": v, "RESGOR": v})
	}
	file, err := parts.Write(columns, rows)
	if err != nil {
		t.Fatal(err)
	}
	p := compile(t, plan.Request{Columns: []plan.Wanted{{Field: "SEX"}}, Format: plan.CSV}, func(l *terms.DatasetLine) {
		l.Population = []terms.Filter{terms.NewFilter("RESGOR", values...)}
	})
	persons := []engine.Person{{ID: "p1", Pseudonym: "x", Checked: plan.CheckedValid}}
	got, counts, err := execute(t.Context(), e, parts.Dir, p, persons, []string{file})
	if err != nil || counts.Written != int64(len(values)) {
		t.Fatalf("%+v, %v", counts, err)
	}
	// encoding/csv makes LF of CRLF inside quotes.
	want, _ := Expect(p, [][]Row{rows}, persons, Key(p.KeyDomain))
	for _, line := range want {
		line[1] = strings.ReplaceAll(line[1], "\r\n", "\n")
	}
	cells, err := csv.NewReader(bytes.NewReader(got)).ReadAll()
	if err != nil || !reflect.DeepEqual(cells[1:], want) {
		t.Errorf("%v: got %.300q\nwant %.300q", err, cells[1:], want)
	}
}

func unknown(t *testing.T, mk Make) {
	parts, e := NewParts(t), mk(t, 2, "200MB")
	p, persons, files, data := sample(t, parts, 100, plan.CSV)
	_, counts, err := execute(t.Context(), e, parts.Dir, p, persons[1:], files)
	_, want := Expect(p, data, persons[1:], Key(p.KeyDomain))
	if want.Unknown == 0 || counts.Unknown != want.Unknown || counts.Check() == nil {
		t.Errorf("%+v (%v), want %+v", counts, err, want)
	}
}

func cancelled(t *testing.T, mk Make) {
	parts, e := NewParts(t), mk(t, 2, "500MB")
	p, persons, files := big(t, parts, 500_000, plan.CSV)
	for _, after := range []time.Duration{0, 30 * time.Millisecond, 300 * time.Millisecond} {
		s, err := e.Open(t.Context(), engine.Task{Plan: p, Persons: Sequence(persons), Records: Key(p.KeyDomain), Readable: []string{parts.Dir}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		begun := time.Now()
		time.AfterFunc(after, cancel)
		// A writer so slow that the run cannot be over before it is cancelled.
		_, err = s.Write(ctx, Whole(files), slow{})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("after %v: %v", after, err)
		}
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("after %v it took %v to stop", after, took)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

type slow struct{}

func (slow) Write(p []byte) (int, error) {
	time.Sleep(20 * time.Millisecond)
	return len(p), nil
}

func dyingWriter(t *testing.T, mk Make) {
	parts, e := NewParts(t), mk(t, 2, "500MB")
	p, persons, files := big(t, parts, 200_000, plan.CSV)
	s, err := e.Open(t.Context(), engine.Task{Plan: p, Persons: Sequence(persons), Records: Key(p.KeyDomain), Readable: []string{parts.Dir}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	full := errors.New("the disk is full")
	for _, size := range []int{0, 1, 1 << 20} {
		if _, err := s.Write(t.Context(), Whole(files), &limited{size, full}); !errors.Is(err, full) {
			t.Errorf("after %d bytes: %v", size, err)
		}
	}
	// The session still works.
	var out bytes.Buffer
	counts, err := s.Count(t.Context(), Whole(files))
	if err != nil {
		t.Fatal(err)
	}
	var written int64
	for _, c := range counts {
		written += c.Written
	}
	if rows, err := s.Write(t.Context(), Whole(files), &out); err != nil || rows != written {
		t.Errorf("the next write: %d rows of %d, %v", rows, written, err)
	}
}

type limited struct {
	left int
	err  error
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, l.err
	}
	return len(p), nil
}

func dyingPersons(t *testing.T, mk Make) {
	parts, e := NewParts(t), mk(t, 2, "200MB")
	p, persons, _, _ := sample(t, parts, 10, plan.CSV)
	broken := errors.New("the handover is cut off")
	_, err := e.Open(t.Context(), engine.Task{Plan: p, Records: Key(p.KeyDomain), Readable: []string{parts.Dir},
		Persons: func(yield func(engine.Person, error) bool) {
			if yield(persons[0], nil) {
				yield(engine.Person{}, broken)
			}
		}})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func badPlan(t *testing.T, mk Make) {
	parts, e := NewParts(t), mk(t, 1, "200MB")
	p, persons, _, _ := sample(t, parts, 10, plan.CSV)
	p.Type = terms.Identifiable // with a pseudonym
	if _, err := e.Open(t.Context(), engine.Task{Plan: p, Persons: Sequence(persons), Records: Key("d"), Readable: []string{parts.Dir}}); err == nil {
		t.Error("a pseudonym on an identifiable plan was run")
	}
}
