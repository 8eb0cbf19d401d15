package public

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"data.release/registrar/release"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/family"
	"data.release/registrar/release/register/summary"
	"data.release/registrar/release/terms"
	"data.release/registrar/web/page"
)

// drawn is a page as a reader gets it.
func drawn[View any](t *testing.T, template page.Template[View], view View) string {
	t.Helper()
	pages := page.New(page.Config{Service: "Registrar", Asset: func(name string) string { return "/" + name }, Log: slog.New(slog.DiscardHandler)})
	recorder := httptest.NewRecorder()
	if err := template.Render(pages, recorder, httptest.NewRequest(http.MethodGet, "/", nil), page.Page{Title: "x"}, view); err != nil {
		t.Fatal(err)
	}
	return recorder.Body.String()
}

func mustNotShow(t *testing.T, html string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(html, part) {
			t.Errorf("%q is on the page", part)
		}
	}
}

// saying is an entry with texts, made up for these tests.
func saying(e register.Entry, texts ...string) register.Entry {
	for i := 0; i+1 < len(texts); i += 2 {
		e.Texts = append(e.Texts, register.Text{Field: register.Field(texts[i]), Text: texts[i+1]})
	}
	return e
}

func statementOf(version string) register.Entry {
	return saying(register.Entry{
		Number: 7, Kind: register.Agreement, Stem: "NIC-00001-AAAAA", Reference: "DARS-NIC-00001-AAAAA-" + version, Version: version,
		Starts: terms.NewDate(2025, 1, 1), Ends: terms.NewDate(2025, 12, 31), Controllership: terms.JointControllers,
		Commercial: terms.Yes, SubLicensing: terms.No,
		Lines:   []register.Line{{Dataset: "hes-apc", TypeOfData: terms.Pseudonymised, Power: terms.S261_1_2bii, Routes: []terms.Route{terms.RouteSection251}, OptOut: terms.OptOutNotIdentifiable, Frequency: terms.Ongoing, Channel: terms.ChannelFile, Article6: []string{"6(1)(e)"}}},
		Support: []register.Support{{Route: terms.RouteSection251, Reference: "CAG 7-07(a)/2013", Ends: "2027-09-30"}},
	}, "organisation", "University of Somewhere", "organisation_id", "university-of-somewhere", "controllers", "University of Somewhere; Some NHS Trust",
		"title", "Hearts", "objective", "To study hearts.", "dataset_names", `{"hes-apc":"Hospital Episode Statistics Admitted Patient Care"}`,
		"parties", `[{"name":"Some NHS Trust","organisation":"some-nhs-trust","role":"controller","places":[{"use":"storage","territory":"uk"}]}]`,
		"flows", `[{"number":1,"state":"current","from":"Holder","from_node":"discloser","to":"University","to_node":"recipient","description":"yearly file","type":"pseudonymised","identifiers_as":"none","route":"section_251"}]`)
}

func TestAnAgreementSaysAllThatItsEntriesSay(t *testing.T) {
	old := saying(register.Entry{Number: 3, Kind: register.Agreement, Reference: "DARS-NIC-00001-AAAAA-v1.10", Version: "v1.10"}, "objective", "To begin.")
	agreement := &release.PublishedAgreement{
		Stem: "NIC-00001-AAAAA", Releases: 2, Ended: 1,
		Versions: []release.PublishedVersion{
			{Reference: old.Reference, Version: "v1.10", Statements: []register.Entry{old}},
			{Reference: "DARS-NIC-00001-AAAAA-v2.0", Version: "v2.0", Statements: []register.Entry{statementOf("v2.0")}, Releases: 2},
		},
		Organisations: []release.PublishedName{{ID: "university-of-somewhere", Name: "University of Somewhere"}},
		Lines:         []release.PublishedLine{{Line: summary.Line{Stem: "NIC-00001-AAAAA", Dataset: "hes-apc", Codes: summary.Codes{TypeOfData: terms.Pseudonymised, OptOut: terms.OptOutNotIdentifiable, Routes: "section_251"}, Releases: 2, From: terms.NewDate(2025, 2, 1), To: terms.NewDate(2025, 3, 31)}, DatasetName: "HES APC"}},
		Months:        []release.PublishedMonths{{Dataset: "hes-apc", DatasetName: "HES APC", Months: []summary.Month{{From: terms.NewDate(2025, 2, 1), To: terms.NewDate(2025, 2, 28), Releases: 2}}}},
		Notes:         []register.Entry{saying(register.Entry{Number: 9, Kind: register.Withdrawal, About: 8}, "reason", "it never left")},
		About:         map[int64]register.Entry{8: {Number: 8, Kind: register.Release}},
	}
	view := agreementView(agreement, nil, terms.NewDate(2026, 11, 25))
	html := drawn(t, agreementPage, view)
	mustShow(t, html, "University of Somewhere", "Some NHS Trust", "joint data controllers", "1 January 2025 to 31 December 2025",
		"The term of version 2.0 ended on 31 December 2025", "No certificate is recorded", "CAG 7-07(a)/2013", "30 September 2027",
		"Hospital Episode Statistics Admitted Patient Care", "UK GDPR: Article 6(1)(e)", "storage: United Kingdom", "<svg", "yearly file",
		`href="/agreements/NIC-00001-AAAAA/diff/1.10/2.0"`, "renewed, amended or extended", "To study hearts.", "To begin.",
		"2 releases are", "1 more release", "it never left", `href="/register/9"`, "February 2025 to March 2025")
	mustNotShow(t, html, "under more than one name", "unlawful", "unsafe")
	if view.History[0].Version != "2.0" || view.History[1].Version != "1.10" {
		t.Errorf("%+v", view.History)
	}
}

// A state that all flows of a signed version share tells nothing.
func TestStatesOfFlowsAreToldWhereTheyDiffer(t *testing.T) {
	saying := func(first, second, why string) *FlowView {
		e := statementOf("v2.0")
		for i, text := range e.Texts {
			if text.Field == register.Flows {
				e.Texts[i].Text = `[{"number":1,"state":"` + first + `","from":"Holder","to":"University","description":"yearly file"},{"number":2,"state":"` + second + `","why":"` + why + `","from":"University","to":"Anyone","description":"tables"}]`
			}
		}
		return flows(e)
	}
	for _, c := range []struct {
		first, second, why string
		told               bool
	}{{"proposed", "proposed", "", false}, {"current", "current", "", false}, {"current", "proposed", "", true}, {"proposed", "proposed", "When the paper is out", true}, {"stopped", "stopped", "", true}} {
		got := saying(c.first, c.second, c.why)
		all := strings.Join(got.Told, " ") + string(got.Picture)
		if told := strings.Contains(all, "Proposed") || strings.Contains(all, "Current") || strings.Contains(all, "Stopped"); told != c.told || got.States != c.told {
			t.Errorf("%s and %s %s: %v, %s", c.first, c.second, c.why, got.States, got.Told)
		}
	}
}

// Numbers of versions are numbers.
func TestHowAVersionFollows(t *testing.T) {
	for _, c := range [][3]string{{"", "0.1", "the first that is recorded"}, {"1.2", "1.10", "a later draft or approval of the same version"}, {"9.1", "10.0", "renewed, amended or extended"}} {
		if got := follows(c[0], c[1]); got != c[2] {
			t.Errorf("%s to %s: %s", c[0], c[1], got)
		}
	}
}

// What seeds/004 printed wrongly stands here under its own label, once, and
// with a word for what is not recorded.
func TestAnOrganisationHasNoneOfTheKnownDefects(t *testing.T) {
	codes := summary.Codes{TypeOfData: terms.Pseudonymised, Sensitivity: terms.Sensitive, Power: terms.HSCA2012, Routes: "none", OptOut: terms.OptOutConsent, Frequency: terms.Ongoing}
	line := func(dataset string, from, to terms.Date) release.PublishedLine {
		return release.PublishedLine{Line: summary.Line{Stem: "NIC-69431-K1K8R", Dataset: dataset, Codes: codes, Releases: 17, From: from, To: to}, DatasetName: strings.ToUpper(dataset)}
	}
	lines := []release.PublishedLine{line("sus", terms.NewDate(2017, 5, 1), terms.NewDate(2017, 5, 31)), line("mhmds", terms.NewDate(2017, 6, 1), terms.NewDate(2017, 6, 30))}
	statement := saying(register.Entry{Number: 4, Kind: register.Agreement, Stem: "NIC-69431-K1K8R", Reference: "NIC-69431-K1K8R", Commercial: terms.AnswerNotRecorded}, "objective", "Direct commissioning.")
	view := organisationView(&release.PublishedOrganisation{
		ID: "nhs-england", Name: "NHS England", Releases: 34, All: 1, Lines: lines,
		Spellings:  []release.Spelling{{ID: "nhs-england", Name: "NHS England", Entries: 30}, {ID: "nhs-england", Name: "NHS  ENGLAND", Entries: 5}, {ID: "nhs-commissioning-board", Name: "NHS Commissioning Board", Entries: 2}},
		Joined:     []register.Entry{saying(register.Entry{Number: 40, Kind: register.Succession, Relation: terms.RenamedTo, EventFrom: terms.NewDate(2013, 4, 1)}, "organisation", "NHS Commissioning Board", "organisation_id", "nhs-commissioning-board", "successor", "NHS England", "successor_id", "nhs-england")},
		Before:     []register.Entry{saying(register.Entry{Number: 41, Kind: register.Succession, Relation: terms.TransferredTo, EventFrom: terms.NewDate(2023, 2, 1)}, "organisation", "NHS Digital", "organisation_id", "nhs-digital", "successor", "NHS England", "successor_id", "nhs-england", "reason", "SI 2023/98")},
		Agreements: []release.PublishedProject{{Stem: "NIC-69431-K1K8R", Statement: &statement, Releases: 34, From: terms.NewDate(2017, 5, 1), To: terms.NewDate(2017, 6, 30), Lines: lines}},
		Stems:      []string{"NIC-69431-K1K8R"},
	}, 1, 1)
	if len(view.Names) != 2 || view.Names[0].Entries != 35 {
		t.Errorf("names %+v", view.Names)
	}
	if len(view.Projects[0].Terms) != 1 || len(view.Projects[0].Terms[0].Datasets) != 2 || view.Projects[0].Terms[0].Count != 34 {
		t.Errorf("what is the same of both datasets is not said once: %+v", view.Projects[0].Terms)
	}
	html := drawn(t, organisationPage, view)
	mustShow(t, html, "NHS Commissioning Board", "1 April 2013", `href="/organisations/nhs-digital"`, "1 February 2023", "SI 2023/98", "Transferred by statute",
		"May 2017 to June 2017", "consent of the participants", "Anonymised - ICO code compliant", "pseudonymised, record level", "Direct commissioning.", "Not recorded", "For a commercial purpose")
	mustNotShow(t, html, "not disclosed for TRE", "unsafely", "()", "June 2017 to May 2017", "studYes")
}

// A text that is not there is said to be withheld, or erased with its day and
// tombstone.
func TestTextsThatAreNotShown(t *testing.T) {
	e := made()
	e.Texts = []register.Text{{Field: register.Objective, Withheld: true}, {Field: register.Title, Erased: true}}
	stone := saying(register.Entry{Number: 20, Kind: register.Tombstone, About: 12, RecordedAt: e.RecordedAt, Fields: []register.Field{register.Title}}, "reason", "Article 17")
	got := gaps(&release.PublishedEntry{Entry: e, Later: []register.Entry{stone}})
	if len(got) != 2 || !strings.Contains(got[0].Words, "Withheld since 2 July 2026") || got[0].Link != nil {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(got[1].Words, "Erased on 2 July 2026") || !strings.Contains(got[1].Words, "Article 17") || got[1].Link == nil || got[1].Link.Href != "/register/20" {
		t.Errorf("%+v", got[1])
	}
}

// A correction of a name alone shows the name; two readings of a row that are
// typed otherwise do not.
func TestACorrectionOfANameShowsIt(t *testing.T) {
	before := saying(made(), "organisation", "Somebody", "organisation_id", "somebody", "dataset", "Mental Health Services Data Set")
	after := saying(made(), "organisation", "Somebody", "organisation_id", "somebody", "dataset", "Mental Health Services Data Sets")
	before.Number, after.Kind, after.Corrects, after.About, after.Number = 3, register.Correction, register.Release, 3, 12
	got := compared(&release.PublishedEntry{Entry: after, Corrected: &before})
	if len(got) != 1 || len(got[0].Rows) != 1 || got[0].Cosmetic != 0 || got[0].Rows[0].After != "Mental Health Services Data Sets" || !strings.Contains(got[0].Rows[0].Note, "name alone") {
		t.Errorf("%+v", got)
	}
	after.Kind, after.Corrects, after.About = register.Release, "", 0
	if got := compared(&release.PublishedEntry{Entry: before, Next: &after}); len(got) != 1 || len(got[0].Rows) != 0 || got[0].Cosmetic != 1 {
		t.Errorf("%+v", got)
	}
}

// A name that was erased is not one that was never recorded.
func TestAComparisonTellsAnErasedName(t *testing.T) {
	before, after := saying(made(), "organisation_id", "somebody"), saying(made(), "organisation", "Somebody", "organisation_id", "somebody")
	before.Texts = append(before.Texts, register.Text{Field: register.OrganisationName, Erased: true})
	before.Number, after.Kind, after.Corrects, after.About = 3, register.Correction, register.Release, 3
	rows := compared(&release.PublishedEntry{Entry: after, Corrected: &before})[0].Rows
	if len(rows) != 1 || !rows[0].BeforeGone || rows[0].AfterGone || rows[0].After != "Somebody" {
		t.Errorf("%+v", rows)
	}
	mustShow(t, shown(t, &release.PublishedEntry{Entry: after, Corrected: &before}), ">withheld or erased<")
}

func TestWhyAnEntryStandsOrNot(t *testing.T) {
	e := made()
	for want, by := range map[string]*register.Entry{
		"No later entry": nil, "withdrew it": {Number: 20, Kind: register.Withdrawal}, "anew": {Number: 20, Kind: register.Correction},
		"later edition’s reading": {Number: 20, Kind: register.Release}, "never stood": {Number: 12, Kind: register.Release},
	} {
		got := standingOf(&release.PublishedEntry{Entry: e, EndedBy: by})
		if len(got) != 1 || !strings.Contains(got[0].Note, want) || (got[0].Label == "Yes") != (by == nil) {
			t.Errorf("%s: %+v", want, got)
		}
	}
}

// Of several corrections the newest stands, whichever came first.
func TestTheCorrectionThatStandsIsNamed(t *testing.T) {
	got := standingOf(&release.PublishedEntry{Entry: made(), EndedBy: &register.Entry{Number: 20, Kind: register.Correction}, Correction: &register.Entry{Number: 24, Kind: register.Correction}})
	if len(got) != 1 || got[0].Href != "/register/24" || got[0].Note != "Entry 24 corrects it and stands in its place." {
		t.Errorf("%+v", got)
	}
}

func TestRecordQuestion(t *testing.T) {
	good, err := parseRecordQuestion(url.Values{"family": {"deaths", "mental-health", ""}, "from": {"2010"}, "to": {""}, "place": {" Stockport "}}, 2026)
	if err != nil || len(good.families) != 2 || good.from != 2010 || good.to != 0 || good.place != "Stockport" || good.page != 1 {
		t.Errorf("%+v, %v", good, err)
	}
	_, query, _ := strings.Cut(good.href("/my-record"), "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := parseRecordQuestion(values, 2026); err != nil || again.href("/") != good.href("/") {
		t.Errorf("%+v, %v", again, err)
	}
	for name, value := range map[string]string{"family": "nothing", "from": "1066", "to": "2027", "place": strings.Repeat("a", mostPlace+1), "only": "me", "page": "0"} {
		if _, err := parseRecordQuestion(url.Values{name: {value}}, 2026); err == nil {
			t.Errorf("%s=%s was taken", name, value)
		}
	}
	if _, err := parseRecordQuestion(url.Values{"from": {"2020"}, "to": {"2010"}}, 2026); err == nil {
		t.Error("years in the wrong order were taken")
	}
	for _, holding := range release.Holdings() {
		if holdingWords[holding][0] == "" || holdingWords[holding][1] == "" {
			t.Errorf("%s has no words", holding)
		}
	}
	for _, f := range family.Families() {
		if !strings.Contains(recordQuestion{families: []string{f.ID}}.words(), f.Name[1:]) {
			t.Errorf("%s is not said", f.ID)
		}
	}
}

func TestEveryPublisherIsNamedOnce(t *testing.T) {
	editions := []release.Edition{{Publisher: "Public Health England"}, {Publisher: "NHS Digital"}, {Publisher: "NHS Digital"}, {Publisher: "Ourselves", Ours: true}, {Publisher: "A Custodian"}}
	if got := publishers(editions); got != "A Custodian, NHS Digital and Public Health England" {
		t.Errorf("%q", got)
	}
}
