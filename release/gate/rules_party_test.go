package gate_test

import (
	"slices"
	"testing"

	"data.release/registrar/release/gate"
	"data.release/registrar/release/terms"
)

// partyChanges are about parties, places and what comes together in one hand.
func partyChanges() []change {
	p := pseudonymisedCase
	approval, start, release, download := gate.MomentApproval, gate.MomentStart, gate.MomentRelease, gate.MomentDownload
	places := func(edit func(*terms.Place)) func(*gate.Case) {
		return func(c *gate.Case) {
			c.Parties[1].Places = slices.Clone(c.Parties[1].Places)
			edit(&c.Parties[1].Places[0])
		}
	}
	return []change{
		{"a ministry's memorandum", p, approval, func(c *gate.Case) {
			c.Parties[0].Kind, c.Parties[0].Contract, c.Parties[0].ContractTerm.To = "Ministerial Department", "MoU 2024", terms.Date{}
		}, "framework-contract", gate.Pass},
		{"a university's memorandum", p, approval, func(c *gate.Case) { c.Parties[0].Contract, c.Parties[0].ContractTerm.To = "MoU 2024", terms.Date{} }, "framework-contract", gate.Refuse},
		{"suppressed tables need no contract", p, approval, func(c *gate.Case) { c.Line.Type, c.Parties[0].Contract = terms.AggregateSuppressed, "" }, "framework-contract", gate.NotApplicable},
		// succession
		{"nobody follows", p, start, func(*gate.Case) {}, "succession", gate.NotApplicable},
		{"a rename, the contract carries over", p, start, succeeded(terms.Rename, true, ""), "succession", gate.Warn},
		{"a rename, with a contract of its own", p, start, succeeded(terms.Rename, false, ""), "succession", gate.Pass},
		{"CCG to ICB, by the Act", p, start, succeeded(terms.StatutoryTransfer, true, "Health and Care Act 2022"), "succession", gate.Warn},
		{"a transfer without its instrument", p, start, succeeded(terms.StatutoryTransfer, true, ""), "succession", gate.Refuse},
		{"a bare merger", p, start, succeeded(terms.Merger, false, "deed"), "succession", gate.Refuse},
		{"a novation", p, download, succeeded(terms.Novation, false, "deed"), "succession", gate.Refuse},
		{"dissolved", p, start, func(c *gate.Case) { succeeded(terms.Dissolution, false, "")(c); c.Parties[0].Succeeded.Nobody = true }, "succession", gate.Refuse},
		// processors, fee, controllership
		{"a processor without a contract", p, approval, func(c *gate.Case) { c.Parties[1].ProcessingContract = "" }, "processor-contract", gate.Refuse},
		{"no processor", p, approval, func(c *gate.Case) { c.Parties = c.Parties[:1] }, "processor-contract", gate.NotApplicable},
		{"no fee", p, approval, func(c *gate.Case) { c.Parties[0].ICO = gate.ICO{} }, "ico-fee", gate.Refuse},
		{"the fee ended yesterday", p, download, func(c *gate.Case) { c.Parties[0].ICO.To = date("2026-11-23") }, "ico-fee", gate.Refuse},
		{"a fee without an end", p, approval, func(c *gate.Case) { c.Parties[0].ICO.To = terms.Date{} }, "ico-fee", gate.Refuse},
		{"exempt", p, approval, func(c *gate.Case) { c.Parties[0].ICO = gate.ICO{Exemption: "overseas"} }, "ico-fee", gate.Pass},
		{"unresolved", p, approval, func(c *gate.Case) { c.Version.Controllership = terms.ControllershipUnresolved }, "controllership", gate.Refuse},
		{"not recorded", p, approval, func(c *gate.Case) { c.Version.Controllership = "" }, "controllership", gate.Refuse},
		{"sole, of two", p, approval, func(c *gate.Case) { c.Parties[1].Role = terms.Controller }, "controllership", gate.Refuse},
		{"joint, no arrangement", p, approval, func(c *gate.Case) { c.Version.Controllership = terms.JointControllers }, "controllership", gate.Refuse},
		{"joint, arranged", p, approval, func(c *gate.Case) { c.Version.Controllership, c.Version.Article26 = terms.JointControllers, true }, "controllership", gate.Pass},
		{"in common", p, approval, func(c *gate.Case) { c.Version.Controllership = terms.ControllersInCommon }, "controllership", gate.Pass},
		// places
		{"a processor without a place", p, approval, func(c *gate.Case) { c.Parties[1].Places = nil }, "places-declared", gate.Refuse},
		{"no address", p, approval, places(func(x *terms.Place) { x.Address = " " }), "places-declared", gate.Refuse},
		{"run by one who is not declared", p, download, places(func(x *terms.Place) { x.Provider = "Data Centre Ltd" }), "places-declared", gate.Refuse},
		{"run by a party", p, approval, places(func(x *terms.Place) { x.Provider = "university" }), "places-declared", gate.Pass},
		{"a controller that keeps nothing", p, approval, func(c *gate.Case) {
			c.Parties[0].Places = nil
			c.Parties = append(c.Parties, gate.Party{Organisation: "Team", Role: terms.Recipient, Places: c.Parties[1].Places})
		}, "places-declared", gate.Pass},
		{"abroad", p, download, places(func(x *terms.Place) { x.Territory = terms.EEA }), "territory", gate.Refuse},
		{"abroad, as agreed", p, approval, func(c *gate.Case) {
			places(func(x *terms.Place) { x.Territory = terms.EEA })(c)
			c.Version.Territory = terms.EEA
		}, "territory", gate.Pass},
		{"where it lies is not recorded", p, approval, places(func(x *terms.Place) { x.Territory = "" }), "territory", gate.Refuse},
		{"territory not recorded", p, approval, func(c *gate.Case) { c.Version.Territory = terms.TerritoryNotRecorded }, "territory", gate.Refuse},
		{"beyond the support's territory", identifiableCase, start, func(c *gate.Case) {
			places(func(x *terms.Place) { x.Territory = terms.UnitedKingdom })(c)
			c.Version.Territory = terms.UnitedKingdom
		}, "territory", gate.Refuse},
		{"suppressed tables", p, approval, func(c *gate.Case) { c.Line.Type, c.Parties[1].Places = terms.AggregateSuppressed, nil }, "places-declared", gate.NotApplicable},
		// segregation over versions and agreements
		{"an older version's identifiable line, same recipient", p, start, elsewhere("v0.1", "", "hes-apc", "University"), "segregation", gate.Refuse},
		{"another agreement's, same recipient and dataset", p, start, elsewhere("v1.0", "NIC-9", "hes-apc", "University"), "segregation", gate.Refuse},
		{"another agreement's, another dataset", p, start, elsewhere("v1.0", "NIC-9", "hes-op", "University"), "segregation", gate.Pass},
		{"another agreement's, another recipient", p, start, elsewhere("v1.0", "NIC-9", "hes-apc", "Trust"), "segregation", gate.Pass},
		{"another agreement's, separate holders", p, start, func(c *gate.Case) {
			elsewhere("v1.0", "NIC-9", "hes-apc", "University")(c)
			c.Conditions = append(c.Conditions, gate.Condition{Kind: "continuing", Code: "separate_holders", Text: "Separate teams"})
		}, "segregation", gate.Pass},
		// returned key
		{"a study id", p, approval, func(c *gate.Case) { c.Line.StudyID = true }, "returned-key", gate.Refuse},
		{"a study id, bridged apart", p, approval, func(c *gate.Case) {
			c.Line.StudyID = true
			c.Conditions = append(c.Conditions, gate.Condition{Kind: "continuing", Code: "bridge_holder", Text: "The trial unit holds the bridge"})
		}, "returned-key", gate.Pass},
		{"the council's case files", p, release, func(c *gate.Case) { c.Parties[0].HoldsIdentifiers = "its own case files" }, "returned-key", gate.Refuse},
		{"licence holders see more", p, start, func(c *gate.Case) {
			c.Licences = []terms.Licence{{System: "Tool", Holder: "Council", OtherAccess: "case files"}}
		}, "returned-key", gate.Refuse},
		{"identifiable anyway", identifiableCase, approval, func(c *gate.Case) { c.Line.StudyID = true }, "returned-key", gate.NotApplicable},
		// people
		{"an employee", p, download, func(*gate.Case) {}, "honorary-contract", gate.NotApplicable},
		{"honorary, no contract", p, download, func(c *gate.Case) { c.Recipient.Basis = terms.Honorary }, "honorary-contract", gate.Refuse},
		{"honorary, in date", p, download, honorary("2026-11-24"), "honorary-contract", gate.Pass},
		{"honorary, ended", p, download, honorary("2026-11-23"), "honorary-contract", gate.Refuse},
		{"honorary, without an end", p, download, func(c *gate.Case) { honorary("2026-11-24")(c); c.Recipient.ContractEnds = terms.Date{} }, "honorary-contract", gate.Refuse},
		{"on no basis", p, download, func(c *gate.Case) { c.Recipient.Basis = "" }, "honorary-contract", gate.Refuse},
	}
}

func succeeded(kind terms.SuccessionKind, carried bool, instrument string) func(*gate.Case) {
	return func(c *gate.Case) {
		c.Parties[0].Succeeded = &gate.Succeeded{Organisation: "Old University", Kind: kind, On: date("2026-07-01"), Instrument: instrument, CarriedOver: carried}
	}
}

// elsewhere gives a recipient an identifiable line of another version, or of
// another agreement.
func elsewhere(reference, stem, dataset, recipient string) func(*gate.Case) {
	return func(c *gate.Case) {
		c.Siblings = append(c.Siblings, gate.Sibling{Number: 1, Type: terms.Identifiable, OptOut: terms.OptOutApplied, Segment: "care",
			Recipients: []string{recipient}, Reference: reference, Stem: stem, Dataset: dataset})
	}
}

func honorary(ends string) func(*gate.Case) {
	return func(c *gate.Case) {
		c.Recipient.Basis, c.Recipient.Contract, c.Recipient.ContractEnds = terms.Honorary, "HC-1", date(ends)
	}
}

// recordChanges are about what was delivered, landed and destroyed.
func recordChanges() []change {
	p := pseudonymisedCase
	request, release := gate.MomentRequest, gate.MomentRelease
	return []change{
		{"delivered once", p, request, func(c *gate.Case) { c.Deliveries = []gate.Delivery{{On: date("2026-03-01"), To: "University"}} }, "one-off", gate.Warn},
		{"ongoing", p, request, func(c *gate.Case) { c.Line.Frequency = terms.Ongoing }, "one-off", gate.NotApplicable},
		{"not looked for", p, request, func(c *gate.Case) { c.HistoryKnown = false }, "one-off", gate.Refuse},
		{"a year not landed", p, request, func(c *gate.Case) { c.Submissions = landed("1997-04-01", "1998-03-31") }, "submissions", gate.Warn},
		{"the same, of final data", p, request, func(c *gate.Case) { c.Submissions, c.Line.FinalData = landed("1997-04-01", "1998-03-31"), true }, "submissions", gate.Refuse},
		{"a provider fell silent", p, release, func(c *gate.Case) {
			c.Submissions = &gate.Submissions{Landed: append(slices.Clone(c.Submissions.Landed), gate.Landed{Supplier: "trust", Period: period("1997-04-01", "1997-12-31")})}
		}, "submissions", gate.Warn},
		{"nothing landed", p, request, func(c *gate.Case) { c.Submissions = &gate.Submissions{} }, "submissions", gate.Warn},
		{"what was landed is not known", p, request, func(c *gate.Case) { c.Submissions = nil }, "submissions", gate.Refuse},
		{"overdue on the same stem", p, request, overdue(gate.Overdue{SameStem: true}), "destruction", gate.Refuse},
		{"overdue elsewhere", p, request, overdue(gate.Overdue{Holder: "University"}), "destruction", gate.Warn},
		{"overdue elsewhere, on hold", p, release, overdue(gate.Overdue{Holder: "University", OnHold: true}), "destruction", gate.Refuse},
		{"destruction not looked for", p, request, func(c *gate.Case) { c.HistoryKnown = false }, "destruction", gate.Refuse},
		{"a warning nobody accepted", p, release, overdue(gate.Overdue{Holder: "University"}), "warnings-accepted", gate.Refuse},
		{"a warning accepted", p, release, func(c *gate.Case) {
			overdue(gate.Overdue{Holder: "University"})(c)
			c.Accepted = []gate.Acceptance{{Rule: "destruction", Line: 1, Person: "ruth",
				Evidence: "a controller holds data of other agreements whose destruction is not certified: DARS-NIC-9-ZZZZZ-v1.0, which ended on 1 October 2026 (University)"}}
		}, "warnings-accepted", gate.Pass},
		{"nothing warns", p, release, func(*gate.Case) {}, "warnings-accepted", gate.NotApplicable},
	}
}

func landed(from, to string) *gate.Submissions {
	return &gate.Submissions{Landed: []gate.Landed{{Supplier: "hes", Period: period(from, to)}}}
}

func overdue(o gate.Overdue) func(*gate.Case) {
	return func(c *gate.Case) {
		o.Reference, o.Ended = "DARS-NIC-9-ZZZZZ-v1.0", date("2026-10-01")
		c.Overdue = []gate.Overdue{o}
	}
}

// TestSuccessionLooksAtWhoFollows: who follows by transfer is the controller
// that must be assured and registered, under the contract that carries over.
func TestSuccessionLooksAtWhoFollows(t *testing.T) {
	c := pseudonymisedCase(gate.MomentStart)
	succeeded(terms.StatutoryTransfer, true, "Health and Care Act 2022")(&c)
	if d := gate.Evaluate(c); !d.Allowed || len(d.Warnings()) != 1 {
		t.Errorf("carried over: %v", d.Explain())
	}
	c.Parties[0].ICO = gate.ICO{}
	if d := gate.Evaluate(c); d.Allowed {
		t.Error("the fee of the predecessor counted for who follows")
	}
}
