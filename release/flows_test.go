package release_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/diff"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// southend is the section of the report of January 2014.
func southend(t *testing.T) (flows []terms.Flow, licences []terms.Licence) {
	t.Helper()
	text, err := os.ReadFile("../testdata/seeds-003/flows.json")
	if err != nil {
		t.Fatal(err)
	}
	var section struct {
		Flows    []terms.Flow
		Licences []terms.Licence
	}
	if err := json.Unmarshal(text, &section); err != nil {
		t.Fatal(err)
	}
	return section.Flows, section.Licences
}

// TestSouthendIsKeptAndReadBack: the tables go in by the form's step and come
// out as they were; the action table as it stands.
func TestSouthendIsKeptAndReadBack(t *testing.T) {
	b := newBench(t)
	p := b.people()
	flows, licences := southend(t)
	id, err := b.StartApplication(b.ctx, p.applicant, release.StartInput{Applicant: "example-university", Title: "Southend", Enquiry: true})
	b.must(err)
	_, err = b.SaveSection(b.ctx, p.applicant, id, 0, release.FlowsSectionOf(flows, licences))
	b.must(err)
	got, err := b.Flows(b.ctx, p.applicant, id)
	b.must(err)
	want, _ := json.Marshal(flows)
	have, _ := json.Marshal(got.Flows)
	if !bytes.Equal(plainJSON(t, want), plainJSON(t, have)) {
		t.Errorf("flows came back as %s", have)
	}
	byHolder := func(all []terms.Licence) string {
		slices.SortFunc(all, func(a, b terms.Licence) int { return strings.Compare(a.Holder+string(a.Kind), b.Holder+string(b.Kind)) })
		text, _ := json.Marshal(all)
		return string(text)
	}
	if byHolder(got.Licences) != byHolder(licences) {
		t.Errorf("licences came back as %v", got.Licences)
	}

	var actions struct{ Actions []release.ConditionInput }
	text, err := os.ReadFile("../testdata/seeds-003/actions.json")
	b.must(err)
	b.must(json.Unmarshal(text, &actions))
	for _, a := range actions.Actions {
		_, err := b.AddCondition(b.ctx, p.officer, id, a)
		b.must(err)
	}
	if len(actions.Actions) != 13 {
		t.Errorf("%d actions", len(actions.Actions))
	}

	var out bytes.Buffer
	b.must(b.WriteFlows(b.ctx, p.officer, id, &out))
	rows, err := csv.NewReader(&out).ReadAll()
	b.must(err)
	if len(rows) != 16 || rows[4][4] != "PCT" || rows[6][1] != "current" || len(rows[0]) != len(rows[6]) {
		t.Errorf("the table has %d rows: %q", len(rows), rows)
	}
}

// plainJSON drops members that are null or empty, which the form cannot tell
// from left out.
func plainJSON(t *testing.T, text []byte) []byte {
	t.Helper()
	var all []map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		for key, value := range one {
			if list, ok := value.([]any); value == nil || value == "" || ok && len(list) == 0 {
				delete(one, key)
			}
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestWhoReadsAVersion: staff every one; those who apply or sign for its
// applicant or controllers theirs; for others there is none.
func TestWhoReadsAVersion(t *testing.T) {
	b := newBench(t)
	p := b.people()
	id, err := b.LogApplication(b.ctx, p.applicant, application())
	b.must(err)
	other := b.as("Una Other", "other-trust", access.Applicant)
	signs := b.as("Theo Signs", "other-trust", access.Signatory)
	both := application()
	both.Parties = append(both.Parties, release.PartyInput{Organisation: "other-trust", Role: terms.Controller, Places: both.Parties[0].Places})
	both.Controllership = terms.JointControllers
	shared, err := b.LogApplication(b.ctx, p.applicant, both)
	b.must(err)
	for _, c := range []struct {
		name    string
		actor   access.Actor
		version uuid.UUID
		want    error
	}{
		{"the officer", p.officer, id, nil}, {"an auditor", b.as("Au Ditor", "the-body", access.Auditor), id, nil}, {"the applicant", p.applicant, id, nil},
		{"who signs for the applicant", p.signatory, id, nil}, {"another applicant", other, id, fault.NotFound}, {"who signs for another", signs, id, fault.NotFound},
		{"who signs for a controller", signs, shared, nil}, {"who applies for a controller", other, shared, fault.NotFound},
		{"the recipient", p.recipient, id, fault.Forbidden}, {"nobody", access.Actor{}, id, fault.Unauthenticated}, {"no version", p.officer, uuid.New(), fault.NotFound},
	} {
		_, err := b.Flows(b.ctx, c.actor, c.version)
		_, differs := b.DiffVersions(b.ctx, c.actor, c.version, c.version)
		for _, err := range []error{err, differs, b.WriteFlows(b.ctx, c.actor, c.version, &bytes.Buffer{})} {
			if c.want != nil {
				b.refusedFor(err, c.want)
			} else if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	}
	// Both must be readable, whichever comes first.
	for _, pair := range [][2]uuid.UUID{{id, shared}, {shared, id}} {
		_, err := b.DiffVersions(b.ctx, signs, pair[0], pair[1])
		b.refusedFor(err, fault.NotFound)
	}
}

// TestAVersionIsComparedWithTheOneBefore: what an editor changes shows, what is
// only typed anew is said to be so.
func TestAVersionIsComparedWithTheOneBefore(t *testing.T) {
	b := newBench(t)
	p := b.people()
	first := application()
	first.Objective = "To study waiting times in outpatients - by region."
	a, err := b.LogApplication(b.ctx, p.applicant, first)
	b.must(err)
	second := application()
	second.Objective = "To study waiting times\nin outpatients – by  region."
	second.Processing = strings.Replace(second.Processing, "Analysis.", "Analysis and linkage.", 1)
	second.Lines[0].Fields = []string{"APPTDATE", "RESGOR", "ATTENDKEY", "MAINSPEF"}
	second.Lines[0].Type = terms.Identifiable
	c, err := b.LogApplication(b.ctx, p.applicant, second)
	b.must(err)
	got, err := b.DiffVersions(b.ctx, p.applicant, a, c)
	b.must(err)
	if got.Before.ID != a || got.After.ID != c || got.Before.Applicant != "Example University" {
		t.Errorf("compared %+v with %+v", got.Before, got.After)
	}
	if tally := diff.Count(got.Changes); tally != (diff.Tally{Changed: 3, Retyped: 1}) {
		t.Errorf("%+v: %+v", tally, got.Changes)
	}
	for _, change := range got.Changes {
		switch change.FieldID {
		case "objective":
			if change.Kind != diff.Retyped {
				t.Errorf("the objective was %s", change.Kind)
			}
		case "processing":
			if !slices.Contains(change.Spans, diff.Span{Op: diff.New, Text: "Analysis and linkage. "}) && !slices.ContainsFunc(change.Spans, func(s diff.Span) bool { return s.Op == diff.New && strings.Contains(s.Text, "linkage") }) {
				t.Errorf("what is new in the processing: %q", change.Spans)
			}
		case "fields":
			if !slices.Equal(change.Came, []string{"MAINSPEF"}) || !slices.Equal(change.Went, []string{"SEX"}) {
				t.Errorf("fields: +%q -%q", change.Came, change.Went)
			}
		case "type":
			if change.After != "Identifiable" {
				t.Errorf("type: %+v", change)
			}
		}
	}
}

// TestThePublicComparesVersions: three agreements of February 2021 have two
// versions in the register.
func TestThePublicComparesVersions(t *testing.T) {
	s, db, _ := imported(t)
	rows, err := db.DB.QueryContext(t.Context(), `SELECT stem FROM entries WHERE kind = 'agreement' GROUP BY stem HAVING count(DISTINCT reference) > 1 ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var stems []string
	for rows.Next() {
		var stem string
		if err := rows.Scan(&stem); err != nil {
			t.Fatal(err)
		}
		stems = append(stems, stem)
	}
	if err := rows.Err(); err != nil || len(stems) != 3 || !slices.Contains(stems, "NIC-386685-K2B6G") {
		t.Fatalf("%q, %v", stems, err)
	}
	for _, stem := range stems {
		agreement, err := s.PublishedAgreement(t.Context(), 0, stem)
		if err != nil {
			t.Fatal(err)
		}
		last := len(agreement.Versions) - 1
		a, b := agreement.Versions[last-1].Version, agreement.Versions[last].Version
		got, err := s.PublicDiff(t.Context(), stem, strings.TrimPrefix(a, "v"), b)
		if err != nil {
			t.Fatal(err)
		}
		if got.Before.Version != a || got.After.Version != b || len(got.Changes) == 0 {
			t.Errorf("%s: %d changes from %s to %s", stem, len(got.Changes), got.Before.Version, got.After.Version)
		}
		none, err := s.PublicDiff(t.Context(), stem, b, b)
		if err != nil || len(none.Changes) != 0 {
			t.Errorf("%s differs from itself: %v, %v", stem, none, err)
		}
		_, err = s.PublicDiff(t.Context(), stem, a, "99.9")
		if _, other := s.PublicDiff(t.Context(), "NIC-1-AAAAA", a, b); err == nil || other == nil {
			t.Error("what is not in the register was compared")
		}
	}
}
