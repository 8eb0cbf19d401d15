package browsertest

import (
	"encoding/json"
	"os"
	"testing"

	"entgo.io/ent/privacy"

	"data.release/registrar/ent/agreementversion"
	"data.release/registrar/release"
	"data.release/registrar/release/terms"
)

// TestFlows looks at the data flows of the Southend report, and at what an
// amendment changes, as the team.
func TestFlows(t *testing.T) {
	site, issuerURL, arranged := members(t)
	ctx, officer := t.Context(), arranged.People["Olu Officer"]
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile("../../testdata/seeds-003/flows.json")
	must(err)
	var section struct {
		Flows    []terms.Flow
		Licences []terms.Licence
	}
	must(json.Unmarshal(text, &section))
	enquiry, err := arranged.Service.StartApplication(ctx, officer, release.StartInput{Applicant: "example-university", Title: "Southend", Enquiry: true})
	must(err)
	_, err = arranged.Service.SaveSection(ctx, officer, enquiry, 0, release.FlowsSectionOf(section.Flows, section.Licences))
	must(err)

	signed, err := arranged.Service.Read().AgreementVersion.Query().Where(agreementversion.StateEQ(terms.Signed)).OnlyID(privacy.DecisionContext(ctx, privacy.Allow))
	must(err)
	next, err := arranged.Service.NextVersion(ctx, officer, signed, release.NextInput{Kind: terms.VersionAmendment, Reason: "More to study (made up)."})
	must(err)
	draft, err := arranged.Service.ReadApplication(ctx, officer, next)
	must(err)
	purpose, flows := draft.Application.PurposeSection, draft.Application.FlowsSection
	purpose.Objective, purpose.Outputs = "To study waiting times and delays.\n- by region", purpose.Outputs+" "
	flows.Flows = nil
	for _, changed := range []release.Section{purpose, flows} {
		_, err = arranged.Service.SaveSection(ctx, officer, next, draft.Revisions[changed.Step()], changed)
		must(err)
	}
	run(t, "flows.test.mjs", "REGISTRAR_URL="+site.URL, "REGISTRAR_ISSUER="+issuerURL, "REGISTRAR_FLOWS=/team/versions/"+enquiry.String()+"/flows",
		"REGISTRAR_DIFF=/team/versions/"+signed.String()+"/diff/"+next.String())
}
