package release_test

import (
	"errors"
	"slices"
	"testing"

	"data.release/registrar/migrations"
	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// received is a release to an organisation, made up for the test.
func received(name, dataset string, optOut terms.OptOut, on terms.Date) register.Entry {
	e := register.Entry{
		Kind: register.Release, Reference: "DARS-NIC-00001-AAAAA-v1.2", Stem: "NIC-00001-AAAAA", Version: "v1.2", Dataset: register.Slug(dataset),
		TypeOfData: terms.Identifiable, OptOut: optOut, Routes: []terms.Route{terms.RouteSection251}, EventFrom: on, EventTo: on,
	}
	return with(e, "organisation", name, "organisation_id", register.Slug(name), "dataset", dataset)
}

func follows(relation terms.Relation, from, to string, on terms.Date) register.Entry {
	e := register.Entry{Kind: register.Succession, Relation: relation, EventFrom: on, EventTo: on}
	return with(e, "organisation", from, "organisation_id", register.Slug(from), "successor", to, "successor_id", register.Slug(to), "reason", "SI 2022/634")
}

// A body has one page under all its names, whichever of its ids is asked for; a
// body that took over from it has its own, and neither counts what the other
// received.
func TestBodiesUnderAllTheirNames(t *testing.T) {
	db := migrationstest.New(t)
	s := release.New(release.Config{DB: db.As(t, migrations.Serve).DB})
	day := terms.NewDate(2022, 7, 1)
	statement := with(register.Entry{Kind: register.Agreement, Reference: "DARS-NIC-00001-AAAAA-v1.2", Stem: "NIC-00001-AAAAA", Version: "v1.2"},
		"organisation", "NHS Old CCG", "organisation_id", "nhs-old-ccg", "objective", "To plan care.")
	if err := release.New(release.Config{DB: db.DB}).Enter(t.Context(), statement,
		received("NHS Old CCG", "Mental Health Services Data Set", terms.OptOutApplied, terms.NewDate(2021, 2, 1)),
		received("NHS New CCG", "Civil Registration - Deaths", terms.OptOutConsent, terms.NewDate(2021, 3, 1)),
		received("NHS North ICB", "Mental Health Services Data Set", terms.OptOutNotIdentifiable, terms.NewDate(2023, 1, 1)),
		follows(terms.RenamedTo, "NHS Old CCG", "NHS New CCG", terms.NewDate(2021, 3, 1)),
		follows(terms.TransferredTo, "NHS New CCG", "NHS North ICB", day),
	); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"nhs-old-ccg", "nhs-new-ccg"} {
		o, err := s.PublishedOrganisation(t.Context(), 0, id, 0, 5)
		if err != nil {
			t.Fatal(err)
		}
		if o.ID != "nhs-new-ccg" || o.Name != "NHS New CCG" || o.Releases != 2 || o.Statements != 1 || o.All != 1 {
			t.Errorf("%s: %s %s with %d releases, %d statements, %d agreements", id, o.ID, o.Name, o.Releases, o.Statements, o.All)
		}
		if len(o.Joined) != 1 || len(o.Before) != 0 || len(o.After) != 1 || o.After[0].Relation != terms.TransferredTo || o.After[0].Get(register.Reason) != "SI 2022/634" {
			t.Errorf("%s: joined %d, before %d, after %+v", id, len(o.Joined), len(o.Before), o.After)
		}
		if len(o.Agreements) != 1 || o.Agreements[0].Statement == nil || o.Agreements[0].Releases != 2 || len(o.Agreements[0].Lines) != 2 {
			t.Errorf("%s: %+v", id, o.Agreements)
		}
	}
	north, err := s.PublishedOrganisation(t.Context(), 0, "nhs-north-icb", 0, 5)
	if err != nil || north.Releases != 1 || len(north.Joined) != 0 || len(north.Before) != 1 {
		t.Errorf("%+v, %v", north, err)
	}
	list, err := s.PublishedOrganisations(t.Context(), 0)
	if err != nil || len(list) != 2 || !slices.Equal(list[0].Also, []string{"NHS Old CCG"}) {
		t.Errorf("%+v, %v", list, err)
	}
	// Before the rename was entered they were two.
	if past, err := s.PublishedOrganisations(t.Context(), 4); err != nil || len(past) != 3 {
		t.Errorf("%+v, %v", past, err)
	}
	past, err := s.PublishedOrganisation(t.Context(), 4, "nhs-old-ccg", 0, 5)
	if err != nil || past.ID != "nhs-old-ccg" || past.Releases != 1 {
		t.Errorf("%+v, %v", past, err)
	}
	if _, err := s.PublishedOrganisation(t.Context(), 2, "nhs-north-icb", 0, 5); !errors.Is(err, fault.NotFound) {
		t.Errorf("an organisation that was not there yet: %v", err)
	}
	figures, err := s.PublishedFigures(t.Context(), 0)
	if want := (release.PublishedFigures{Size: 6, Entries: 6, Releases: 3, Statements: 1, Agreements: 1, Organisations: 2, Datasets: 2}); err != nil || figures != want {
		t.Errorf("%+v, %v", figures, err)
	}
}

// What is withdrawn or corrected is counted no more, and is told.
func TestWhatStandsIsCounted(t *testing.T) {
	db := migrationstest.New(t)
	s := release.New(release.Config{DB: db.As(t, migrations.Serve).DB})
	on := terms.NewDate(2026, 5, 4)
	right := received("A", "Deaths", terms.OptOutApplied, on)
	right.Kind, right.Corrects, right.About = register.Correction, register.Release, 1
	if err := release.New(release.Config{DB: db.DB}).Enter(t.Context(),
		received("A", "Deaths", terms.OptOutNotIdentifiable, on),
		received("A", "Deaths", terms.OptOutNotIdentifiable, on),
		with(right, "reason", "the answer was wrong"),
		with(register.Entry{Kind: register.Withdrawal, About: 2}, "reason", "it never left"),
	); err != nil {
		t.Fatal(err)
	}
	a, err := s.PublishedAgreement(t.Context(), 0, "NIC-00001-AAAAA")
	if err != nil || a.Releases != 1 || a.Ended != 2 || len(a.Lines) != 1 || a.Lines[0].OptOut != terms.OptOutApplied || len(a.Notes) != 2 || a.About[2].Dataset != "deaths" {
		t.Fatalf("%+v, %v", a, err)
	}
	if len(a.Months) != 1 || a.Months[0].Months[0].Releases != 1 || a.Months[0].Months[0].From != on {
		t.Errorf("%+v", a.Months)
	}
	first, err := s.PublishedEntryAt(t.Context(), 0, 1)
	if err != nil || first.EndedBy == nil || first.EndedBy.Number != 3 || first.Correction == nil || first.Correction.Number != 3 {
		t.Errorf("%+v, %v", first, err)
	}
	before, err := s.PublishedEntryAt(t.Context(), 2, 1)
	if err != nil || before.EndedBy != nil || before.Later != nil {
		t.Errorf("before the correction: %+v, %v", before, err)
	}
	correction, err := s.PublishedEntryAt(t.Context(), 0, 3)
	if err != nil || correction.EndedBy != nil || correction.Corrected == nil || correction.Corrected.Number != 1 {
		t.Errorf("%+v, %v", correction, err)
	}
	if _, err := s.PublishedEntryAt(t.Context(), 2, 3); !errors.Is(err, fault.NotFound) {
		t.Errorf("an entry that was not there yet: %v", err)
	}
}

func TestHoldingAgreements(t *testing.T) {
	db := migrationstest.New(t)
	s := release.New(release.Config{DB: db.As(t, migrations.Serve).DB})
	under := func(stem string, e register.Entry) register.Entry {
		e.Stem, e.Reference = stem, "DARS-"+stem+"-v1.0"
		return e
	}
	counts := received("Any University", "Mental Health Services Data Set", terms.OptOutNotIdentifiable, terms.NewDate(2021, 1, 1))
	counts.TypeOfData = terms.AggregateSuppressed
	if err := release.New(release.Config{DB: db.DB}).Enter(t.Context(),
		under("NIC-00001-AAAAA", received("NHS Stockport CCG", "Mental Health Services Data Set", terms.OptOutApplied, terms.NewDate(2021, 2, 1))),
		under("NIC-00002-AAAAA", received("NHS Leeds CCG", "Mental Health Services Data Set", terms.OptOutNotIdentifiable, terms.NewDate(2021, 2, 1))),
		under("NIC-00003-AAAAA", received("Any University", "Mental Health Services Data Set", terms.OptOutConsent, terms.NewDate(2019, 2, 1))),
		under("NIC-00004-AAAAA", counts),
		under("NIC-00005-AAAAA", received("Any University", "Mental Health Minimum Data Set", terms.OptOutApplied, terms.NewDate(2021, 2, 1))),
		under("NIC-00005-AAAAA", received("Any University", "Mental Health Minimum Data Set", terms.OptOutNoReason, terms.NewDate(2021, 2, 1))),
		under("NIC-00006-AAAAA", received("Any University", "Civil Registration - Deaths", terms.OptOutApplied, terms.NewDate(2021, 2, 1))),
	); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		query     release.RecordQuery
		want      map[string]release.Holding
		elsewhere int
	}{
		{"a family", release.RecordQuery{Families: []string{"mental-health"}}, map[string]release.Holding{
			"NIC-00001-AAAAA": release.HoldsUnlessOptedOut, "NIC-00002-AAAAA": release.CouldHold, "NIC-00003-AAAAA": release.HoldsConsented,
			"NIC-00004-AAAAA": release.HoldsCounts, "NIC-00005-AAAAA": release.CouldHold}, 0},
		{"a place leaves other local bodies out", release.RecordQuery{Families: []string{"mental-health"}, Place: "stockport"}, map[string]release.Holding{
			"NIC-00001-AAAAA": release.HoldsUnlessOptedOut, "NIC-00003-AAAAA": release.HoldsConsented, "NIC-00004-AAAAA": release.HoldsCounts, "NIC-00005-AAAAA": release.CouldHold}, 1},
		{"releases before the first year, and collections that had ended", release.RecordQuery{Families: []string{"mental-health"}, From: 2020}, map[string]release.Holding{
			"NIC-00001-AAAAA": release.HoldsUnlessOptedOut, "NIC-00002-AAAAA": release.CouldHold, "NIC-00004-AAAAA": release.HoldsCounts}, 0},
		{"collections that began later", release.RecordQuery{Families: []string{"mental-health"}, To: 2013}, map[string]release.Holding{"NIC-00005-AAAAA": release.CouldHold}, 0},
		{"no family", release.RecordQuery{}, map[string]release.Holding{}, 0},
		{"before anything", release.RecordQuery{AsOf: release.EmptyRegister, Families: []string{"deaths"}}, map[string]release.Holding{}, 0},
	} {
		found, elsewhere, err := s.HoldingAgreements(t.Context(), c.query)
		if err != nil || elsewhere != c.elsewhere || len(found) != len(c.want) {
			t.Errorf("%s: %+v, %d elsewhere, %v", c.name, found, elsewhere, err)
		}
		for _, h := range found {
			if c.want[h.Stem] != h.Holding {
				t.Errorf("%s: %s is %q", c.name, h.Stem, h.Holding)
			}
		}
	}
}
