package register_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"data.release/registrar/release/ledger/proof"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

func sampleEntry() register.Entry {
	e := register.Entry{
		Number: 7, Kind: register.Release, RecordedAt: time.Date(2026, 7, 1, 12, 30, 0, 5000, time.FixedZone("IST", 19800)),
		EventFrom: terms.NewDate(2021, 2, 1), EventTo: terms.NewDate(2021, 2, 28), Edition: strings.Repeat("ab", 32), SourceID: "DSfC0001",
		Reference: "DARS-NIC-110660-G9W6M-v2.2", Stem: "NIC-110660-G9W6M", Version: "v2.2", Dataset: "acute",
		TypeOfData: terms.Pseudonymised, Sensitivity: terms.Sensitive, Power: terms.S261_1_2bii, Routes: []terms.Route{terms.RouteSection251, terms.RouteNone},
		OptOut: terms.OptOutNotIdentifiable, Frequency: terms.OneOff,
		Files: []register.File{{Reference: "F1", SHA256: strings.Repeat("cd", 32)}},
	}
	e.With(register.OrganisationName, "NHS Stockport CCG")
	e.With(register.Title, "")
	e.With(register.Objective, "Line one\nline “two” ")
	for i := range e.Texts {
		e.Texts[i].Salt = bytes.Repeat([]byte{byte(i + 1)}, proof.SaltSize)
	}
	return e
}

// The form of a leaf is for ever: this text may gain members, never change.
func TestLeafGolden(t *testing.T) {
	leaf, err := sampleEntry().Leaf()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/leaf.json", string(leaf)+"\n")
	for _, name := range []string{"Stockport", "Line one"} {
		if bytes.Contains(leaf, []byte(name)) {
			t.Errorf("the leaf holds the text %q", name)
		}
	}
}

func public(t testing.TB, e register.Entry) []byte {
	t.Helper()
	out, err := e.Public()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What readers get is what was logged, and anything else is found.
func TestPublicEntryStandsAgainstItsLeaf(t *testing.T) {
	e := sampleEntry()
	leaf, err := e.Leaf()
	if err != nil {
		t.Fatal(err)
	}
	check := proof.CheckEntry(6, leaf, public(t, e))
	if len(check.Reasons) > 0 || check.Checked != 2 {
		t.Fatalf("%+v", check)
	}
	erased := e
	erased.Texts = slices.Clone(e.Texts)
	erased.Texts[0] = register.Text{Field: register.OrganisationName, Erased: true}
	check = proof.CheckEntry(6, leaf, public(t, erased))
	if len(check.Reasons) > 0 || check.Checked != 1 || !slices.Equal(check.Erased, []string{"organisation"}) {
		t.Errorf("after an erasure: %+v", check)
	}
	for what, change := range map[string]func(*register.Entry){
		"kind":      func(e *register.Entry) { e.Kind = register.Agreement },
		"moment":    func(e *register.Entry) { e.RecordedAt = e.RecordedAt.Add(time.Microsecond) },
		"late":      func(e *register.Entry) { e.Late = true },
		"event":     func(e *register.Entry) { e.EventTo = terms.NewDate(2021, 3, 1) },
		"edition":   func(e *register.Entry) { e.Edition = "" },
		"source":    func(e *register.Entry) { e.SourceID = "DSfC0002" },
		"reference": func(e *register.Entry) { e.Reference = "DARS-NIC-110660-G9W6M-v2.3" },
		"stem":      func(e *register.Entry) { e.Stem = "NIC-110660-G9W6N" },
		"version":   func(e *register.Entry) { e.Version = "v2.3" },
		"dataset":   func(e *register.Entry) { e.Dataset = "other" },
		"type":      func(e *register.Entry) { e.TypeOfData = terms.Identifiable },
		"sensitive": func(e *register.Entry) { e.Sensitivity = terms.NonSensitive },
		"power":     func(e *register.Entry) { e.Power = terms.S261_7 },
		"routes":    func(e *register.Entry) { e.Routes = e.Routes[:1] },
		"opt-out":   func(e *register.Entry) { e.OptOut = terms.OptOutApplied },
		"frequency": func(e *register.Entry) { e.Frequency = terms.Ongoing },
		"band":      func(e *register.Entry) { e.RowsBand = "none" },
		"files":     func(e *register.Entry) { e.Files = nil },
		"text":      func(e *register.Entry) { e.Texts[1].Text = "Line one" },
		"salt":      func(e *register.Entry) { e.Texts[1].Salt = e.Texts[0].Salt },
		"new text":  func(e *register.Entry) { e.Texts = append(e.Texts, register.Text{Field: "x", Text: "x"}) },
		"no text":   func(e *register.Entry) { e.Texts = e.Texts[:1] },
	} {
		changed := sampleEntry()
		change(&changed)
		if check := proof.CheckEntry(6, leaf, public(t, changed)); len(check.Reasons) == 0 {
			t.Errorf("a changed %s was not found", what)
		}
	}
}

func TestCommitted(t *testing.T) {
	leaf, err := sampleEntry().Leaf()
	if err != nil {
		t.Fatal(err)
	}
	fields, err := register.Committed(leaf)
	if err != nil || !slices.Equal(fields, []register.Field{register.Objective, register.OrganisationName}) {
		t.Errorf("%q, error %v", fields, err)
	}
	if _, err := register.Committed([]byte("{")); err == nil {
		t.Error("a broken leaf was read")
	}
}

func TestWhatIsNoEntryMakesNoLeaf(t *testing.T) {
	for what, change := range map[string]func(*register.Entry){
		"no number":            func(e *register.Entry) { e.Number = 0 },
		"no kind":              func(e *register.Entry) { e.Kind = "note" },
		"no moment":            func(e *register.Entry) { e.RecordedAt = time.Time{} },
		"release about one":    func(e *register.Entry) { e.About = 3 },
		"withdrawal of none":   func(e *register.Entry) { e.Kind = register.Withdrawal },
		"correction of itself": func(e *register.Entry) { e.Kind, e.About = register.Correction, 7 },
		"short salt":           func(e *register.Entry) { e.Texts[0].Salt = []byte{1} },
		"erased":               func(e *register.Entry) { e.Texts[0].Erased = true },
		"text twice":           func(e *register.Entry) { e.Texts = append(e.Texts, e.Texts[0]) },
		"correction of none":   func(e *register.Entry) { e.Kind, e.About = register.Correction, 6 },
		"erasure of nothing":   func(e *register.Entry) { e.Kind, e.About = register.Tombstone, 6 },
		"succession of none":   func(e *register.Entry) { e.Kind = register.Succession },
		"too large":            func(e *register.Entry) { e.SourceID = strings.Repeat("x", register.MaxLeaf) },
	} {
		e := sampleEntry()
		change(&e)
		if leaf, err := e.Leaf(); err == nil {
			t.Errorf("%s: made the leaf %s", what, leaf)
		}
	}
	fine := sampleEntry()
	fine.Kind, fine.About, fine.Corrects = register.Correction, 6, register.Release
	if _, err := fine.Leaf(); err != nil {
		t.Error(err)
	}
}

// Whatever a register may say, the leaf stays small: texts of any length are
// 64 characters there.
func TestLeavesStaySmallAndCanonical(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := sampleEntry()
		e.Texts = nil
		for _, field := range []register.Field{register.OrganisationName, register.Objective, register.AsPublished} {
			e.Texts = append(e.Texts, register.Text{Field: field, Text: strings.Repeat(rapid.String().Draw(rt, "text"), 1000),
				Salt: rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(rt, "salt")})
		}
		first, err := e.Leaf()
		if err != nil {
			rt.Fatal(err)
		}
		slices.Reverse(e.Texts)
		second, err := e.Leaf()
		if err != nil || !bytes.Equal(first, second) {
			rt.Fatalf("the order of texts changed the leaf: %v", err)
		}
		if len(first) > 2000 || !json.Valid(first) {
			rt.Fatalf("a leaf of %d bytes", len(first))
		}
	})
}
