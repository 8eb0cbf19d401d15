package browsertest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"data.release/registrar/extract/worker"
	"data.release/registrar/release/access"
	"data.release/registrar/web/recipient/recipienttest"
	"data.release/registrar/web/webtest"
)

// TestRegistering drives the pages by which the team imports editions and puts
// the register right, as whom the header Who names.
func TestRegistering(t *testing.T) {
	people := map[string]access.Actor{}
	site := as(t, people)
	arranged := recipienttest.Arrange(t, recipienttest.Config{DB: site.DB.DB, Files: recipienttest.Store(t), Issuer: "test",
		Clock: func() time.Time { return webtest.Moment }, Planner: worker.Planner{}})
	for name, actor := range arranged.People {
		people[name] = actor
	}
	people["Cal Guardian"] = access.Actor{PersonID: people["Olu Officer"].PersonID, Name: "Cal Guardian", Memberships: []access.Membership{{Role: access.CaldicottGuardian}}}
	edition := filepath.Join(t.TempDir(), "uses.csv")
	if err := os.WriteFile(edition, []byte(`Lead applicant organisation name,Project ID,Project title,Dataset(s) name,Data sensitivity level,National data opt-out applied?,Release/Access date,Access type,Latest approval date,A column of no layout
"University of York, The",U1,One,Made-up Episodes,De-Personalised,No,2024-02-01,Release,2023-12-15,kept
"University of York, The",U2,Two,Made-up Episodes,De-Personalised,Perhaps,2024-02-01,Release,2023-12-15,kept
`), 0o600); err != nil {
		t.Fatal(err)
	}
	site.Sign(t)
	run(t, "registering.test.mjs", "REGISTRAR_URL="+site.URL, "EDITION="+edition)
}
