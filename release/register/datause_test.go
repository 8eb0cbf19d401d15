package register_test

import (
	"slices"
	"testing"

	"data.release/registrar/release/register"
	"data.release/registrar/release/terms"
)

// The first day of an edition is no day of approval.
func TestDataUsesHaveTheApprovalsThatWerePublished(t *testing.T) {
	fields := register.DataUseFields()
	approval := fields[slices.IndexFunc(fields, func(f register.DataUseField) bool { return f.Member == "latest_approval_date" })]
	month := [2]terms.Date{terms.NewDate(2021, 2, 1), terms.NewDate(2021, 2, 28)}
	day := [2]terms.Date{terms.NewDate(2023, 12, 15), terms.NewDate(2023, 12, 15)}
	for name, c := range map[string]struct {
		edition, cells string
		days           [2]terms.Date
		kind           register.Kind
		want           string
	}{
		"made here":                         {"", "", day, register.Agreement, "2023-12-15"},
		"of an edition without the column":  {"ab", `{"organisation":"Somebody"}`, month, register.Agreement, ""},
		"published":                         {"ab", `{"approved":"15/12/2023"}`, day, register.Agreement, "2023-12-15"},
		"published, and no day":             {"ab", `{"approved":"soon"}`, day, register.Agreement, ""},
		"a correction of an imported entry": {"", "", month, register.Correction, ""},
	} {
		e := register.Entry{Kind: c.kind, Corrects: register.Agreement, Edition: c.edition, EventFrom: c.days[0], EventTo: c.days[1]}
		if c.cells != "" {
			e.With(register.AsPublished, c.cells)
		}
		if got := approval.Value(e); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
