package offline_test

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/xuri/excelize/v2"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"data.release/registrar/release/fault"
	"data.release/registrar/release/ledger/offline"
	"data.release/registrar/release/ledger/proof"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// log is a log of made-up entries of every kind, and its key.
type log struct {
	entries []register.Entry
	leaves  [][]byte
	tree    proof.Tree
	head    proof.Head
	key     note.Verifier
}

// newLog makes a log of n entries that is signed at size.
func newLog(t testing.TB, n, size int) *log {
	t.Helper()
	l := &log{}
	for number := 1; number <= n; number++ {
		e := register.Entry{
			Number: int64(number), Kind: register.Release, RecordedAt: time.Date(2026, 11, 25, 4, 30, number, 123456000, time.UTC),
			EventFrom: terms.NewDate(2021, 2, 1), EventTo: terms.NewDate(2021, 2, 28), Edition: strings.Repeat("ab", 32), SourceID: fmt.Sprint("FILE", number),
			RowKey: fmt.Sprint("KEY", number), Reference: "DARS-NIC-12345-ABCDE-v1.10", Stem: "NIC-12345-ABCDE", Version: "v1.10", Dataset: "hes",
			TypeOfData: terms.Pseudonymised, Sensitivity: terms.Sensitive, Power: terms.S261_1_2bii, Routes: []terms.Route{terms.RouteSection251, terms.RouteConsent},
			OptOut: terms.OptOutNotIdentifiable, Frequency: terms.OneOff, Late: number%7 == 0,
		}
		e.With(register.OrganisationName, fmt.Sprintf("=Organisation %d, \"quoted\"", number))
		e.With(register.OrganisationID, fmt.Sprint("organisation-", number))
		e.With(register.DatasetName, " Hospital Episode\r\nStatistics_x0041_ ")
		e.With(register.AsPublished, `{"legal_basis":"Because ","opt_outs":"No"}`)
		switch number % 6 {
		case 2:
			e.Kind, e.Starts, e.Ends = register.Agreement, terms.NewDate(1, 1, number%3+1), terms.NewDate(2023, 12, 31)
			e.Controllership, e.Commercial, e.Lines = terms.ControllershipNotRecorded, terms.Yes, []register.Line{{Dataset: "hes", Routes: []terms.Route{terms.RouteConsent}}}
			e.Support = []register.Support{{Route: terms.RouteSection251, Reference: "CAG 7-07(a)/2013", Ends: "2027-09-30"}}
			e.With(register.Objective, strings.Repeat("Lang 𝄞 ", 9000)) // over what a cell holds
			e.With(register.Parties, `[{"name":"x"}]`)
		case 3:
			e.Kind, e.About, e.Corrects = register.Correction, int64(number-2), register.Release
			e.With(register.Reason, "It was wrong.\x01")
		case 4:
			e.Kind, e.About, e.Fields = register.Tombstone, int64(number-2), []register.Field{register.Objective}
			e.With(register.Reason, "A court ordered it.")
		case 5:
			e.Kind, e.Relation = register.Succession, terms.RenamedTo
			e.With(register.Successor, "Another")
			e.With(register.SuccessorID, "another")
		}
		for i := range e.Texts {
			e.Texts[i].Salt = make([]byte, proof.SaltSize)
			rand.Read(e.Texts[i].Salt)
		}
		leaf, err := e.Leaf()
		if err != nil {
			t.Fatal(err)
		}
		// Of the second entry a text was erased, of the first one is withheld.
		for i := range e.Texts {
			if number == 2 && e.Texts[i].Field == register.Objective {
				e.Texts[i] = register.Text{Field: register.Objective, Erased: true}
			}
			if number == 1 && e.Texts[i].Field == register.DatasetName {
				e.Texts[i] = register.Text{Field: register.DatasetName, Withheld: true}
			}
		}
		l.entries, l.leaves = append(l.entries, e), append(l.leaves, leaf)
		if number <= size {
			if err := l.tree.Append(tlog.RecordHash(leaf)); err != nil {
				t.Fatal(err)
			}
		}
	}
	secret, public, err := note.GenerateKey(rand.Reader, "register.example/log")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	if l.key, err = proof.ParseVerifier(public); err != nil {
		t.Fatal(err)
	}
	root, err := l.tree.Root(int64(size))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := note.Sign(&note.Note{Text: torchwood.Checkpoint{Origin: signer.Name(), Tree: tlog.Tree{N: int64(size), Hash: root}}.String()}, signer)
	if err != nil {
		t.Fatal(err)
	}
	l.head = proof.Head{Log: signer.Name(), Size: int64(size), Checkpoint: string(signed)}
	return l
}

// of gives chosen entries, nil for all, as a file is written from.
func (l *log) of(chosen []int64) offline.Entries {
	if chosen == nil {
		for number := range l.entries {
			chosen = append(chosen, int64(number)+1)
		}
	}
	return func(visit func(register.Entry, *proof.Place) error) (proof.End, error) {
		next, size := int64(0), l.tree.Size()
		for _, number := range chosen {
			var place *proof.Place
			if number <= size {
				before, err := l.tree.ReadHashes(proof.Between(next, number-1))
				if err != nil {
					return proof.End{}, err
				}
				place, next = &proof.Place{Leaf: string(l.leaves[number-1]), Before: before}, number
			}
			if err := visit(l.entries[number-1], place); err != nil {
				return proof.End{}, err
			}
		}
		after, err := l.tree.ReadHashes(proof.Between(next, size))
		return proof.End{Entries: int64(len(chosen)), After: after}, err
	}
}

// file writes a form of file.
func (l *log) file(t testing.TB, form offline.Form, chosen []int64) []byte {
	t.Helper()
	var out bytes.Buffer
	var err error
	switch form {
	case offline.Bundle:
		err = offline.WriteBundle(&out, l.head, l.of(chosen))
	case offline.Register:
		err = offline.WriteJSON(&out, l.head, true, l.of(chosen))
	case offline.Workbook:
		err = offline.WriteWorkbook(&out, l.head, true, l.of(chosen))
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (l *log) verify(content []byte) (offline.Report, error) {
	return offline.Verify(bytes.NewReader(content), int64(len(content)), l.key)
}

func found(r offline.Report) []string {
	out := []string{}
	for _, f := range r.Findings {
		out = append(out, f.Code+": "+f.Field)
	}
	return out
}

var forms = []offline.Form{offline.Bundle, offline.Register, offline.Workbook}

func TestFilesHold(t *testing.T) {
	l := newLog(t, 303, 300)
	for _, form := range forms {
		for _, c := range []struct {
			name                     string
			chosen                   []int64
			entries, unsigned        int64
			whole                    bool
			erased, withheld, hashes int64
		}{
			{"whole", nil, 300, 3, true, 1, 1, 0},
			{"some", []int64{2, 3, 77, 78, 256, 257, 300, 301}, 7, 1, false, 1, 0, 0},
			{"the first", []int64{1}, 1, 0, false, 0, 1, 0},
			{"the last", []int64{300}, 1, 0, false, 0, 0, 0},
			{"newer ones", []int64{302}, 0, 1, false, 0, 0, 0},
			{"none", []int64{}, 0, 0, false, 0, 0, 0},
		} {
			t.Run(string(form)+" "+c.name, func(t *testing.T) {
				content := l.file(t, form, c.chosen)
				r, err := l.verify(content)
				if err != nil || len(r.Findings) > 0 || r.Form != form || r.Entries != c.entries || r.Unsigned != c.unsigned || r.Whole != c.whole || r.Erased != c.erased || r.Withheld != c.withheld {
					t.Fatalf("%v\n%+v", err, r)
				}
				if form != offline.Workbook {
					var packed bytes.Buffer
					z := gzip.NewWriter(&packed)
					if _, err := z.Write(content); err != nil || z.Close() != nil {
						t.Fatal(err)
					}
					if r, err := l.verify(packed.Bytes()); err != nil || r.Found > 0 {
						t.Errorf("packed: %v\n%+v", err, r)
					}
				}
				if other, err := newLog(t, 1, 1).verify(content); err != nil || other.Found == 0 || other.Findings[0].Code != "checkpoint-signature" {
					t.Errorf("by another log's key: %v, %+v", err, other)
				}
			})
		}
	}
}

// Whatever is changed in a text file is found and named.
func TestWhateverIsChangedInTextIsFound(t *testing.T) {
	l := newLog(t, 303, 300)
	chosen := []int64{1, 2, 3, 4, 8, 77, 78, 150, 301}
	for _, form := range []offline.Form{offline.Bundle, offline.Register} {
		whole := string(l.file(t, form, chosen))
		lines := strings.Split(whole, "\n")
		of := func(number int) int {
			return slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, fmt.Sprintf(`{"number":%d,`, number)) })
		}
		replace := func(number int, old, new string) string {
			changed := slices.Clone(lines)
			if !strings.Contains(changed[of(number)], old) {
				t.Fatalf("entry %d holds no %s:\n%s", number, old, changed[of(number)])
			}
			changed[of(number)] = strings.Replace(changed[of(number)], old, new, 1)
			return strings.Join(changed, "\n")
		}
		remove := func(number int) string {
			return strings.Join(slices.Delete(slices.Clone(lines), of(number), of(number)+1), "\n")
		}
		swap := func(a, b int) string {
			changed := slices.Clone(lines)
			i, j := of(a), of(b)
			changed[i], changed[j] = changed[j], changed[i]
			return strings.Join(changed, "\n")
		}
		exchangeProofs := func(a, b int) string {
			changed := slices.Clone(lines)
			part := func(line string) string { return line[strings.Index(line, `"proof":`):] }
			pa, pb := part(lines[of(a)]), part(lines[of(b)])
			changed[of(a)], changed[of(b)] = strings.Replace(lines[of(a)], pa, pb, 1), strings.Replace(lines[of(b)], pb, pa, 1)
			return strings.Join(changed, "\n")
		}
		const saltOf78 = `"field":"organisation","text":`
		for _, c := range []struct {
			name, content string
			want          []string
		}{
			{"nothing", whole, nil},
			{"the log's name", strings.Replace(whole, `"log":"`, `"log":"evil/`, 1), []string{"log-name: log"}},
			{"a code", replace(78, `"opt_out":"not_identifiable"`, `"opt_out":"applied"`), []string{"entry-changed: entry 78, opt_out"}},
			{"a text", replace(78, saltOf78+`"=Org`, saltOf78+`"=org`), []string{"commitment: entry 78, organisation"}},
			{"a text erased", replace(78, `"field":"organisation"`, `"field":"organisation","erased":true`), []string{"commitment: entry 78, organisation"}},
			{"a member added", replace(77, `"kind":"succession"`, `"kind":"succession","rows_band":"1"`), []string{"entry-changed: entry 77, rows_band"}},
			{"a withheld text is left out", replace(1, `{"field":"dataset","withheld":true},`, ``), []string{"text-missing: entry 1, dataset"}},
			{"a leaf", replace(150, `\"kind\":`, `\"kinds\":`), []string{"entry-changed: entry 150, kind", "entry-changed: entry 150, kinds", "root: checkpoint"}},
			{"a hash", replace(150, `"before":["`, `"before":["AAAA`), []string{"entry-form: entry after entry 78"}},
			{"proofs exchanged", exchangeProofs(77, 78), []string{"inclusion: entry 77", "leaf-number: entry 77, leaf.number", "leaf-number: entry 78, leaf.number"}},
			{"a proof left out", replace(77, `,"proof":{`, `,"prove":{`), []string{"entry-form: entry after entry 8"}},
			{"the checkpoint", strings.Replace(whole, `log\n300\n`, `log\n299\n`, 1), []string{"checkpoint-signature: checkpoint", "proof-missing: entry 301"}},
		} {
			if c.name == "a proof left out" {
				c.want = []string{"proof-missing: entry 77"}
			}
			r, err := l.verify([]byte(c.content))
			if err != nil {
				t.Errorf("%s, %s: %v", form, c.name, err)
				continue
			}
			if got := found(r); !slices.Equal(got, append([]string{}, c.want...)) {
				t.Errorf("%s, %s: found %q, want %q", form, c.name, got, c.want)
			}
		}
		if form == offline.Register {
			continue // where commas stand between lines
		}
		for _, c := range []struct {
			name, content string
			want          []string
		}{
			{"an entry taken out", remove(77), []string{"inclusion: entry 78", "file-count: end of the file"}},
			{"the newest taken out", remove(301), []string{"file-count: end of the file"}},
			{"entries exchanged", swap(77, 78), []string{"inclusion: entry 78", "entry-order: entry 77", "inclusion: entry 150"}},
			{"an entry twice", strings.Join(slices.Insert(slices.Clone(lines), of(77), lines[of(77)]), "\n"), []string{"entry-order: entry 77", "file-count: end of the file"}},
			{"a hash of the end", strings.Replace(whole, `"after":["`, `"after":["`+l.leaves0()+`","`, 1), []string{"inclusion: end of the file"}},
			{"more after the end", whole + "{}", []string{"file-form: end of the file"}},
		} {
			r, err := l.verify([]byte(c.content))
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			got := found(r)
			if c.name == "entries exchanged" {
				got = got[:min(len(got), 2)]
				c.want = c.want[:2]
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: found %q, want %q", c.name, got, c.want)
			}
		}
	}
}

// leaves0 is a hash of the log, in base64.
func (l *log) leaves0() string { return tlog.RecordHash(l.leaves[0]).String() }

// A whole file in which a text is said to be erased needs its tombstone.
func TestErasedTextsOfAWholeFileNeedATombstone(t *testing.T) {
	l := newLog(t, 12, 12)
	l.entries[0].Texts[2] = register.Text{Field: register.DatasetName, Erased: true}
	for _, form := range forms {
		r, err := l.verify(l.file(t, form, nil))
		if err != nil || !slices.Equal(found(r), []string{"text-missing: entry 1, dataset"}) {
			t.Errorf("%s: %v, %q", form, err, found(r))
		}
		if r, err := l.verify(l.file(t, form, []int64{1, 2})); err != nil || r.Found > 0 || r.Erased != 2 {
			t.Errorf("%s in part: %v, %+v", form, err, r)
		}
	}
}

// A file that breaks off is no smaller file.
func TestFilesThatBreakOff(t *testing.T) {
	l := newLog(t, 40, 40)
	for _, form := range forms {
		whole := l.file(t, form, nil)
		for _, length := range []int{3, 60, len(whole) / 2, len(whole) - 3} {
			r, err := l.verify(whole[:length])
			if !errors.Is(err, fault.Invalid) || r.Whole {
				t.Errorf("%s of %d bytes: %v, %+v", form, length, err, r)
			}
		}
	}
	for _, content := range []string{"", "x", "{}", `{"format":"registrar-bundle/2"}`, `{"format":"registrar-register/1"}`, `{"format":"registrar-register/1","entries":{}}`, "\x1f\x8bxx", "PKxx"} {
		if _, err := l.verify([]byte(content)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", content, err)
		}
	}
	var bare bytes.Buffer
	if err := offline.WriteJSON(&bare, l.head, false, l.of(nil)); err != nil {
		t.Fatal(err)
	}
	if r, err := l.verify(bare.Bytes()); err != nil || r.Found == 0 || r.Findings[0].Code != "checkpoint-signature" && r.Findings[0].Code != "checkpoint-missing" {
		t.Errorf("JSON without proofs: %v, %+v", err, r)
	}
}

func FuzzVerify(f *testing.F) {
	l := newLog(f, 5, 5)
	for _, form := range forms {
		f.Add(l.file(f, form, nil))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		r, err := l.verify(content)
		if err == nil && r.Found == 0 && r.Entries > 0 && !json.Valid([]byte(`"`+r.Root+`"`)) {
			t.Error("holds without a root")
		}
	})
}

// Whatever cell is changed in a workbook is found and named, also when another
// program has saved it since.
func TestWhateverCellIsChangedIsFound(t *testing.T) {
	l := newLog(t, 30, 28)
	content := l.file(t, offline.Workbook, nil)
	columns := register.Columns()
	place := func(name string) int {
		return slices.IndexFunc(columns, func(c register.Column) bool { return c.Name == name }) + 1
	}
	cell := func(column string, number int) string {
		return register.ColumnLetters(place(column)) + fmt.Sprint(number+1)
	}
	edit := func(change func(*excelize.File)) []byte {
		book, err := excelize.OpenReader(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		defer book.Close()
		change(book)
		var out bytes.Buffer
		if err := book.Write(&out); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	set := func(sheet, at string, value any) func(*excelize.File) {
		return func(book *excelize.File) {
			if err := book.SetCellValue(sheet, at, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name   string
		change func(*excelize.File)
		want   []string
	}{
		{"nothing", func(*excelize.File) {}, []string{}},
		{"a code", set("Register", cell("opt_out", 7), "applied"), []string{"cell-changed: entry 7, opt_out"}},
		{"a code of an agreement", set("Register", cell("opt_out", 8), "applied"), []string{"cell-changed: entry 8, opt_out"}},
		{"a date", set("Register", cell("event_to", 7), 44257), []string{"cell-changed: entry 7, event_to"}},
		{"a date as text", set("Register", cell("event_to", 7), "2021-02-28"), []string{"cell-changed: entry 7, event_to"}},
		{"a moment", set("Register", cell("recorded_at", 7), 46351.2), []string{"cell-changed: entry 7, recorded_at"}},
		{"a boolean", set("Register", cell("late", 7), false), []string{"cell-changed: entry 7, late"}},
		{"a text", set("Register", cell("organisation", 7), "Other"), []string{"commitment: entry 7, organisation"}},
		{"a text emptied", set("Register", cell("organisation", 7), ""), []string{"commitment: entry 7, organisation"}},
		{"a text added", set("Register", cell("title", 7), "Other"), []string{"text-uncommitted: entry 7, title"}},
		{"a withheld text given", set("Register", cell("dataset_name", 1), "Other"), []string{"text-repeated: entry 1, dataset"}},
		{"a cell as published", set("Register", cell("opt_outs_as_published", 7), "Yes"), []string{"cell-changed: entry 7, opt_outs_as_published"}},
		{"a list", set("Register", cell("routes", 7), "consent"), []string{"cell-changed: entry 7, routes"}},
		{"lines", set("Register", cell("lines", 8), "[]"), []string{"cell-changed: entry 8, lines"}},
		{"a long text", set("Overflow", "G2", "Other"), []string{"commitment: entry 3, reason"}},
		{"withheld becomes erased", func(book *excelize.File) {
			set("Register", cell("withheld", 1), "")(book)
			set("Register", cell("erased", 1), "dataset")(book)
		}, []string{}},
		{"withheld is not said", set("Register", cell("withheld", 1), ""), []string{"text-missing: entry 1, dataset"}},
		{"the number", set("Register", cell("number", 7), 9), []string{"entry-order: line 8", "cell-changed: entry 7, number"}},
		{"a salt", set("Proofs", "E9", `{}`), []string{"text-missing"}},
		{"a leaf", set("Proofs", "C9", `{"kind":"release"}`), nil},
		{"the checkpoint", set("Proofs", "C2", "x"), nil},
		{"a cell beside the table", set("Register", register.ColumnLetters(len(columns)+2)+"8", "note"), []string{"cell-added: entry 7, column " + register.ColumnLetters(len(columns)+2)}},
		{"a column more", set("Register", register.ColumnLetters(len(columns)+1)+"1", "verdict"), []string{"column-unknown: column verdict"}},
		{"a title", set("Register", cell("opt_out", 0), "opt outs"), []string{"column-unknown: column opt outs"}},
		{"a row taken out", func(book *excelize.File) {
			if err := book.RemoveRow("Register", 8); err != nil {
				t.Fatal(err)
			}
		}, nil},
		{"an unsigned entry said to be signed", set("Proofs", "A31", "entry"), nil},
	} {
		r, err := l.verify(edit(c.change))
		got := found(r)
		switch {
		case err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want == nil:
			if len(got) == 0 {
				t.Errorf("%s: nothing found", c.name)
			}
		case c.name == "a salt":
			if len(got) == 0 || !strings.HasPrefix(got[0], "text-") {
				t.Errorf("%s: found %q", c.name, got)
			}
		case !slices.Equal(got, c.want):
			if c.name == "withheld becomes erased" && slices.Equal(got, []string{"text-missing: entry 1, dataset"}) {
				continue // no tombstone says so
			}
			t.Errorf("%s: found %q, want %q", c.name, got, c.want)
		}
	}
	for _, sheet := range []string{"Proofs", "Register"} {
		_, err := l.verify(edit(func(book *excelize.File) {
			if err := book.DeleteSheet(sheet); err != nil {
				t.Fatal(err)
			}
		}))
		if !errors.Is(err, fault.Invalid) {
			t.Errorf("without the sheet %s: %v", sheet, err)
		}
	}
}
