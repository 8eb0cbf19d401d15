package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"data.release/registrar/release"
	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// The scenario: one agreement as a published source has it, and one made up.
var (
	//go:embed scenario/nic-69431.json
	nic69431 []byte
	//go:embed scenario/demonstration.json
	demonstration []byte
)

// chain is what the demonstration's main job made; kept so that a second run
// goes on from there.
type chain struct {
	Seed      string  `json:"seed"`      // version of NIC-69431-K1K8R
	Version   string  `json:"version"`   // of the made-up agreement
	Stem      string  `json:"stem"`      // its stem
	Extract   string  `json:"extract"`   // pseudonymised, to the university
	Validated string  `json:"validated"` // identifiable, to the trust
	Entries   []int64 `json:"entries"`   // of the releases
	Done      bool    `json:"done"`
	Enquiry   string  `json:"enquiry"`   // version of the Southend enquiry
	Amendment string  `json:"amendment"` // draft of the agreement's second version
	Cases     bool    `json:"cases"`     // those are made
}

// runChain does the main job through GraphQL, as the people concerned and with
// their rights.
func (d *demo) runChain(ctx context.Context) error {
	steps := []func(context.Context) error{d.recordOrganisations, d.logSeed, d.logDemonstration, d.refuseBeforeSignature,
		d.approveAndSign, d.refuseOutside, d.addKeys, d.extractForUniversity, d.extractForTrust}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	d.chain.Done = true
	return d.keep()
}

// recordOrganisations records who takes part. Contract, assurance and fee of
// the made-up ones are made up; of the others they are not recorded.
func (d *demo) recordOrganisations(ctx context.Context) error {
	today := terms.Today(time.Now())
	from, to, assured := today.AddDays(-200), today.AddDays(900), today.AddDays(300)
	known := func(name, kind string) release.OrganisationFacts {
		return release.OrganisationFacts{Name: name, Kind: kind, ContractNumber: "CON-000001-DEMO (made up)", ContractFrom: &from, ContractTo: &to,
			AssuranceKind: "DSPT", AssuranceStatus: "Standards Met", AssuranceTo: &assured, AssuranceReviewed: true,
			ICONumber: "Z0000000 (made up)", ICOTo: &assured, Provenance: "made up for the demonstration"}
	}
	for _, facts := range []release.OrganisationFacts{
		known(discloser, "Agency/Public Body"), known(university, "Academic"), known(trust, "NHS Trust"), known(elsewhere, "Research"),
		{Name: "NHS England", Kind: "Agency/Public Body", Provenance: "named by the source of NIC-69431-K1K8R; contract and assurance not recorded"},
		{Name: "NHS Digital", Kind: "Agency/Public Body", Provenance: "the discloser of NIC-69431-K1K8R"},
		{Name: "The respective CSU", Kind: "CSU", Placeholder: true, Provenance: "the source of NIC-69431-K1K8R does not name it"},
	} {
		if err := d.recordOrganisation(ctx, facts); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) recordOrganisation(ctx context.Context, facts release.OrganisationFacts) error {
	input, err := variables(facts)
	if err != nil {
		return err
	}
	_, err = do[string](ctx, d.caller, "ada", `mutation($input: OrganisationInput!) { recordOrganisation(input: $input) }`, map[string]any{"input": input})
	return err
}

func (d *demo) logApplication(ctx context.Context, user string, application release.Application) (string, error) {
	input, err := variables(application)
	if err != nil {
		return "", err
	}
	return do[string](ctx, d.caller, user, `mutation($input: ApplicationInput!) { logApplication(input: $input) }`, map[string]any{"input": input})
}

// logSeed writes NIC-69431-K1K8R down from its source, with its processing steps
// as data flows.
func (d *demo) logSeed(ctx context.Context) error {
	var application release.Application
	if err := json.Unmarshal(nic69431, &application); err != nil {
		return fmt.Errorf("reading the scenario: %w", err)
	}
	flows, err := d.flowsOf("seeds-004")
	if err != nil {
		return err
	}
	application.FlowsSection = flows
	id, err := d.logApplication(ctx, "ada", application)
	if err != nil {
		return err
	}
	d.chain.Seed = id
	d.say("NIC-69431-K1K8R is logged as its source has it: seventeen lines, seven regional centres, version and term not recorded.")
	return d.keep()
}

func (d *demo) logDemonstration(ctx context.Context) error {
	var application release.Application
	if err := json.Unmarshal(demonstration, &application); err != nil {
		return fmt.Errorf("reading the scenario: %w", err)
	}
	today := terms.Today(time.Now())
	starts, ends := today.AddDays(-7), today.AddDays(358)
	application.Starts, application.Ends = &starts, &ends
	for i := range application.Approvals {
		application.Approvals[i].Starts, application.Approvals[i].Ends = today.AddDays(-100), today.AddDays(600)
	}
	id, err := d.logApplication(ctx, "una", application)
	if err != nil {
		return err
	}
	d.chain.Version = id
	if _, err := do[bool](ctx, d.caller, "una", `mutation($v: UUID!) { submitVersion(version: $v) }`, map[string]any{"v": id}); err != nil {
		return err
	}
	d.say("The demonstration agreement is applied for by the university, and submitted.")
	return d.keep()
}

// column asks for a field as a derivation makes it.
func column(field string, derivation ...string) map[string]any {
	out := map[string]any{"field": field}
	if len(derivation) > 0 {
		out["derivation"] = derivation[0]
	}
	return out
}

func line(number int, from, to string, columns ...map[string]any) map[string]any {
	return map[string]any{"line": number, "columns": columns, "period": map[string]any{"from": from, "to": to}, "format": "csv"}
}

func outpatients() map[string]any {
	return line(2, "2003-04-01", "2004-03-31", column("ATTENDKEY", "record_pseudonym"), column("APPTDATE", "month"), column("APPTAGE", "age_band"),
		column("SEX"), column("RESGOR"), column("PROCODE3"), column("MAINSPEF"), column("ATTENDED"), column("POSTCODE", "postcode_district"))
}

func emergency() map[string]any {
	return line(3, "2007-04-01", "2008-03-31", column("AEKEY", "record_pseudonym"), column("ARRIVALDATE", "month"), column("ARRIVALAGE", "age_band"),
		column("SEX"), column("RESGOR"), column("PROCODE3"), column("AEATTENDCAT"), column("AEATTENDDISP"), column("POSTCODE", "postcode_district"))
}

func admissions() map[string]any {
	return line(1, "2001-04-01", "2002-03-31", column("NHS_NUMBER"), column("BIRTH_DATE"), column("EPIKEY", "record_pseudonym"), column("EPISTART"), column("EPIEND"),
		column("ADMIMETH"), column("SEX"), column("RESGOR"), column("PROCODE3"), column("DIAG_4_01"))
}

func (d *demo) request(ctx context.Context, recipient string, lines ...map[string]any) (string, error) {
	return do[string](ctx, d.caller, "una", `mutation($input: ExtractRequestInput!) { requestExtract(input: $input) }`,
		map[string]any{"input": map[string]any{"version": d.chain.Version, "recipient": register.Slug(recipient), "lines": lines}})
}

// mustRefuse makes sure that the gate refused, and shows every reason.
func (d *demo) mustRefuse(err error, what string) error {
	var r refused
	if !errors.As(err, &r) || r.code != "refused" {
		return fmt.Errorf("%s was not refused: %v", what, err)
	}
	d.say("Refused, as it must be: %s.", what)
	for _, line := range reasonLines(r) {
		d.say("    - %s", line)
	}
	return nil
}

func (d *demo) refuseBeforeSignature(ctx context.Context) error {
	_, err := d.request(ctx, university, outpatients())
	return d.mustRefuse(err, "an extract before anyone has signed")
}

func (d *demo) approveAndSign(ctx context.Context) error {
	v := map[string]any{"v": d.chain.Version}
	for _, step := range []struct{ user, mutation string }{
		{"ada", `mutation($v: UUID!) { takeUp(version: $v) }`},
		{"rene", `mutation($v: UUID!) { reviewVersion(version: $v, input: {route: full, outcome: "recommended", advice: "The purposes are clear, the fields are needed, the holders are separate. (Made up.)"}) }`},
		{"iris", `mutation($v: UUID!) { approveVersion(version: $v, reason: "as the reviewer recommends") }`},
		{"ada", `mutation($v: UUID!) { issueVersion(version: $v) }`},
	} {
		if _, err := do[bool](ctx, d.caller, step.user, step.mutation, v); err != nil {
			return err
		}
	}
	var version struct {
		Node struct {
			TermsSha256 string
			Agreement   struct{ Stem string }
		}
	}
	err := d.caller.as(ctx, "ada", `query($v: ID!) { node(id: $v) { ... on AgreementVersion { termsSha256 agreement { stem } } } }`, v, &version)
	if err != nil {
		return err
	}
	d.chain.Stem = version.Node.Agreement.Stem
	for _, signature := range []struct{ user, organisation, capacity string }{
		{"una", university, "controller"}, {"tess", trust, "controller"}, {"dan", discloser, "discloser"},
	} {
		_, err := do[bool](ctx, d.caller, signature.user, `mutation($v: UUID!, $o: String!, $c: String!, $d: String!) { signVersion(version: $v, organisation: $o, capacity: $c, termsSha256: $d) }`,
			map[string]any{"v": d.chain.Version, "o": register.Slug(signature.organisation), "c": signature.capacity, "d": version.Node.TermsSha256})
		if err != nil {
			return err
		}
	}
	d.say("%s is reviewed, approved by someone else, issued, and signed by both controllers and the discloser, over the terms %.12s….", d.chain.Stem, version.Node.TermsSha256)
	return d.keep()
}

func (d *demo) refuseOutside(ctx context.Context) error {
	wide := outpatients()
	wide["columns"] = append(wide["columns"].([]map[string]any), column("NHS_NUMBER"), column("GPPRAC"))
	wide["period"] = map[string]any{"from": "2003-04-01", "to": "2006-03-31"}
	_, err := d.request(ctx, university, wide)
	return d.mustRefuse(err, "fields and a period outside the line")
}

func (d *demo) addKeys(ctx context.Context) error {
	for user, organisation := range map[string]string{"ravi": university, "tess": trust} {
		public, err := d.recipientKey(user)
		if err != nil {
			return err
		}
		_, err = do[string](ctx, d.caller, user, `mutation($o: String!, $k: String!) { addRecipientKey(organisation: $o, publicKey: $k) }`,
			map[string]any{"o": register.Slug(organisation), "k": public})
		var r refused
		if err != nil && !(errors.As(err, &r) && r.code == "conflict") {
			return err
		}
	}
	return nil
}

func (d *demo) extractForUniversity(ctx context.Context) error {
	id, err := d.extract(ctx, university, outpatients(), emergency())
	d.chain.Extract = id
	return err
}

func (d *demo) extractForTrust(ctx context.Context) error {
	id, err := d.extract(ctx, trust, admissions())
	d.chain.Validated = id
	return err
}

// extract asks, has a second person approve the plans, waits for the run, and
// has a third release it.
func (d *demo) extract(ctx context.Context, recipient string, lines ...map[string]any) (string, error) {
	id, err := d.request(ctx, recipient, lines...)
	if err != nil {
		return "", err
	}
	e := map[string]any{"e": id}
	var state struct {
		Node struct {
			State, PlanSha256, Failure string
			Progress                   int
		}
	}
	look := func() error {
		return d.caller.as(ctx, "ada", `query($e: ID!) { node(id: $e) { ... on Extract { state planSha256 failure progress } } }`, e, &state)
	}
	if err := look(); err != nil {
		return "", err
	}
	d.say("Allowed: an extract for the %s. Its plans have the digest %.12s….", recipient, state.Node.PlanSha256)
	_, err = do[bool](ctx, d.caller, "iris", `mutation($e: UUID!, $d: String!) { approveExtract(extract: $e, planSha256: $d, reason: "the plans are what the lines grant") }`,
		map[string]any{"e": id, "d": state.Node.PlanSha256})
	if err != nil {
		return "", err
	}
	err = eventually(ctx, "the run", 2*time.Minute, func() (bool, error) {
		if err := look(); err != nil {
			return false, err
		}
		switch state.Node.State {
		case "produced":
			return true, nil
		case "failed", "refused", "cancelled":
			return false, fmt.Errorf("the run ended as %s: %s", state.Node.State, state.Node.Failure)
		}
		return false, nil
	})
	if err != nil {
		return "", err
	}
	entries, err := do[[]int64](ctx, d.caller, "remy", `mutation($e: UUID!) { releaseExtract(extract: $e, reason: "counts add up, files checked") }`, e)
	if err != nil {
		return "", err
	}
	d.chain.Entries = append(d.chain.Entries, entries...)
	d.say("Run, checked and released: register entries %v.", entries)
	return id, d.keep()
}
