package gate_test

import (
	"slices"
	"testing"
	"time"

	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

var moments = []gate.Moment{gate.MomentApproval, gate.MomentRequest, gate.MomentStart, gate.MomentRelease, gate.MomentDownload}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func period(from, to string) terms.Period {
	p, err := terms.ParsePeriod(from, to)
	if err != nil {
		panic(err)
	}
	return p
}

func date(raw string) terms.Date {
	d, err := terms.ParseDate(raw)
	if err != nil {
		panic(err)
	}
	return d
}

// pseudonymisedCase is one that every rule lets through: HES of 1997 under an
// agreement of 2026.
func pseudonymisedCase(moment gate.Moment) gate.Case {
	line := terms.DatasetLine{
		Number: 1, Dataset: "hes-apc", DatasetName: "Hospital Episode Statistics Admitted Patient Care", Discloser: "the-body",
		Type: terms.Pseudonymised, Sensitivity: terms.NonSensitive, Power: terms.S261_1_2bii, Route: terms.RouteNone,
		OptOut: terms.OptOutNotIdentifiable, Frequency: terms.OneOff, Channel: terms.ChannelFile, Segment: "analysis",
		Periods:    []terms.Period{period("1997-04-01", "1998-03-31"), period("1998-04-01", "1999-03-31")},
		Fields:     []string{"EPISTART", "SEX", "POSTCODE", "EPIKEY"},
		Population: []terms.Filter{terms.NewFilter("RESGOR", "H", "J")}, Purposes: []terms.Purpose{terms.PurposeResearch},
		Article6: []string{"6(1)(e)"}, Article9: []string{"9(2)(j)"},
	}
	no := false
	place := []terms.Place{{Use: "both", Address: "1 Example Street, Leeds", Territory: terms.EnglandWales}}
	assurance := gate.Assurance{Kind: "DSPT", Status: "Standards Met", To: date("2027-06-30"), Reviewed: true}
	contract := period("2025-01-01", "2027-12-31")
	signatories := []gate.Signatory{{Organisation: "university", Capacity: "controller"}, {Organisation: "the-body", Capacity: "discloser"}}
	c := gate.Case{
		Moment: moment, At: noon, Line: line, Granted: true,
		Version: gate.Version{Reference: "DARS-NIC-1000-AAAAA-v1.0", State: terms.Signed, Starts: date("2026-01-01"), Ends: date("2026-11-24"),
			Needed: signatories, Signed: slices.Clone(signatories), WrittenBy: "ann", SubmittedBy: "ann",
			Kind: terms.VersionNew, Applicant: "university", Territory: terms.EnglandWales, Controllership: terms.SoleController,
			Commercial: &no, Sublicensing: &no, Issued: date("2025-12-01"),
			Reviews: []gate.Review{{Route: terms.FullReview, Outcome: "recommended", Reviewer: "rita", Directorates: []string{"Advice"}}}},
		Fields:   []gate.Field{{"EPISTART", terms.PlainField}, {"SEX", terms.PlainField}, {"POSTCODE", terms.DirectIdentifier}, {"EPIKEY", terms.RecordID}},
		Siblings: []gate.Sibling{{Number: 1, Type: line.Type, OptOut: line.OptOut, Segment: line.Segment}},
		Request: &gate.Request{Period: period("1997-06-01", "1998-12-31"), Requester: "ann",
			Population: []terms.Filter{terms.NewFilter("RESGOR", "H")},
			Columns: []gate.Column{{"person", "", terms.PersonPseudonym}, {"EPISTART", "EPISTART", terms.Month},
				{"district", "POSTCODE", terms.PostcodeDistrict}, {"EPIKEY", "EPIKEY", terms.RecordPseudonym}}},
		Approver: "abel", Acting: &gate.Acting{Directorates: []string{"Risk"}}, HistoryKnown: true,
		Submissions: &gate.Submissions{Landed: []gate.Landed{{Supplier: "hes", Period: period("1997-04-01", "1998-03-31")}, {Supplier: "hes", Period: period("1998-04-01", "1999-03-31")}}},
		Recipient:   &gate.Recipient{Organisation: "University", Named: true, PersonID: "rob", Member: true, Keys: 1, Acknowledged: true, Basis: terms.Employee},
		Parties: []gate.Party{
			{Organisation: "University", Slug: "university", Role: terms.Controller, Kind: "Academic", Contract: "CON-1-AAAAA-v1.0", ContractTerm: contract, Assurance: assurance,
				ICO: gate.ICO{Number: "Z0000000", To: date("2027-03-31")}, Places: place},
			{Organisation: "Cloud", Slug: "cloud", Role: terms.Processor, Kind: "Supplier (IT)", ProcessingContract: "C-1", Places: place, Assurance: gate.Assurance{Kind: "ISO 27001", To: date("2027-01-31"), Reviewed: true}}},
		Conditions:  []gate.Condition{{Kind: "precedent", Text: "Privacy notice published", Met: true}},
		OptOutFresh: 21 * 24 * time.Hour, FirstDownload: true,
	}
	if moment == gate.MomentApproval {
		c.Version.State = terms.Recommended
	}
	return c
}

// identifiableCase is one under section 251 support with opt-outs applied.
func identifiableCase(moment gate.Moment) gate.Case {
	c := pseudonymisedCase(moment)
	c.Line.Type, c.Line.Power, c.Line.Route, c.Line.OptOut = terms.Identifiable, terms.S261_7, terms.RouteSection251, terms.OptOutApplied
	c.Siblings[0].Type, c.Siblings[0].OptOut = c.Line.Type, c.Line.OptOut
	c.Request.Columns = []gate.Column{{"POSTCODE", "POSTCODE", terms.NoDerivation}}
	c.Approvals = []gate.Approval{{Reference: "25/CAG/0001", Datasets: []string{"hes-apc"}, Flows: []string{"in", "out"}, OptOutsApply: true,
		Starts: date("2026-01-01"), Ends: date("2026-11-24"), Regulation: "COPI Regulations 2002, regulation 5", Ethics: "25/LO/0001",
		Identifiers: []string{"NHS number", "Postcode"}, Territory: terms.EnglandWales}}
	c.OptOutList = &gate.OptOutList{AsOf: date("2026-11-03"), SHA256: "aa"}
	return c
}

func outcome(d gate.Decision, rule string) gate.Outcome {
	for _, f := range d.Findings {
		if f.Rule == rule {
			return f.Outcome
		}
	}
	return ""
}

// TestSoundCasesAreAllowed holds the ground that every other test stands on:
// data of 1997 under an agreement of 2026, on its last day, pass at every
// moment.
func TestSoundCasesAreAllowed(t *testing.T) {
	for _, moment := range moments {
		for name, c := range map[string]gate.Case{"pseudonymised": pseudonymisedCase(moment), "identifiable": identifiableCase(moment)} {
			if d := gate.Evaluate(c); !d.Allowed || len(d.Warnings()) > 0 {
				t.Errorf("%s at %s:\n%v", name, moment, d.Explain())
			}
		}
	}
}
