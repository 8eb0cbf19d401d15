package release_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// A dataset that is followed by another stays apart from it, and leads to it;
// one that was renamed is one with it. Neither may be said twice or in a circle.
func TestDatasetsFollowEachOther(t *testing.T) {
	s, db, _ := imported(t)
	officer := access.Actor{PersonID: uuid.New(), Name: "Olu Officer", Memberships: []access.Membership{{Role: access.AccessOfficer}}}
	reviewer := access.Actor{PersonID: uuid.New(), Memberships: []access.Membership{{Role: access.Reviewer}}}
	codes := one[string](t, db, `SELECT string_agg(code, ' ') FROM (SELECT code FROM datasets ORDER BY code LIMIT 3) AS three`)
	three := strings.Fields(codes)
	input := release.DatasetSuccessionInput{From: three[0], To: three[1], Relation: terms.FollowedByDataset, On: terms.NewDate(2020, 4, 1), Reason: "made up"}
	number, err := s.RecordDatasetSuccession(t.Context(), officer, input)
	if err != nil || number == 0 {
		t.Fatal(number, err)
	}
	for _, code := range three[:2] {
		page, err := s.PublishedDataset(t.Context(), 0, code)
		if err != nil {
			t.Fatal(err)
		}
		if told := append(page.Before, page.After...); page.Code != code || len(page.Joined) != 0 || len(told) != 1 || told[0].Number != number {
			t.Errorf("%s: %s, %+v", code, page.Code, told)
		}
	}
	if _, err := s.RecordDatasetSuccession(t.Context(), officer, input); !isKind(err, fault.Conflict) {
		t.Errorf("said twice: %v", err)
	}
	renamed := release.DatasetSuccessionInput{From: three[1], To: three[2], Relation: terms.RenamedTo, On: terms.NewDate(2021, 4, 1), Reason: "made up"}
	if _, err := s.RecordDatasetSuccession(t.Context(), officer, renamed); err != nil {
		t.Fatal(err)
	}
	if page, err := s.PublishedDataset(t.Context(), 0, three[1]); err != nil || page.Code != three[2] {
		t.Errorf("the old name leads to %+v, %v", page, err)
	}
	for name, bad := range map[string]release.DatasetSuccessionInput{
		"a circle":      {From: three[2], To: three[0], Relation: terms.FollowedByDataset, On: terms.NewDate(2022, 4, 1), Reason: "x"},
		"itself":        {From: three[2], To: three[2], Relation: terms.SameAs, On: terms.NewDate(2022, 4, 1), Reason: "x"},
		"unknown":       {From: "none", To: three[0], Relation: terms.SameAs, On: terms.NewDate(2022, 4, 1), Reason: "x"},
		"of no kind":    {From: three[0], To: three[2], Relation: terms.MergedInto, On: terms.NewDate(2022, 4, 1), Reason: "x"},
		"of the future": {From: three[0], To: three[2], Relation: terms.SameAs, On: terms.NewDate(2099, 4, 1), Reason: "x"},
		"without all":   {},
	} {
		if _, err := s.RecordDatasetSuccession(t.Context(), officer, bad); !isKind(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.RecordDatasetSuccession(t.Context(), reviewer, input); !isKind(err, fault.Forbidden) {
		t.Errorf("anybody joins datasets: %v", err)
	}
}
