package applicant

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"data.release/registrar/release"
	"data.release/registrar/release/terms"
)

// fill gives every member of a section a value.
func fill(v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[terms.Date]():
		v.Set(reflect.ValueOf(terms.NewDate(2026, 11, 25)))
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
		if e := v.Index(1); e.Kind() == reflect.String {
			e.SetString(e.String() + "2")
		}
	case v.Kind() == reflect.String:
		v.SetString("x")
		if coded, ok := v.Interface().(interface{ Values() []string }); ok {
			v.SetString(coded.Values()[0])
		}
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.Kind() == reflect.Int:
		v.SetInt(3)
	}
}

// TestFormsHoldWholeSections: what a form does not ask for would be lost when
// its step is saved.
func TestFormsHoldWholeSections(t *testing.T) {
	d := &release.Draft{}
	fill(reflect.ValueOf(&d.Application).Elem())
	for _, want := range d.Application.Sections() {
		if want.Step() == release.StepLines {
			continue
		}
		f := formOf(want.Step(), d)
		values, err := f.values(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := section(want.Step(), f, f.compact(values))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s, %v:\n%+v\nis not\n%+v", want.Step(), err, got, want)
		}
	}
	want := d.Application.Lines[0]
	for _, dictionaries := range [][]release.Dictionary{nil, {{Definition: "x", Dataset: "x", Fields: nil}}} {
		f := lineForm(want, dictionaries)
		values, err := f.values(want)
		if err != nil {
			t.Fatal(err)
		}
		var got release.LineInput
		if err := f.read(f.compact(values), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("a line, %v:\n%+v\nis not\n%+v", err, got, want)
		}
	}
}

// TestRowsThatSayNothing: a row with anything in it, be it only a choice, is
// kept, so that what it lacks is said and nothing goes unseen.
func TestRowsThatSayNothing(t *testing.T) {
	values := url.Values{
		"parties[0].organisation": {"a"}, "parties[0].places[0].use": {"both"}, "parties[0].places[1].address": {"here"},
		"parties[0].places[2].use": {""}, "parties[0].places[2].address": {" "},
		"parties[1].role":         {"controller"},
		"parties[3].role":         {""},
		"parties[2].organisation": {"gone"}, "parties[2].remove": {"yes"},
		"parties[7].organisation": {"b"}, "parties[7].holdsIdentifiers": {"one\r\ntwo"},
	}
	got := partiesForm.compact(values)
	want := url.Values{"parties[0].organisation": {"a"}, "parties[0].places[0].use": {"both"}, "parties[0].places[1].address": {"here"},
		"parties[1].role": {"controller"}, "parties[2].organisation": {"b"}, "parties[2].holdsIdentifiers": {"one\ntwo"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
}

func TestAnswersThatCannotBeRead(t *testing.T) {
	f := flowsForm(&release.Draft{})
	var s release.FlowsSection
	err := f.read(url.Values{"flows[0].from": {"a"}, "flows[0].stoppedOn": {"yesterday"}, "flows[0].number": {"-1"}, "licences[0].used": {"many"}, "flows[0].to": {"a\x00b"}, "flows[0].basis": {"\xff"}}, &s)
	for _, field := range []string{"flows[0].stoppedOn", "flows[0].number", "licences[0].used", "flows[0].to", "flows[0].basis"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%v says nothing of %s", err, field)
		}
	}
}

// FuzzForms: whatever is posted, a form is read or refused, and compacting
// twice is compacting once.
func FuzzForms(f *testing.F) {
	f.Add("parties[0].organisation=a&parties[0].places[3].address=b&parties[99999].organisation=c")
	f.Add("parties[-1].organisation=a&parties[].x=1&approvals[0].starts=2026-02-30&flows[0].lines=1&flows[0].lines=x")
	f.Fuzz(func(t *testing.T, posted string) {
		values, err := url.ParseQuery(posted)
		if err != nil {
			return
		}
		for _, st := range steps {
			form := formOf(st.Name, &release.Draft{})
			once := form.compact(values)
			if twice := form.compact(once); !reflect.DeepEqual(once, twice) {
				t.Fatalf("%s: %v and %v", st.Name, once, twice)
			}
			if read, err := section(st.Name, form, once); err == nil && read == nil {
				t.Fatal("neither read nor refused")
			}
			form.block(once, "", new(fields))
		}
	})
}

// TestLongText: text of any length goes through whole.
func TestLongText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := release.PurposeSection{Objective: strings.Repeat(rapid.StringMatching(`[a-z\n<>&"]{1,40}`).Draw(t, "text"), rapid.IntRange(1, 3000).Draw(t, "times"))}
		values, err := purposeForm.values(want)
		if err != nil {
			t.Fatal(err)
		}
		// As a browser sends it.
		values.Set("objective", strings.ReplaceAll(values.Get("objective"), "\n", "\r\n"))
		got, err := section(release.StepPurpose, purposeForm, purposeForm.compact(values))
		if err != nil || got.(release.PurposeSection).Objective != want.Objective {
			t.Fatalf("%d characters of %d, %v", len(got.(release.PurposeSection).Objective), len(want.Objective), err)
		}
	})
}
