package release_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"data.release/registrar/ent"
	"data.release/registrar/ent/organisation"
	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/release/fault"
	"data.release/registrar/release/terms"

	"entgo.io/ent/privacy"
)

// withOptOuts is an identifiable line of HES admitted patient care under
// section 251 support, to which objections are applied.
func withOptOuts() release.Application {
	a := application()
	line := &a.Lines[0]
	line.DatasetName, line.Definition = "Hospital Episode Statistics Admitted Patient Care", "hes_apc"
	line.Type, line.Power, line.Route, line.OptOut, line.Unchecked = terms.Identifiable, terms.S261_7, terms.RouteSection251, terms.OptOutApplied, terms.DropUnchecked
	line.Fields, line.Periods = []string{"NHS_NUMBER", "EPISTART"}, []terms.Period{{From: *day(2001, 4, 1), To: *day(2002, 3, 31)}}
	a.Approvals = []release.ApprovalInput{{Reference: "CAG 1", DecisionMaker: "CAG", Regulation: "COPI regulation 5", Flows: []string{"in", "out"}, Identifiers: []string{"NHS number"},
		Datasets: []string{"hospital-episode-statistics-admitted-patient-care"}, OptOutsApply: true, Starts: *day(2026, 1, 1), Ends: *day(2028, 1, 1)}}
	return a
}

func admissions(version uuid.UUID) release.ExtractRequest {
	r := request(version)
	r.Lines[0].Period = terms.Period{From: *day(2001, 4, 1), To: *day(2002, 3, 31)}
	r.Lines[0].Columns = []release.ColumnInput{{Field: "NHS_NUMBER"}, {Field: "EPISTART"}}
	return r
}

func (b *bench) list(asOf terms.Date, digit string) {
	b.t.Helper()
	b.must(b.linking.RecordOptOutList(b.ctx, system, "list.csv", strings.Repeat(digit, 64), release.OptOutListFile{AsOf: asOf, Key: "opt_outs/" + digit, SHA256: strings.Repeat(digit, 63) + "0", Rows: 9}))
}

func (b *bench) put(parts ...release.Part) {
	b.t.Helper()
	b.must(b.linking.RecordPersonIndex(b.ctx, system, parts))
}

func activity(dataset, site, digit string) release.Part {
	return release.Part{Area: "activity", Dataset: dataset, Site: site, Supplier: "hes", Period: "p", Key: dataset + "/" + site + digit, SHA256: strings.Repeat(digit, 64), Rows: 10}
}

// TestTheGateSeesTheListThatIsUsed: a newer list that the plan does not name
// does not make the plan's own one fresh.
func TestTheGateSeesTheListThatIsUsed(t *testing.T) {
	b := newBench(t)
	p := b.people()
	b.key(p)
	b.put(activity("hes_apc", "centre", "c"))
	version := b.signed(p, withOptOuts())
	b.list(terms.Today(b.now).AddDays(-20), "1")
	extract, err := b.RequestExtract(b.ctx, p.applicant, admissions(version))
	b.must(err)
	b.now = b.now.AddDate(0, 0, 5)
	b.list(terms.Today(b.now), "2")
	b.must(b.ApproveExtract(b.ctx, p.approver, extract, b.extract(extract).PlanSha256, "as planned"))
	_, err = b.linking.StartRun(b.ctx, extract)
	b.refusedFor(err, fault.Refused, "opt-out-list")

	extract, err = b.RequestExtract(b.ctx, p.applicant, admissions(version))
	b.must(err)
	b.must(b.ApproveExtract(b.ctx, p.approver, extract, b.extract(extract).PlanSha256, "as planned"))
	run, err := b.linking.StartRun(b.ctx, extract)
	b.must(err)
	if run.Lines[0].OptOutList == nil || run.Lines[0].OptOutList.Key != "opt_outs/2" {
		t.Errorf("the run reads %+v", run.Lines[0].OptOutList)
	}
}

// TestALineOfOneSiteReadsThatSite, also when another has landed the same
// dataset.
func TestALineOfOneSiteReadsThatSite(t *testing.T) {
	b := newBench(t)
	p := b.people()
	b.key(p)
	b.put(activity("hes_op", "elsewhere", "e"))
	version := b.signed(p, application())
	extract, err := b.RequestExtract(b.ctx, p.applicant, request(version))
	b.must(err)
	b.must(b.ApproveExtract(b.ctx, p.approver, extract, b.extract(extract).PlanSha256, "as planned"))
	run, err := b.linking.StartRun(b.ctx, extract)
	b.must(err)
	for _, part := range run.Lines[0].Parts {
		if part.Site != "centre" {
			t.Errorf("a line of centre reads %s", part.Key)
		}
	}
	if len(run.Lines[0].Parts) != 2 {
		t.Errorf("it reads %d parts", len(run.Lines[0].Parts))
	}
}

// TestADatasetIsMadeWithItsOwnDefinition: no line gets another dataset's rows
// under its own name.
func TestADatasetIsMadeWithItsOwnDefinition(t *testing.T) {
	b := newBench(t)
	a := application()
	a.Lines[0].Definition = "hes_apc"
	a.Sites = []string{"North", "North"}
	_, err := b.LogApplication(b.ctx, b.people().applicant, a)
	b.refusedFor(err, fault.Invalid, "unique")
	a.Sites = nil
	_, err = b.LogApplication(b.ctx, b.people().applicant, a)
	b.refusedFor(err, fault.Invalid, "definition")
}

// TestEveryLineSaysWhatIsWrong of a request that the gate allows and no plan
// can be made of.
func TestEveryLineSaysWhatIsWrong(t *testing.T) {
	b := newBench(t)
	p := b.people()
	a := application()
	second := a.Lines[0]
	second.DatasetName, second.Definition = "Hospital Episode Statistics Accident and Emergency", "hes_ae"
	second.Fields, second.Periods = []string{"ARRIVALDATE"}, []terms.Period{{From: *day(2007, 4, 1), To: *day(2008, 3, 31)}}
	a.Lines = append(a.Lines, second)
	version := b.signed(p, a)
	r := request(version)
	r.Lines[0].Columns = append(r.Lines[0].Columns, release.ColumnInput{Field: "SEX", Derivation: terms.AgeBand})
	r.Lines = append(r.Lines, release.LineRequest{Line: 2, Period: second.Periods[0], Columns: []release.ColumnInput{{Field: "ARRIVALDATE"}}})
	_, err := b.RequestExtract(b.ctx, p.applicant, r)
	b.refusedFor(err, fault.Invalid)
	for _, want := range []string{"lines[0].", "lines[1]."} { // no derivation of that kind; no data
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

// TestAnEditKeepsWhatItDoesNotMention, but a contract's old dates do not lend
// themselves to a new number.
func TestAnEditKeepsWhatItDoesNotMention(t *testing.T) {
	b := newBench(t)
	_, err := b.RecordOrganisation(b.ctx, system, release.OrganisationFacts{Name: "Example University", ContractNumber: "CON-2"})
	b.must(err)
	var o *ent.Organisation
	o, err = b.Read().Organisation.Query().Where(organisation.Slug("example-university")).Only(privacy.DecisionContext(b.ctx, privacy.Allow))
	b.must(err)
	if o.ContractNumber != "CON-2" || o.ContractFrom != nil || o.ContractTo != nil || o.AssuranceTo == nil || o.Kind != "Academic" {
		t.Errorf("recorded: %+v", o)
	}
	err = b.ReviewVersion(b.ctx, access.Actor{}, uuid.New(), release.ReviewInput{})
	b.refusedFor(err, fault.Unauthenticated)
}
