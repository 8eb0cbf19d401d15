package public

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"data.release/registrar/release"
	"data.release/registrar/release/ledger/proof"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
	"data.release/registrar/web/page/pagetest"
)

func TestEveryPageFitsItsView(t *testing.T) { pagetest.Check(t) }

// made is a release of ours, as no imported edition has one.
func made(texts ...register.Text) register.Entry {
	e := register.Entry{
		Number: 12, Kind: register.Release, RecordedAt: time.Date(2026, 7, 1, 23, 30, 0, 0, time.UTC),
		EventFrom: terms.NewDate(2026, 7, 1), EventTo: terms.NewDate(2026, 7, 1), Late: true,
		Reference: "DARS-NIC-12345-ABCDE-v1.0", Stem: "NIC-12345-ABCDE", Version: "v1.0", Dataset: "hes-apc",
		TypeOfData: terms.Pseudonymised, Sensitivity: terms.NonSensitive, Power: terms.S261_1_2bii,
		Routes: []terms.Route{terms.RouteNone}, OptOut: terms.OptOutNotIdentifiable, Frequency: terms.OneOff,
		RowsBand: "1,000 to 9,999", Files: []register.File{{Reference: "R-1", SHA256: strings.Repeat("ab", 32)}},
		Texts: texts,
	}
	for i := range e.Texts {
		e.Texts[i].Salt = bytes.Repeat([]byte{byte(i + 1)}, proof.SaltSize)
	}
	return e
}

func shown(t *testing.T, p *release.PublishedEntry) string {
	t.Helper()
	view := entryView(p)
	pages := page.New(page.Config{Service: "Registrar", Asset: func(name string) string { return "/" + name }, Log: slog.New(slog.DiscardHandler)})
	recorder := httptest.NewRecorder()
	if err := entryPage.Render(pages, recorder, httptest.NewRequest(http.MethodGet, "/register/12", nil), page.Page{Title: "x"}, view); err != nil {
		t.Fatal(err)
	}
	return recorder.Body.String()
}

func mustShow(t *testing.T, html string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(html, part) {
			t.Errorf("%q is not on the page", part)
		}
	}
}

func TestAReleaseMadeHereHasNoCellsAndItsFiles(t *testing.T) {
	html := shown(t, &release.PublishedEntry{Entry: made(
		register.Text{Field: register.OrganisationName, Text: "Example <Trust>"}, register.Text{Field: register.OrganisationID, Text: "example-trust"},
		register.Text{Field: register.DatasetName, Text: "HES Admitted Patient Care"})})
	mustShow(t, html, "Example &lt;Trust&gt;", `href="/organisations/example-trust"`, `href="/datasets/hes-apc"`, `href="/agreements/NIC-12345-ABCDE"`,
		"1,000 to 9,999", strings.Repeat("ab", 32), "Entered late", "It was found later, and recorded here on 2 July 2026.", "None: the entry was made here",
		"2 July 2026, 12:30am", // half past eleven in UTC is the next day in London's summer
		"1 July 2026", "Pseudonymised, record-level data")
	if strings.Contains(html, "As published") {
		t.Error("cells beside an entry that was imported from nowhere")
	}
}

func TestWhatLaterEntriesSayStandsOnTheEarlierOne(t *testing.T) {
	later := func(number int64, kind register.Kind, reason string) register.Entry {
		return register.Entry{Number: number, Kind: kind, About: 12, Texts: []register.Text{{Field: register.Reason, Text: reason}}}
	}
	html := shown(t, &release.PublishedEntry{Entry: made(), Later: []register.Entry{
		later(13, register.Correction, "the type was wrong"), later(14, register.Withdrawal, "it never left"), later(15, register.Tombstone, "Article 17"),
	}})
	mustShow(t, html, "This entry was corrected later", `href="/register/13"`, "the type was wrong",
		"This entry was withdrawn later", `href="/register/14"`, "it never left", "A text of this entry was erased later", `href="/register/15"`, "Article 17")
}

func TestACorrectionLeadsToWhatItIsAbout(t *testing.T) {
	e := made(register.Text{Field: register.Reason, Text: "the type was wrong"})
	e.Kind, e.About, e.Corrects = register.Correction, 3, register.Release
	html := shown(t, &release.PublishedEntry{Entry: e})
	mustShow(t, html, "Correction of entry 3", `href="/register/3"`, "the type was wrong", "That entry stays as it is")
}

// What is not there is said in the word for why.
// A correction says nothing of a text that was erased from what it corrects, which
// is not that it was not recorded.
func TestACorrectionOfWhatWasErased(t *testing.T) {
	about := made(register.Text{Field: register.OrganisationName, Erased: true}, register.Text{Field: register.DatasetName, Text: "HES"})
	e := made(register.Text{Field: register.DatasetName, Text: "HES"}, register.Text{Field: register.Reason, Text: "misread"})
	e.Number, e.Kind, e.Corrects, e.About, e.Late = 20, register.Correction, register.Release, 12, false
	mustShow(t, shown(t, &release.PublishedEntry{Entry: e, Corrected: &about, About: &about}), "Erased by law")
}

func TestAbsenceHasItsOwnWords(t *testing.T) {
	e := made()
	e.Kind = register.Agreement
	e.Texts = []register.Text{
		{Field: register.Objective, Text: "To plan care."}, // salted below
		{Field: register.OrganisationName, Text: "A"},
	}
	for i := range e.Texts {
		e.Texts[i].Salt = bytes.Repeat([]byte{1}, proof.SaltSize)
	}
	list := purposes(e, "")
	if list[0].Text != "To plan care." || list[1].Absent != "Not recorded" {
		t.Errorf("purposes: %+v", list)
	}
	e.Texts = append(e.Texts, register.Text{Field: register.Processing, Erased: true})
	if got := purposes(e, "")[1].Absent; got != "Erased by law" {
		t.Errorf("an erased text is %q", got)
	}
	if got := row(e); got.Type.Label != "Not applicable" || got.OptOut.Label != "Not applicable" {
		t.Errorf("an agreement as a whole has a type of data: %+v", got)
	}
	if got := row(register.Entry{Kind: register.Release, TypeOfData: terms.TypeNotRecorded, OptOut: terms.OptOutNotRecorded}); got.Type.Label != "Not recorded" || got.OptOut.Label != "Not recorded" || got.When.Label != "Not recorded" {
		t.Errorf("a release of which nothing is recorded: %+v", got)
	}
	if got := routes(nil); got[0].Label != "Not recorded" {
		t.Errorf("no route: %+v", got)
	}
	if got := routes([]terms.Route{terms.RouteNone}); got[0].Label != "No confidential flow" {
		t.Errorf("the route none: %+v", got)
	}
}

func TestACellThatASpreadsheetCutSaysSo(t *testing.T) {
	e := made(register.Text{Field: register.Objective, Text: strings.Repeat("x", cellLimit)})
	e.Kind = register.Agreement
	if got := purposes(e, "")[0].Note; !strings.Contains(got, "32,767") {
		t.Errorf("note %q", got)
	}
	e.Texts[0].Text = strings.Repeat("x", cellLimit-1)
	if got := purposes(e, "")[0].Note; got != "" {
		t.Errorf("a shorter cell has the note %q", got)
	}
}

// Whatever cells a row had, each is shown, also of columns that nothing is
// read from.
func TestNoCellIsLeftOut(t *testing.T) {
	e := made()
	e.Edition = strings.Repeat("cd", 32)
	e.Texts = []register.Text{{Field: register.AsPublished, Salt: bytes.Repeat([]byte{9}, proof.SaltSize), Text: `{"mr_number":"MR-77","purpose":"","source_id":"FILE0000001","legal_basis":"Some Act "}`}}
	var seen []string
	for _, f := range fields(&release.PublishedEntry{Entry: e}) {
		for _, c := range f.Cells {
			seen = append(seen, c.Column+"="+c.Text)
		}
	}
	for _, want := range []string{"MR number=MR-77", "Purpose=", "Legal basis=Some Act "} {
		if !strings.Contains(strings.Join(seen, "\n"), want) {
			t.Errorf("%q is not among %q", want, seen)
		}
	}
}

// A column that the layout lacks, an empty cell, and one that is not at hand are
// three things.
func TestWhyACellHasNoText(t *testing.T) {
	e := made(register.Text{Field: register.AsPublished, Text: `{"type_of_data":"Identifiable","legal_basis":""}`}, register.Text{Field: register.OrganisationName, Erased: true})
	e.Edition = strings.Repeat("cd", 32)
	p := &release.PublishedEntry{Entry: e, Source: &release.SourceRow{
		Columns: map[register.Cell]int{register.CellOrganisation: 1, register.CellType: 2, register.CellBasis: 3, register.CellCommonLaw: 4, register.CellDataset: 5, register.CellReason: 6},
		Cells:   []string{"", "Identifiable", "", "", "", "Omitted."}, Gone: map[int]release.Gone{0: release.GoneErased, 4: release.GoneWithheld},
	}}
	say := func() map[string]string {
		out := map[string]string{}
		for _, f := range fields(p) {
			for _, c := range f.Cells {
				if out[f.Name] = c.Text + c.Gone; c.Empty {
					out[f.Name] = "empty"
				}
			}
		}
		return out
	}
	got := say()
	for name, want := range map[string]string{"Organisation": erased, "Type of data": "Identifiable", "Legal power": "empty", "Confidentiality route": "empty", "Dataset": withheld, "Opt-outs applied": ""} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	mustShow(t, shown(t, p), "no such column", "empty cell", erased, withheld)
	e.Texts[0] = register.Text{Field: register.AsPublished, Erased: true}
	got = say()
	for _, name := range []string{"Type of data", "Legal power", "Confidentiality route"} {
		if got[name] != erased {
			t.Errorf("%s of a row whose cells were erased: %q", name, got[name])
		}
	}
}

// A name that is not at hand leaves whole sentences.
func TestNamesThatAreNotAtHandWithinSentences(t *testing.T) {
	e := made(register.Text{Field: register.OrganisationName, Erased: true}, register.Text{Field: register.DatasetName, Withheld: true})
	html := shown(t, &release.PublishedEntry{Entry: e})
	mustShow(t, html, "A dataset whose name is withheld to an organisation whose name was erased by law", "Data that an organisation whose name was erased by law received")
	e = made()
	mustShow(t, shown(t, &release.PublishedEntry{Entry: e}), "hes-apc to an organisation that is not recorded")
}

// Lists cut what a name holds, its page has it whole; a number stands for a name
// that is withheld, and says so.
func TestLongAndWithheldNamesInLists(t *testing.T) {
	long := strings.Repeat("ä", 100_000)
	e := made(register.Text{Field: register.DatasetName, Text: long}, register.Text{Field: register.OrganisationName, Text: long}, register.Text{Field: register.OrganisationID, Text: "somebody"})
	want := strings.Repeat("ä", mostName) + "…"
	if got := row(e); got.Dataset.Text != want || got.Organisation.Text != want {
		t.Errorf("a list has names of %d and %d bytes", len(got.Organisation.Text), len(got.Dataset.Text))
	}
	mustShow(t, shown(t, &release.PublishedEntry{Entry: e}), long)
	for name, want := range map[string]string{"withheld-8db4c06b-8660": "Withheld name 8db4c06b-8660", " Withheld Trust ": "Withheld Trust", "withheld-things": "withheld-things"} {
		if got := called(name); got != want {
			t.Errorf("%q is called %q", name, got)
		}
	}
	mustShow(t, drawn(t, organisationPage, organisationView(&release.PublishedOrganisation{ID: "withheld-8db4c06b-8660", Name: "withheld-8db4c06b-8660"}, 1, 1)),
		"Withheld name 8db4c06b-8660", "Its name is", "/glossary#word-withheld")
}

// A route that the legal basis alone names is told beside the one that counts.
func TestARouteThatTheLegalBasisNames(t *testing.T) {
	e := made(register.Text{Field: register.AsPublished, Text: `{"legal_basis":"CV19: Regulation 3 (4) of the Health Service (Control of Patient Information) Regulations 2002"}`})
	e.Routes = []terms.Route{terms.RouteStatutory}
	if got := routesRead(e); len(got) != 1 || got[0].Label != "Statutory exemption" || !strings.Contains(got[0].Note, "names another: COPI Regulations 2002, regulation 3") {
		t.Errorf("%+v", got)
	}
	e.Routes = []terms.Route{terms.RouteCOPI3}
	if got := routesRead(e); got[0].Note != "" {
		t.Errorf("%+v", got)
	}
}

// A day that a row gives is not said to be missing.
func TestWhereTheDayComesFrom(t *testing.T) {
	e := made(register.Text{Field: register.AsPublished, Text: `{"released":"01/09/2020"}`})
	e.Edition, e.Late = strings.Repeat("cd", 32), false
	dated := &release.PublishedEntry{Entry: e, Source: &release.SourceRow{Columns: map[register.Cell]int{register.CellReleased: 1}, Cells: []string{"01/09/2020"}}}
	mustNotShow(t, shown(t, dated), "no date")
	e.Texts = nil
	mustShow(t, shown(t, &release.PublishedEntry{Entry: e, Source: &release.SourceRow{Columns: map[register.Cell]int{register.CellReleased: 1}, Cells: []string{""}}}), "The row gives no date")
	mustShow(t, shown(t, &release.PublishedEntry{Entry: e, Source: &release.SourceRow{}}), "The edition gives no date for each row")
}

func TestSpan(t *testing.T) {
	d := terms.NewDate
	for want, dates := range map[string][2]terms.Date{
		"Not recorded":                             {},
		"1 July 2026":                              {d(2026, 7, 1), d(2026, 7, 1)},
		"February 2021":                            {d(2021, 2, 1), d(2021, 2, 28)},
		"February 2020":                            {d(2020, 2, 1), d(2020, 2, 29)},
		"September 2017 to November 2017":          {d(2017, 9, 1), d(2017, 11, 30)},
		"1 February 2021 to 27 February 2021":      {d(2021, 2, 1), d(2021, 2, 27)},
		"from 3 May 2021, end not recorded":        {d(2021, 5, 3), {}},
		"until 3 May 2021, beginning not recorded": {{}, d(2021, 5, 3)},
	} {
		if got := span(dates[0], dates[1]); got != want {
			t.Errorf("%v: %q, want %q", dates, got, want)
		}
	}
}

// Pages whose flags are not known yet say so, and that they come.
func TestFlagsThatAreBeingComputedAreToldOf(t *testing.T) {
	pages := page.New(page.Config{Service: "Registrar", Asset: func(name string) string { return "/" + name }, Log: slog.New(slog.DiscardHandler)})
	for name, render := range map[string]func(http.ResponseWriter, *http.Request) error{
		"an entry": func(w http.ResponseWriter, r *http.Request) error {
			return entryPage.Render(pages, w, r, page.Page{Title: "x"}, EntryView{Computing: true})
		},
		"an agreement": func(w http.ResponseWriter, r *http.Request) error {
			return agreementPage.Render(pages, w, r, page.Page{Title: "x"}, AgreementView{Flags: FlagLines{Computing: true}})
		},
	} {
		recorder := httptest.NewRecorder()
		if err := render(recorder, httptest.NewRequest(http.MethodGet, "/", nil)); err != nil {
			t.Fatal(err)
		}
		if body := recorder.Body.String(); strings.Count(body, `id="flags"`) != 1 || !strings.Contains(body, "its flags are being computed anew") {
			t.Errorf("%s says nothing of its flags", name)
		}
	}
}
