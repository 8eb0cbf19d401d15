package applicant

import (
	"testing"

	"data.release/registrar/web/page/pagetest"
)

func TestPages(t *testing.T) { pagetest.Check(t) }
