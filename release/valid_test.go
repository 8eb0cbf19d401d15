package release

import (
	"errors"
	"slices"
	"testing"

	"data.release/registrar/release/fault"
)

// TestTextsThatNobodyCanRead: NUL, bytes that are no text and marks that turn
// text around are refused wherever they stand, each at its own path.
func TestTextsThatNobodyCanRead(t *testing.T) {
	err := valid(Application{Applicant: "a", PurposeSection: PurposeSection{Title: "Safe \u202egnp.exe", Objective: "a\x00b", Outputs: "line\nline\ttab é 中"},
		LinesSection: LinesSection{Lines: []LineInput{{DatasetName: "x", Fields: []string{"a", "\xff"}}}}})
	var told *fault.Error
	if !errors.As(err, &told) || !errors.Is(err, fault.Invalid) {
		t.Fatal(err)
	}
	var at []string
	for _, r := range told.Reasons {
		if r.Code == "text" {
			at = append(at, r.Field)
		}
	}
	if want := []string{"title", "objective", "lines[0].fields[1]"}; !slices.Equal(at, want) {
		t.Errorf("%q, not %q", at, want)
	}
}
