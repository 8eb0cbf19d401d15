package browsertest

import (
	"os"
	"path/filepath"
	"testing"

	"data.release/registrar/release"
	"data.release/registrar/release/access"
	"data.release/registrar/web/recipient/recipienttest"
)

// TestParties looks at organisations, people, incidents and the agreements of
// the register of February 2021 that wait to be taken on.
func TestParties(t *testing.T) {
	site, issuerURL, arranged := members(t)
	const edition = "releaseregister_20210201_20210228.xlsx"
	content, err := os.ReadFile(filepath.Join("../../testdata/register", edition))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := arranged.Service.ImportEdition(t.Context(), access.Actor{System: "import"}, release.EditionFile{Name: edition, Content: content}); err != nil {
		t.Fatal(err)
	}
	if _, err := arranged.Service.GrantRole(t.Context(), recipienttest.System, release.Grant{Email: recipienttest.Email("Olu Officer"), Name: "Olu Officer", Role: access.Operator, Organisation: "the-body"}); err != nil {
		t.Fatal(err)
	}
	list, err := filepath.Abs("../../testdata/evidence/ods-ccg.csv")
	if err != nil {
		t.Fatal(err)
	}
	run(t, "parties.test.mjs", "REGISTRAR_URL="+site.URL, "REGISTRAR_ISSUER="+issuerURL, "REGISTRAR_LIST="+list)
}
