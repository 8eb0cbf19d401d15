package release_test

import (
	"slices"
	"strings"
	"testing"

	"data.release/registrar/migrations/migrationstest"
	"data.release/registrar/release"
	"data.release/registrar/release/register"
	"data.release/registrar/release/register/index"
	"data.release/registrar/release/terms"
)

func with(e register.Entry, texts ...string) register.Entry {
	for i := 0; i < len(texts); i += 2 {
		e.With(register.Field(texts[i]), texts[i+1])
	}
	return e
}

func releaseOf(organisation, dataset, stem, version string) register.Entry {
	reference := "DARS-" + stem + "-" + version
	return with(register.Entry{
		Kind: register.Release, Reference: reference, Stem: stem, Version: version, Dataset: register.Slug(dataset), EventFrom: terms.NewDate(2026, 5, 1), EventTo: terms.NewDate(2026, 5, 2),
		TypeOfData: terms.Identifiable, Sensitivity: terms.Sensitive, Power: terms.S261_7, Routes: []terms.Route{terms.RouteConsent},
		OptOut: terms.OptOutConsent, Frequency: terms.OneOff, Channel: terms.ChannelFile,
	}, "organisation", organisation, "organisation_id", register.Slug(organisation), "dataset", dataset)
}

// written is a register that is made entry by entry.
func written(t *testing.T, entries ...register.Entry) (*release.Service, *migrationstest.DB) {
	t.Helper()
	s, db := newService(t)
	if err := s.Enter(t.Context(), entries...); err != nil {
		t.Fatal(err)
	}
	if _, err := s.IndexTexts(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, db
}

func numbers(found *release.RegisterResults) (out []int64) {
	for _, e := range found.Entries {
		out = append(out, e.Number)
	}
	slices.Sort(out)
	return out
}

// The register of these tests, by number.
func smallRegister() []register.Entry {
	agreement := with(register.Entry{
		Kind: register.Agreement, Reference: "DARS-NIC-12345-ABCDE-v1.0", Stem: "NIC-12345-ABCDE", Version: "v1.0", Commercial: terms.Yes, SubLicensing: terms.No,
		Starts: terms.NewDate(2026, 1, 1), Ends: terms.NewDate(2026, 12, 31),
		Lines: []register.Line{{Dataset: "deaths", TypeOfData: terms.Pseudonymised, OptOut: terms.OptOutNotIdentifiable}},
	}, "organisation", "Old Hospital Trust", "organisation_id", "old-hospital-trust", "organisation_type", "NHS Trust",
		"title", "Outcomes of heart failure", "objective", "To study <patients> with failure of the heart.",
		"processing", "Records are linked by the trust's statisticians.", "benefits", "Fewer strokes.", "lay_summary", "We look at failing hearts.",
		"dataset_names", `{"deaths":"Civil registration of deaths"}`)
	rename := with(register.Entry{Kind: register.Succession, Relation: terms.RenamedTo, EventFrom: terms.NewDate(2026, 4, 1)},
		"organisation", "Old Hospital Trust", "organisation_id", "old-hospital-trust", "successor", "New Hospital Trust", "successor_id", "new-hospital-trust", "reason", "Renamed by order")
	transfer := with(register.Entry{Kind: register.Succession, Relation: terms.TransferredTo, EventFrom: terms.NewDate(2026, 4, 1)},
		"organisation", "New Hospital Trust", "organisation_id", "new-hospital-trust", "successor", "Another Board", "successor_id", "another-board", "reason", "By statute")
	correction := releaseOf("New Hospital Trust", "Deaths", "NIC-12345-ABCDE", "v1.0")
	correction.Kind, correction.About, correction.Corrects, correction.OptOut = register.Correction, 2, register.Release, terms.OptOutApplied
	correction = with(correction, "reason", "The opt-outs had been applied")
	return []register.Entry{
		agreement, // 1
		releaseOf("Old Hospital Trust", "Deaths", "NIC-12345-ABCDE", "v1.0"),            // 2
		releaseOf("New Hospital Trust", "Hospital episodes", "NIC-12345-ABCDE", "v1.0"), // 3
		releaseOf("Another Board", "Hospital episodes", "NIC-54321-ABCDE", "v2.1"),      // 4
		rename,     // 5
		transfer,   // 6
		correction, // 7
		with(register.Entry{Kind: register.Withdrawal, About: 4, Stem: "NIC-54321-ABCDE", Reference: "DARS-NIC-54321-ABCDE-v2.1", Version: "v2.1"}, "reason", "It never happened"), // 8
	}
}

func TestWhatASearchFinds(t *testing.T) {
	s, _ := written(t, smallRegister()...)
	for name, c := range map[string]struct {
		query release.RegisterQuery
		want  []int64
	}{
		"by a former name":                {release.RegisterQuery{Organisations: []string{"old-hospital-trust"}}, []int64{1, 2, 3, 5, 6, 7}},
		"by the present name":             {release.RegisterQuery{Organisations: []string{"new-hospital-trust"}}, []int64{1, 2, 3, 5, 6, 7}},
		"a transfer is no rename":         {release.RegisterQuery{Organisations: []string{"another-board"}}, []int64{4, 6}},
		"what an agreement says":          {release.RegisterQuery{Commercial: []terms.Answer{terms.Yes}}, []int64{1, 2, 3, 7}},
		"no agreement says it":            {release.RegisterQuery{Commercial: []terms.Answer{terms.AnswerNotRecorded}}, []int64{4}},
		"the kind of the agreement's":     {release.RegisterQuery{OrganisationKinds: []string{"NHS Trust"}}, []int64{1, 2, 3, 7}},
		"a dataset, and agreements of it": {release.RegisterQuery{Datasets: []string{"deaths"}}, []int64{1, 2, 7}},
		"what stands":                     {release.RegisterQuery{Stands: []terms.Answer{terms.Yes}}, []int64{1, 3, 5, 6, 7, 8}},
		"what stands no longer":           {release.RegisterQuery{Stands: []terms.Answer{terms.No}}, []int64{2, 4}},
		"what stood before":               {release.RegisterQuery{Stands: []terms.Answer{terms.Yes}, AsOf: 6}, []int64{1, 2, 3, 4, 5, 6}},
		"before the rename":               {release.RegisterQuery{Organisations: []string{"old-hospital-trust"}, AsOf: 4}, []int64{1, 2}},
		"before the first entry":          {release.RegisterQuery{AsOf: release.EmptyRegister}, nil},
		"by access":                       {release.RegisterQuery{Channels: []terms.Channel{terms.ChannelSystemAccess}}, nil},

		"words of a title":          {release.RegisterQuery{Text: "outcomes"}, []int64{1}},
		"words of any text":         {release.RegisterQuery{Text: "statistician"}, []int64{1}},
		"of a lay summary":          {release.RegisterQuery{Text: "failing"}, []int64{1}},
		"of benefits":               {release.RegisterQuery{Text: "stroke"}, []int64{1}},
		"of a reason":               {release.RegisterQuery{Text: "happened"}, []int64{8}},
		"a phrase":                  {release.RegisterQuery{Text: `"heart failure"`}, []int64{1}},
		"no such phrase":            {release.RegisterQuery{Text: `"failure heart"`}, nil},
		"the words, in any order":   {release.RegisterQuery{Text: "failure heart"}, []int64{1}},
		"a name, and not another":   {release.RegisterQuery{Text: "hospital -old"}, []int64{3, 4, 6, 7}},
		"only what must not be":     {release.RegisterQuery{Text: "-hospital"}, []int64{8}},
		"a part of a name":          {release.RegisterQuery{Text: "nother boar"}, []int64{4, 6}},
		"words in two places":       {release.RegisterQuery{Text: "heart old"}, []int64{1}},
		"another name of a dataset": {release.RegisterQuery{Text: "civil"}, []int64{1, 2, 7}},
		"a reference":               {release.RegisterQuery{Text: "nic 54321 abcde"}, []int64{4, 8}},
		"its version":               {release.RegisterQuery{Text: "DARS–NIC–54321–ABCDE–V2.1"}, []int64{4, 8}},
		"a version that is not":     {release.RegisterQuery{Text: "NIC-54321-ABCDE-v9.0"}, []int64{4, 8}},
		"a reference and a word":    {release.RegisterQuery{Text: "nic-12345-abcde episodes"}, []int64{3}},
		"a part of a reference":     {release.RegisterQuery{Text: "54321"}, []int64{4, 8}},
	} {
		c.query.Size = 100
		found := search(t, s, c.query)
		if got := numbers(found); !slices.Equal(got, c.want) || found.Total != len(c.want) {
			t.Errorf("%s: %v (%d), want %v", name, got, found.Total, c.want)
		}
	}
}

func TestWhereItWasFound(t *testing.T) {
	s, _ := written(t, smallRegister()...)
	found := search(t, s, release.RegisterQuery{Text: "hearts failing"})
	var shown []string
	for _, snippet := range found.Snippets[1] {
		var out strings.Builder
		for _, p := range snippet.Parts {
			if p.Mark {
				out.WriteString("[" + p.Text + "]")
			} else {
				out.WriteString(p.Text)
			}
		}
		shown = append(shown, string(snippet.Field)+": "+out.String())
	}
	want := []string{"title: Outcomes of [heart] failure", "lay_summary: We look at [failing] [hearts].", "objective: To study <patients> with failure of the [heart]."}
	if !slices.Equal(shown, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(shown, "\n"), strings.Join(want, "\n"))
	}
	// Of a phrase only words that follow each other are marked.
	if phrase := search(t, s, release.RegisterQuery{Text: `"failure of the heart"`}).Snippets[1]; len(phrase) != 1 || phrase[0].Field != register.Objective || len(phrase[0].Parts) != 5 {
		t.Errorf("a phrase is shown as %+v", phrase)
	}
	ended := search(t, s, release.RegisterQuery{}).Ended
	if len(ended) != 2 || ended[2] != 7 || ended[4] != 8 {
		t.Errorf("ended %v", ended)
	}
	for _, v := range facetOf(t, search(t, s, release.RegisterQuery{Organisations: []string{"old-hospital-trust"}}), "organisation").Values {
		if v.Chosen && (v.Value != "new-hospital-trust" || v.Label != "New Hospital Trust" || v.Count != 6) {
			t.Errorf("a former name is chosen as %+v", v)
		}
	}
}

// A text whose words are not read yet is said not to be; one that was erased is
// not found by them any more.
func TestWordsFollowTheirTexts(t *testing.T) {
	s, db := written(t, smallRegister()...)
	if search(t, s, release.RegisterQuery{Text: "stroke"}).Unread {
		t.Error("all texts are read")
	}
	if err := s.Enter(t.Context(), with(register.Entry{Kind: register.Agreement, Reference: "X", Stem: "X"}, "objective", "Strokes again")); err != nil {
		t.Fatal(err)
	}
	if found := search(t, s, release.RegisterQuery{Text: "stroke"}); !found.Unread || found.Total != 1 {
		t.Errorf("%d found, unread %v", found.Total, found.Unread)
	}
	if n, err := s.IndexTexts(t.Context()); err != nil || n != 1 {
		t.Errorf("%d texts read, %v", n, err)
	}
	if found := search(t, s, release.RegisterQuery{Text: "stroke"}); found.Unread || found.Total != 2 {
		t.Errorf("%d found, unread %v", found.Total, found.Unread)
	}
	for _, statement := range []string{`ALTER TABLE entry_texts DISABLE TRIGGER USER`, `DELETE FROM entry_texts WHERE entry_texts = 9 AND field = 'objective'`, `ALTER TABLE entry_texts ENABLE TRIGGER USER`} {
		if _, err := db.DB.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Enter(t.Context(), with(register.Entry{Kind: register.Tombstone, About: 9, Fields: []register.Field{register.Objective}}, "reason", "By law")); err != nil {
		t.Fatal(err)
	}
	if found := search(t, s, release.RegisterQuery{Text: "stroke"}); found.Total != 1 {
		t.Errorf("%d found after one was erased", found.Total)
	}
}

// A name that was erased is found by no word of it.
func TestNamesFollowTheirTexts(t *testing.T) {
	s, db := written(t, releaseOf("Curious Name Practice", "Deaths", "NIC-12345-ABCDE", "v1.0"), releaseOf("Other", "Deaths", "NIC-12345-ABCDE", "v1.0"))
	if got := search(t, s, release.RegisterQuery{Text: "curious"}).Total; got != 1 {
		t.Fatalf("%d found", got)
	}
	for _, statement := range []string{`ALTER TABLE entry_texts DISABLE TRIGGER USER`, `DELETE FROM entry_texts WHERE entry_texts = 1 AND field = 'organisation'`, `ALTER TABLE entry_texts ENABLE TRIGGER USER`} {
		if _, err := db.DB.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Enter(t.Context(), with(register.Entry{Kind: register.Tombstone, About: 1, Fields: []register.Field{register.OrganisationName}}, "reason", "By law")); err != nil {
		t.Fatal(err)
	}
	if got := search(t, s, release.RegisterQuery{Text: "curious"}).Total; got != 0 {
		t.Errorf("%d found after it was erased", got)
	}
}

// A feed says of a correction what it says otherwise, field by field, and of
// what it stands in the place of that it no longer stands.
func TestAFeedSaysWhatChanged(t *testing.T) {
	s, _ := written(t, smallRegister()...)
	feed, err := s.FeedRegister(t.Context(), release.RegisterQuery{Size: 10, Order: index.Oldest})
	if err != nil || len(feed.Entries) != 8 || feed.Entries[0].Number != 8 || feed.More {
		t.Fatalf("%+v, %v", feed, err)
	}
	withdrawal, correction, corrected := feed.Entries[0], feed.Entries[1], feed.Entries[6]
	if !slices.Equal(withdrawal.Ended, []int64{4}) || withdrawal.Before != nil {
		t.Errorf("a withdrawal: %+v", withdrawal)
	}
	if correction.Before == nil || correction.Before.Number != 2 || !slices.Equal(correction.Ended, []int64{2}) {
		t.Fatalf("a correction: %+v", correction)
	}
	changed := map[string]bool{}
	for _, f := range correction.Changed {
		changed[f.ID] = f.Cosmetic
	}
	if cosmetic, found := changed["opt_out"]; !found || cosmetic {
		t.Errorf("the opt-outs are not among what changed: %+v", correction.Changed)
	}
	if cosmetic, found := changed["organisation"]; !found || !cosmetic {
		t.Errorf("the renamed organisation is told as %+v", correction.Changed)
	}
	if corrected.EndedBy != 7 {
		t.Errorf("the corrected entry was ended by %d", corrected.EndedBy)
	}
	// The correction of a release is among the releases.
	next, err := s.FeedRegister(t.Context(), release.RegisterQuery{Size: 3, After: 6, Kinds: []register.Kind{register.Release}})
	if err != nil || len(next.Entries) != 3 || next.Entries[0].Number != 4 || next.More || next.Total != 4 {
		t.Errorf("the next page: %+v, %v", next, err)
	}
}

// PublishedState changes whenever something is published, and not otherwise.
func TestThePublishedState(t *testing.T) {
	s, db := written(t, smallRegister()...)
	state := func() string {
		t.Helper()
		out, err := s.PublishedState(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	before := state()
	if state() != before {
		t.Error("nothing was published")
	}
	for _, statement := range []string{
		`INSERT INTO entry_texts (entry_texts, field, text, salt) VALUES (2, 'reason', 'x', '\x00')`,
		`INSERT INTO ledger_checkpoint (log, size, note, at) VALUES ('register', 8, 'x', now())`,
	} {
		if _, err := db.DB.Exec(statement); err != nil {
			t.Fatal(err)
		}
		if after := state(); after == before {
			t.Errorf("after %s the state is the same", statement)
		} else {
			before = after
		}
	}
}
