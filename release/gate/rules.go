package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"data.release/registrar/release/terms"
)

var (
	always = []Moment{MomentApproval, MomentRequest, MomentStart, MomentRelease, MomentDownload}
	onward = []Moment{MomentRequest, MomentStart, MomentRelease, MomentDownload}
	asking = []Moment{MomentRequest, MomentStart, MomentRelease}
)

// dawn is the first day of rules that have always held.
var dawn = terms.NewDate(2013, 4, 1)

// rules is the one table. Its order is that in which findings are shown.
var rules = []Rule{
	{ID: "in-force", Title: "The version is in force at this moment", Class: Law, From: dawn, Moments: onward,
		Authority: "HSCA 2012 s261; DARS standard 1", check: checkInForce},
	{ID: "signed", Title: "All signatories have signed the present terms", Class: Law, From: dawn, Moments: onward,
		Authority: "DARS standard 1 (v2.1): not effective until all named parties have signed", check: checkSigned},
	{ID: "line-granted", Title: "The dataset is a line of the version", Class: Law, From: dawn, Moments: onward,
		Authority: "the agreement", check: checkGranted},
	{ID: "fields", Title: "Every column asked for is granted by the line", Class: Law, From: dawn, Moments: asking,
		Authority: "the agreement; UK GDPR Article 5(1)(c), data minimisation", check: checkFields},
	{ID: "period", Title: "The data's period lies within the line's", Class: Law, From: dawn, Moments: asking,
		Authority: "the agreement; the data may be older than the agreement", check: checkPeriod},
	{ID: "population", Title: "The rows asked for are among the line's", Class: Law, From: dawn, Moments: asking,
		Authority: "the agreement", check: checkPopulation},
	{ID: "identifiers", Title: "Direct identifiers only on identifiable lines", Class: Law, From: dawn, Moments: []Moment{MomentApproval, MomentRequest, MomentStart, MomentRelease},
		Authority: "HSCA 2012 s261; ICO anonymisation code", check: checkIdentifiers},

	{ID: "M1", Title: "The power supports identifiable data", Class: Law, From: dawn, Moments: always, History: true,
		Authority: "HSCA 2012 s261(1), (2)", check: checkM1},
	{ID: "M2", Title: "Identifiable data have a confidentiality route", Class: Law, From: dawn, Moments: always, History: true,
		Authority: "common law duty of confidentiality; dated list of exceptions", check: checkM2},
	{ID: "M3", Title: "Power and route agree on section 251 support", Class: Law, From: dawn, Moments: always, History: true,
		Authority: "NHS Act 2006 s251; HSCA 2012 s261(7)", check: checkM3},
	{ID: "M4", Title: "Opt-outs are applied under section 251 support", Class: Law, From: terms.NewDate(2016, 4, 29), Moments: always, History: true,
		Authority: "Type 2 directions 2016; National Data Opt-Out policy ch. 5", check: checkM4},
	{ID: "M5", Title: "Opt-outs only where the route asks for them", Class: Advice, From: dawn, Moments: always, History: true,
		Authority: "National Data Opt-Out policy ch. 6", check: checkM5},
	{ID: "M6", Title: "Pseudonymised data need no opt-outs", Class: Advice, From: dawn, Moments: always, History: true,
		Authority: "National Data Opt-Out policy ch. 6", check: checkM6},
	{ID: "M7", Title: "A stronger power carries pseudonymised data too", Class: Advice, From: dawn, Moments: always, History: true,
		Authority: "HSCA 2012 s261", check: checkM7},
	{ID: "M8", Title: "The reason for no opt-outs fits the type of data", Class: Advice, From: dawn, Moments: always, History: true,
		Authority: "National Data Opt-Out policy ch. 6", check: checkM8},
	{ID: "M9", Title: "The power is recorded", Class: Law, From: dawn, Moments: always, History: true,
		Authority: "HSCA 2012 s261", check: checkM9},
	{ID: "M10", Title: "The confidentiality route is recorded", Class: Law, From: dawn, Moments: always, History: true,
		Authority: "common law duty of confidentiality", check: checkM10},

	{ID: "approval-scope", Title: "Section 251 support or a COPI notice covers the flow and is in date", Class: Law, From: dawn, Moments: always,
		Authority: "COPI Regulations 2002 reg 2, 3(4), 5; DARS standard on duty of confidentiality", check: checkApprovalScope},
	{ID: "opt-out-list", Title: "The opt-out list is fresh", Class: Law, From: dawn, Moments: []Moment{MomentStart, MomentRelease, MomentDownload},
		Authority: "National Data Opt-Out policy: the status must be refreshed, 21 days", check: checkOptOutList},
	{ID: "segregation", Title: "Lines that list the objectors together stay apart", Class: Policy, From: dawn, Moments: []Moment{MomentApproval, MomentRequest, MomentStart, MomentRelease},
		Authority: "agreements' own segregation condition (122 of 585 texts of February 2021)", check: checkSegregation},
	{ID: "framework-contract", Title: "Every controller has a framework contract", Class: Law, From: dawn, Moments: always,
		Authority: "DARS standard 1b: a contract for exactly the same entity", check: checkContract},
	{ID: "security-assurance", Title: "Controllers and processors have security assurance", Class: Policy, From: terms.NewDate(2018, 4, 1), Moments: always,
		Authority: "DARS standard 2a", check: checkAssurance},
	{ID: "parties-named", Title: "Every party is named", Class: Policy, From: dawn, Moments: always,
		Authority: "DARS standard 1b", check: checkPartiesNamed},
	{ID: "conditions", Title: "Precedent conditions are met", Class: Policy, From: dawn, Moments: onward,
		Authority: "DARS standard 6, special conditions", check: checkConditions},
	{ID: "hold", Title: "No hold stands", Class: Law, From: dawn, Moments: onward,
		Authority: "the discloser's incident procedure", check: checkHold},
	{ID: "recipient", Title: "The recipient is named in the version", Class: Law, From: dawn, Moments: onward,
		Authority: "the agreement", check: checkRecipient},
	{ID: "recipient-person", Title: "The person is a recipient now", Class: Law, From: dawn, Moments: []Moment{MomentDownload},
		Authority: "the agreement", check: checkPerson},
	{ID: "recipient-key", Title: "A public key of the recipient is on file", Class: Policy, From: dawn, Moments: []Moment{MomentStart, MomentRelease},
		Authority: "DARS standard 2a, transfer", check: checkKey},
	{ID: "file-available", Title: "The file has neither expired nor been withdrawn", Class: Law, From: dawn, Moments: []Moment{MomentDownload},
		Authority: "the agreement", check: checkFile},
	{ID: "purpose-acknowledged", Title: "The purpose has been acknowledged", Class: Policy, From: dawn, Moments: []Moment{MomentDownload},
		Authority: "DARS standard 5a", check: checkPurpose},
	{ID: "two-persons", Title: "Who asks and who approves are two persons", Class: Law, From: dawn, Moments: []Moment{MomentApproval, MomentStart, MomentRelease},
		Authority: "the discloser's scheme of delegation", check: checkTwoPersons},
}

var policyDigest = func() string {
	digest, err := terms.Digest(struct {
		Rules          []Rule      `json:"rules"`
		Unconfidential []exception `json:"unconfidential"`
		Exemptions     []exemption `json:"exemptions"`
	}{rules, unconfidential, optOutExemptions})
	if err != nil {
		panic(err)
	}
	return digest
}()

func checkInForce(c Case) finding {
	v, today := c.Version, terms.Today(c.At)
	switch {
	case v.State == terms.Recorded:
		return refuse("version", "%s is a record taken from another source, and was never taken on: it lacks what an extract needs", v.Reference)
	case v.Superseded || v.State == terms.Superseded || v.State == terms.Terminated || v.State == terms.Closed:
		return refuse("version", "%s is %s", v.Reference, v.State.Label())
	case v.State != terms.Signed:
		return refuse("version", "%s is %s, not signed", v.Reference, v.State.Label())
	case v.Starts.IsZero() || v.Ends.IsZero():
		return refuse("version", "the term of %s is not recorded", v.Reference)
	case today.Compare(v.Starts) < 0:
		return refuse("version", "%s starts on %s", v.Reference, v.Starts.Words())
	case today.Compare(v.Ends) > 0:
		return refuse("version", "%s expired at the end of %s", v.Reference, v.Ends.Words())
	}
	return pass("in force from %s to %s", v.Starts.Words(), v.Ends.Words())
}

func checkSigned(c Case) finding {
	if !c.Line.RecordLevel() {
		return notApplicable("suppressed tabulations need no signatures")
	}
	if len(c.Version.Needed) == 0 {
		return refuse("version.signatures", "no signatory is known: the version has no controller or no discloser")
	}
	var missing []string
	for _, s := range c.Version.Needed {
		if !slices.Contains(c.Version.Signed, s) {
			missing = append(missing, s.Organisation+" as "+s.Capacity)
		}
	}
	if len(missing) > 0 {
		return refuse("version.signatures", "not signed by %s", strings.Join(missing, ", "))
	}
	if !slices.ContainsFunc(c.Version.Needed, func(s Signatory) bool { return s.Capacity == "controller" }) {
		return refuse("version.signatures", "the version has no controller")
	}
	return pass("signed by %d of %d", len(c.Version.Needed), len(c.Version.Needed))
}

func checkGranted(c Case) finding {
	if !c.Granted {
		return refuse("line", "%s has no line %d", c.Version.Reference, c.Line.Number)
	}
	return pass("line %d, %s", c.Line.Number, c.Line.DatasetName)
}

func checkFields(c Case) finding {
	if c.Request == nil || len(c.Request.Columns) == 0 {
		return refuse("request.columns", "no columns are asked for")
	}
	var outside []string
	for _, column := range c.Request.Columns {
		if column.Derivation == terms.PersonPseudonym {
			continue // stands in every pseudonymised file; the identifiers rule keeps it off others
		}
		if !slices.Contains(c.Line.Fields, column.Field) {
			outside = append(outside, column.Field)
		}
	}
	if len(outside) > 0 {
		return refuse("request.columns", "not granted by line %d: %s", c.Line.Number, strings.Join(outside, ", "))
	}
	return pass("%d columns, all granted", len(c.Request.Columns))
}

func checkPeriod(c Case) finding {
	if c.Request == nil || c.Request.Period.From.IsZero() || c.Request.Period.To.IsZero() {
		return refuse("request.period", "the period asked for has no beginning or no end")
	}
	asked := c.Request.Period
	if asked.To.Compare(asked.From) < 0 {
		return refuse("request.period", "%s ends before it begins", asked)
	}
	if len(c.Line.Periods) == 0 {
		return refuse("request.period", "the line grants no period")
	}
	granted := make([]string, len(c.Line.Periods))
	for i, p := range c.Line.Periods {
		granted[i] = p.String()
	}
	if day, all := firstNotGranted(asked, c.Line.Periods); !all {
		return refuse("request.period", "%s is outside the line's %s, from %s", asked, strings.Join(granted, ", "), day.Words())
	}
	return pass("%s lies within %s", asked, strings.Join(granted, ", "))
}

// firstNotGranted walks the days asked for: a line by years grants the years
// side by side. all is true if no day is left over.
func firstNotGranted(asked terms.Period, granted []terms.Period) (day terms.Date, all bool) {
	sorted := slices.Clone(granted)
	slices.SortFunc(sorted, func(a, b terms.Period) int { return a.From.Compare(b.From) })
	day = asked.From
	for _, p := range sorted {
		if !p.Contains(day) {
			continue
		}
		if p.To.IsZero() || asked.To.Compare(p.To) <= 0 {
			return terms.Date{}, true
		}
		day = p.To.AddDays(1)
	}
	return day, false
}

func checkPopulation(c Case) finding {
	if c.Request == nil {
		return refuse("request.population", "nothing is asked for")
	}
	var outside []string
	for _, asked := range c.Request.Population {
		for _, granted := range c.Line.Population {
			if asked.Field == granted.Field && !asked.SubsetOf(granted) {
				outside = append(outside, fmt.Sprintf("%s in %s (granted: %s)", asked.Field, strings.Join(asked.In, ", "), strings.Join(granted.In, ", ")))
			}
		}
	}
	if len(outside) > 0 {
		return refuse("request.population", "outside the line's population: %s", strings.Join(outside, "; "))
	}
	return pass("within the line's population, whose filters hold as well")
}

func checkIdentifiers(c Case) finding {
	if identifiable(c) {
		if c.Request != nil && slices.ContainsFunc(c.Request.Columns, func(col Column) bool { return col.Derivation == terms.PersonPseudonym }) {
			return refuse("request.columns", "no pseudonym stands on an identifiable file: it would join it to the others")
		}
		return pass("the line is identifiable")
	}
	class := map[string]terms.FieldClass{}
	for _, f := range c.Fields {
		class[f.Name] = f.Class
	}
	var bad []string
	ask := func(name string, derivation terms.Derivation) {
		switch known, ok := class[name]; {
		case !ok && c.Moment != MomentApproval:
			bad = append(bad, name+" (of unknown class)")
		case known == terms.DirectIdentifier && (derivation == terms.NoDerivation || derivation == ""):
			bad = append(bad, name)
		}
	}
	if c.Request != nil {
		for _, col := range c.Request.Columns {
			if col.Derivation != terms.PersonPseudonym {
				ask(col.Field, col.Derivation)
			}
		}
	}
	if len(bad) > 0 {
		return refuse("request.columns", "%s on a line that is not identifiable", strings.Join(bad, ", "))
	}
	return pass("no direct identifier is asked for")
}

// holds says whether the approval is in date; without both its dates nobody
// can tell that it is.
func (a Approval) holds(day terms.Date) bool {
	return !a.Starts.IsZero() && !a.Ends.IsZero() && terms.Period{From: a.Starts, To: a.Ends}.Contains(day)
}

// checkApprovalScope wants section 251 support, or the notice under COPI
// regulation 3, that covers this dataset in this direction today. Support for
// the way in, under which a cohort was linked, may lapse before a download.
func checkApprovalScope(c Case) finding {
	switch {
	case c.Line.Route != terms.RouteSection251 && c.Line.Route != terms.RouteCOPI3:
		return notApplicable("the route is neither section 251 support nor COPI regulation 3")
	case c.Line.Route == terms.RouteCOPI3 && !identifiable(c):
		return notApplicable("what leaves is not identifiable, and COPI regulation 3 needs no support for linkage")
	}
	flow := "out"
	if !identifiable(c) {
		flow = "in"
	}
	today := terms.Today(c.At)
	var why, lapsed []string
	for _, a := range c.Approvals {
		switch {
		case !slices.Contains(a.Datasets, c.Line.Dataset):
			why = append(why, a.Reference+" does not cover "+c.Line.DatasetName)
		case !slices.Contains(a.Flows, flow):
			why = append(why, fmt.Sprintf("%s does not cover the flow %s", a.Reference, flow))
		case !a.holds(today):
			why = append(why, fmt.Sprintf("%s held from %s to %s", a.Reference, a.Starts.Words(), a.Ends.Words()))
			if !a.Ends.IsZero() && a.Ends.Compare(today) < 0 {
				lapsed = append(lapsed, a.Reference)
			}
		case identifiable(c) && a.OptOutsApply && !c.Line.OptOut.Applied():
			why = append(why, a.Reference+" asks for opt-outs to be applied, and the line does not")
		default:
			return pass("%s, to %s", a.Reference, a.Ends.Words())
		}
	}
	switch {
	case flow == "in" && c.Moment == MomentDownload && len(lapsed) > 0:
		return warn("%s has lapsed: nothing new may be linked, what was linked may be downloaded", strings.Join(lapsed, ", "))
	case len(why) == 0:
		return refuse("version.approvals", "no approval or notice is on record")
	}
	return refuse("version.approvals", "%s", strings.Join(why, "; "))
}

func checkOptOutList(c Case) finding {
	if !c.Line.OptOut.Applied() {
		return notApplicable("opt-outs are not applied: %s", c.Line.OptOut.Label())
	}
	if c.Moment == MomentDownload && !c.FirstDownload {
		return notApplicable("not the first download")
	}
	if c.OptOutList == nil || c.OptOutList.AsOf.IsZero() {
		return refuse("optOutList", "no opt-out list is known")
	}
	limit := c.OptOutFresh
	if limit <= 0 {
		return refuse("optOutList", "how old a list may be is not set")
	}
	if oldest := terms.Today(c.At.Add(-limit)); c.OptOutList.AsOf.Compare(oldest) < 0 {
		return refuse("optOutList", "the list is of %s, older than %d days: land a newer one and run again", c.OptOutList.AsOf.Words(), int(limit/(24*time.Hour)))
	}
	if c.OptOutList.AsOf.Compare(terms.Today(c.At)) > 0 {
		return refuse("optOutList", "the list is dated %s, in the future", c.OptOutList.AsOf.Words())
	}
	return pass("the list is of %s", c.OptOutList.AsOf.Words())
}

func checkSegregation(c Case) finding {
	if !slices.ContainsFunc(c.Siblings, func(s Sibling) bool { return s.Number == c.Line.Number }) {
		return refuse("line.segment", "the lines of the agreement are not known")
	}
	held := slices.ContainsFunc(c.Conditions, func(k Condition) bool { return k.Code == "separate_holders" })
	var clashes []string
	for _, s := range c.Siblings {
		if s.Number == c.Line.Number {
			continue
		}
		mixedType := (s.Type == terms.Identifiable) != identifiable(c)
		mixedOptOut := s.OptOut.Applied() != c.Line.OptOut.Applied()
		if !mixedType && !mixedOptOut {
			continue
		}
		switch {
		case s.Segment == c.Line.Segment:
			clashes = append(clashes, fmt.Sprintf("line %d has the same segregated purpose %q", s.Number, s.Segment))
		case c.Recipient != nil && slices.Contains(s.Recipients, c.Recipient.Organisation):
			clashes = append(clashes, fmt.Sprintf("%s receives line %d as well", c.Recipient.Organisation, s.Number))
		case !held:
			clashes = append(clashes, fmt.Sprintf("no condition names separate holders for line %d", s.Number))
		}
	}
	if len(clashes) > 0 {
		return refuse("line.segment", "identifiable beside pseudonymised data, or with beside without opt-outs, would list the objectors: %s", strings.Join(clashes, "; "))
	}
	return pass("no other line can be joined to this one by its holder")
}

func checkContract(c Case) finding {
	if !c.Line.RecordLevel() {
		return notApplicable("suppressed tabulations need no contract")
	}
	var bad []string
	controllers := 0
	for _, p := range c.Parties {
		if p.Role != terms.Controller {
			continue
		}
		controllers++
		switch {
		case p.Contract == "":
			bad = append(bad, p.Organisation+" has none on record")
		case p.ContractTerm.From.IsZero() || p.ContractTerm.To.IsZero():
			bad = append(bad, fmt.Sprintf("%s of %s has no term on record", p.Contract, p.Organisation))
		case !p.ContractTerm.Contains(terms.Today(c.At)):
			bad = append(bad, fmt.Sprintf("%s of %s held %s", p.Contract, p.Organisation, p.ContractTerm))
		}
	}
	if controllers == 0 {
		return refuse("parties", "the version names no controller")
	}
	if len(bad) > 0 {
		return refuse("parties", "%s", strings.Join(bad, "; "))
	}
	return pass("%d controllers under contract", controllers)
}

func checkAssurance(c Case) finding {
	if !c.Line.RecordLevel() {
		return notApplicable("suppressed tabulations need no assurance")
	}
	var bad, cautions []string
	for _, p := range c.Parties {
		if p.Role != terms.Controller && p.Role != terms.Processor {
			continue
		}
		a := p.Assurance
		switch {
		case a.Kind == "":
			bad = append(bad, p.Organisation+" has none on record")
		case a.To.IsZero() || terms.Today(c.At).Compare(a.To) > 0:
			bad = append(bad, fmt.Sprintf("%s of %s ended on %s", a.Kind, p.Organisation, a.To.Words()))
		case a.Kind == "DSPT" && a.Status == "Approaching Standards":
			if !slices.ContainsFunc(c.Conditions, func(k Condition) bool { return k.Code == "assurance_plan" && !k.Due.IsZero() }) {
				bad = append(bad, p.Organisation+" approaches the standards, and no dated condition holds it to its plan")
			}
		case a.Kind == "DSPT" && a.Status != "Standards Met" && a.Status != "Standards Exceeded":
			bad = append(bad, fmt.Sprintf("%s: %q", p.Organisation, a.Status))
		case !a.Reviewed && slices.ContainsFunc(c.Conditions, func(k Condition) bool { return k.Code == "assurance_review" }):
			cautions = append(cautions, p.Organisation+" is to be reviewed, by a special condition")
		case !a.Reviewed && !identifiable(c):
			cautions = append(cautions, p.Organisation+"'s has not been reviewed, and no special condition asks for it")
		case !a.Reviewed:
			bad = append(bad, p.Organisation+"'s has not been reviewed, and no special condition asks for it")
		}
	}
	switch {
	case len(bad) > 0:
		return refuse("parties", "%s", strings.Join(bad, "; "))
	case len(cautions) > 0:
		return warn("%s", strings.Join(cautions, "; "))
	case len(c.Parties) == 0:
		return refuse("parties", "the version names no party")
	}
	return pass("all in date and reviewed")
}

func checkPartiesNamed(c Case) finding {
	var unnamed []string
	for _, p := range c.Parties {
		if p.Placeholder {
			unnamed = append(unnamed, p.Organisation)
		}
	}
	if len(unnamed) > 0 {
		return refuse("parties", "the source does not name: %s", strings.Join(unnamed, ", "))
	}
	return pass("every party is named")
}

func checkConditions(c Case) finding {
	var open []string
	for _, k := range c.Conditions {
		if k.Kind == "precedent" && !k.Met {
			open = append(open, k.Text)
		}
	}
	if len(open) > 0 {
		return refuse("version.conditions", "not met: %s", strings.Join(open, "; "))
	}
	return pass("no precedent condition is open")
}

func checkHold(c Case) finding {
	var reasons []string
	for _, h := range c.Holds {
		reasons = append(reasons, h.Reason)
	}
	if len(reasons) > 0 {
		return refuse("agreement", "on hold: %s", strings.Join(reasons, "; "))
	}
	return pass("no hold stands")
}

func checkRecipient(c Case) finding {
	if c.Recipient == nil || c.Recipient.Organisation == "" {
		return refuse("recipient", "no recipient is named")
	}
	if !c.Recipient.Named {
		return refuse("recipient", "%s is no recipient or controller of the version", c.Recipient.Organisation)
	}
	return pass("%s is named in the version", c.Recipient.Organisation)
}

func checkPerson(c Case) finding {
	if c.Recipient == nil || c.Recipient.PersonID == "" {
		return refuse("person", "nobody is named")
	}
	if !c.Recipient.Member {
		return refuse("person", "the person is not, or no longer, a recipient of %s", c.Recipient.Organisation)
	}
	return pass("the person is a recipient of %s", c.Recipient.Organisation)
}

func checkKey(c Case) finding {
	if !c.Line.RecordLevel() {
		return notApplicable("suppressed tabulations need no key")
	}
	if c.Recipient == nil || c.Recipient.Keys == 0 {
		return refuse("recipient.key", "no public key is on file: a recipient adds one on the keys page")
	}
	return pass("%d public keys on file", c.Recipient.Keys)
}

func checkFile(c Case) finding {
	switch {
	case c.Recipient == nil:
		return refuse("file", "nothing is known of the file")
	case c.Recipient.FileWithdraw:
		return refuse("file", "the file was withdrawn")
	case c.Recipient.FileExpired:
		return refuse("file", "the file has expired")
	}
	return pass("the file is available")
}

func checkPurpose(c Case) finding {
	if c.Recipient == nil || !c.Recipient.Acknowledged {
		return refuse("purpose", "read what the data are for, and acknowledge it first")
	}
	return pass("the purpose was acknowledged")
}

func checkTwoPersons(c Case) finding {
	if c.Approver == "" {
		return refuse("approver", "nobody has approved it")
	}
	if c.Moment == MomentApproval {
		if c.Version.WrittenBy == "" || c.Version.SubmittedBy == "" {
			return refuse("approver", "who wrote or submitted the version is not known")
		}
		if c.Approver == c.Version.WrittenBy || c.Approver == c.Version.SubmittedBy {
			return refuse("approver", "who approves wrote or submitted the version")
		}
		return pass("who approves neither wrote nor submitted the version")
	}
	if c.Request == nil || c.Request.Requester == "" {
		return refuse("requester", "who asked for it is not known")
	}
	if c.Approver == c.Request.Requester {
		return refuse("approver", "who approves asked for it")
	}
	return pass("asked for and approved by two persons")
}
