package release_test

import (
	"testing"

	"data.release/registrar/release"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"
)

// southendActions is the action table of the report of January 2014 on an
// integrated care pioneer, as it stands; persons are named by their roles.
var southendActions = []release.ConditionInput{
	{Number: 1, Page: "5", Owners: []string{"SICP"}, Text: "Southend Pioneer will confirm agreement of all parties to this model; Any changes to it especially direct flows from providers to Care Trak should be shared with the DH visiting team as it may affect the proposed solution"},
	{Number: 2, Page: "8", Owners: []string{"SICP"}, Text: "The Pioneer will undertake further work to clarify the aspirational data flows and ensure it does not significantly change the information architecture"},
	{Number: 3, Page: "9", Owners: []string{"SICP"}, Text: "The Pioneer will establish whether the clients were explicitly informed that the data processor was PI."},
	{Number: 4, Page: "9", Owners: []string{"SICP"}, Text: "The Southend Integrated Care Pioneer group will in the context of the above three actions establish and confirm Data Controller arrangements."},
	{Number: 5, Page: "10", Owners: []string{"SICP"}, Text: "The Pioneer team need to work through arrangements so that patient anonymity can be upheld in health and social care when using the controlled environment planned to be provided by Care Trak."},
	{Number: 6, Page: "10", Owners: []string{"SICP"}, Text: "The Southend Integrated Care Pioneer group were going to establish sound data governance practices to assure patient anonymity"},
	{Number: 7, Page: "11", Owners: []string{"SICP"}, DueWords: "as soon as is practical", Text: "The Pioneer team acknowledged the need for a data destruction policy and will establish one as soon as is practical"},
	{Number: 8, Page: "14", Owners: []string{"Integrated Pioneer Lead"}, DueWords: "ideally before the end of February", Text: "The Integrated Pioneer Lead will organise an Integrated Care Pioneers workshop ideally before the end of February"},
	{Number: 9, Page: "N/A", Owners: []string{"Chair of Information Standards Board"}, DueWords: "not public until advised", Text: "The Chair of Information Standards Board will produce version 2 of the report and circulate DH team and SICP representatives via the Acting Group Manager, Performance & Systems. Please do not make the document public until advised to do so as commissioners of visit need to see and reflect on report"},
	{Number: 10, Page: "N/A", Owners: []string{"Information Governance Policy Lead"}, Text: "The Information Governance Policy Lead will brief two senior officials and relevant senior colleagues"},
	{Number: 11, Page: "N/A", Owners: []string{"Information Governance Policy Lead"}, Text: "The Information Governance Policy Lead will produce and lead on brief for Minister with input from DH team"},
	{Number: 12, Page: "N/A", Owners: []string{"Information Governance Policy Lead"}, DueWords: "March CAG meeting if proposal supported", Text: "Pending decisions the Information Governance Policy Lead will work with senior colleagues to progress short timescale proposal with a view of having proposal at March CAG meeting if proposal supported"},
	{Number: 13, Page: "N/A", Owners: []string{"Integrated Pioneer Lead", "Information Governance Policy Lead"}, Text: "Clarify the level of public dissemination beyond participants"},
}

// TestTheActionTableIsEnteredAsItStands: thirteen rows, with page, owners and
// words for due dates, each met by its own evidence.
func TestTheActionTableIsEnteredAsItStands(t *testing.T) {
	b := newBench(t)
	p := b.people()
	id, err := b.LogApplication(b.ctx, p.applicant, application())
	b.must(err)
	for _, action := range southendActions {
		action.Kind = "action"
		_, err := b.AddCondition(b.ctx, p.officer, id, action)
		b.must(err)
	}
	rows := b.whole(id).Edges.Conditions
	if len(rows) != 13 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, row := range rows {
		want := southendActions[i]
		if row.Number != want.Number || row.Page != want.Page || row.Text != want.Text || row.DueWords != want.DueWords || len(row.Owners) != len(want.Owners) {
			t.Errorf("row %d: %+v", want.Number, row)
		}
	}
	if last := rows[12]; last.Owners[0] != "Integrated Pioneer Lead" || last.Owners[1] != "Information Governance Policy Lead" || last.Kind != "action" {
		t.Errorf("several owners: %+v", last)
	}
	b.refusedFor(b.MeetCondition(b.ctx, p.officer, rows[6].ID, " "), fault.Invalid, "required")
	b.refusedFor(b.MeetCondition(b.ctx, p.applicant, rows[6].ID, "done"), fault.Forbidden)
	b.must(b.MeetCondition(b.ctx, p.officer, rows[6].ID, "destruction policy, version 1 (made up)"))
	b.refusedFor(b.MeetCondition(b.ctx, p.officer, rows[6].ID, "again"), fault.Conflict)
	met := b.whole(id).Edges.Conditions[6]
	if met.MetAt == nil || met.MetBy == nil || *met.MetBy != p.officer.PersonID {
		t.Errorf("met: %+v", met)
	}
}

// TestConditionsAreAddedBeforeApproval, and met also after it.
func TestConditionsAreAddedBeforeApproval(t *testing.T) {
	b := newBench(t)
	p := b.people()
	id := b.inReview(p, application())
	added, err := b.AddCondition(b.ctx, p.officer, id, release.ConditionInput{Kind: "continuing", Text: "Report each year."})
	b.must(err)
	_, err = b.AddCondition(b.ctx, p.officer, id, release.ConditionInput{Kind: "wish"})
	b.refusedFor(err, fault.Invalid, "required", "oneof")
	b.must(b.ReviewVersion(b.ctx, p.reviewer, id, advice("recommended")))
	b.must(b.ApproveVersion(b.ctx, p.approver, id, ""))
	_, err = b.AddCondition(b.ctx, p.officer, id, release.ConditionInput{Kind: "continuing", Text: "Too late."})
	b.refusedFor(err, fault.Conflict)
	b.must(b.MeetCondition(b.ctx, p.officer, added, "report of 2027 (made up)"))
	if b.version(id).State != terms.VersionApproved {
		t.Error("meeting a condition moved the version")
	}
}
