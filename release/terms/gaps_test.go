package terms_test

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"data.release/registrar/release/terms"
)

func TestTermGaps(t *testing.T) {
	on := func(raw string) terms.Date {
		if raw == "" {
			return terms.Date{}
		}
		d, err := terms.ParseDate(raw)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	version := func(number string, kind terms.VersionKind, starts, ends string) terms.VersionTerm {
		return terms.VersionTerm{Version: number, Kind: kind, Starts: on(starts), Ends: on(ends)}
	}
	for _, c := range []struct {
		name     string
		versions []terms.VersionTerm
		want     []terms.TermGap
	}{
		{"none", nil, nil},
		{"one", []terms.VersionTerm{version("v0.1", terms.VersionNew, "2024-01-01", "2024-12-31")}, nil},
		{"they meet", []terms.VersionTerm{version("v0.1", terms.VersionNew, "2024-01-01", "2024-12-31"),
			version("v1.0", terms.VersionRenewal, "2025-01-01", "2025-12-31")}, nil},
		{"a day is missing", []terms.VersionTerm{version("v0.1", terms.VersionNew, "2024-01-01", "2024-12-31"),
			version("v1.0", terms.VersionRenewal, "2025-01-02", "2025-12-31")},
			[]terms.TermGap{{Kind: terms.Gap, Before: "v0.1", After: "v1.0", From: on("2025-01-01"), To: on("2025-01-01"), Days: 1}}},
		{"a renewal that begins early", []terms.VersionTerm{version("v0.1", terms.VersionNew, "2024-01-01", "2024-12-31"),
			version("v1.0", terms.VersionRenewal, "2024-12-01", "2025-12-31")},
			[]terms.TermGap{{Kind: terms.Overlap, Before: "v0.1", After: "v1.0", From: on("2024-12-01"), To: on("2024-12-31"), Days: 31}}},
		{"an overlap that ends first", []terms.VersionTerm{version("v0.1", terms.VersionNew, "2024-01-01", "2024-12-31"),
			version("v1.0", terms.VersionRenewal, "2024-03-01", "2024-03-31")},
			[]terms.TermGap{{Kind: terms.Overlap, Before: "v0.1", After: "v1.0", From: on("2024-03-01"), To: on("2024-03-31"), Days: 31}}},
		{"an amendment takes the place", []terms.VersionTerm{version("v0.1", terms.VersionNew, "2024-01-01", "2024-12-31"),
			version("v1.0", terms.VersionAmendment, "2024-06-01", "2024-12-31")}, nil},
		{"an extension from the same start", []terms.VersionTerm{version("v0.1", terms.VersionNew, "2024-01-01", "2024-12-31"),
			version("v1.0", terms.VersionExtension, "2024-01-01", "2025-06-30")}, nil},
		{"an amendment after the end", []terms.VersionTerm{version("v0.1", terms.VersionNew, "2024-01-01", "2024-12-31"),
			version("v1.0", terms.VersionAmendment, "2025-02-01", "2025-12-31")},
			[]terms.TermGap{{Kind: terms.Gap, Before: "v0.1", After: "v1.0", From: on("2025-01-01"), To: on("2025-01-31"), Days: 31}}},
		{"not recorded", []terms.VersionTerm{version("", terms.VersionImported, "", ""),
			version("v1.0", terms.VersionRenewal, "2025-02-01", "2025-12-31")},
			[]terms.TermGap{{Kind: terms.Unknown, After: "v1.0"}}},
		{"a later number with an earlier term", []terms.VersionTerm{version("v1.0", terms.VersionNew, "2024-01-01", "2024-12-31"),
			version("v2.0", terms.VersionRenewal, "2022-01-01", "2022-12-31")}, nil},
	} {
		if got := terms.TermGaps(c.versions); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestTermGapsAreTheDaysThemselves: for two renewals, a day is in the gap if
// neither covers it and it lies between them, in the overlap if both do.
func TestTermGapsAreTheDaysThemselves(t *testing.T) {
	base := terms.NewDate(2024, 1, 1)
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.IntRange(0, 60).Draw(t, "start")
		b := rapid.IntRange(a, a+60).Draw(t, "end")
		c := rapid.IntRange(a, a+200).Draw(t, "next start")
		d := rapid.IntRange(c, c+60).Draw(t, "next end")
		gaps := terms.TermGaps([]terms.VersionTerm{
			{Version: "v1.0", Kind: terms.VersionNew, Starts: base.AddDays(a), Ends: base.AddDays(b)},
			{Version: "v2.0", Kind: terms.VersionRenewal, Starts: base.AddDays(c), Ends: base.AddDays(d)}})
		neither, both := 0, 0
		for day := a; day <= max(b, d); day++ {
			first, second := a <= day && day <= b, c <= day && day <= d
			if !first && !second && day < c {
				neither++
			}
			if first && second {
				both++
			}
		}
		got := map[terms.GapKind]int{}
		for _, g := range gaps {
			got[g.Kind] = g.Days
		}
		if got[terms.Gap] != neither || got[terms.Overlap] != both {
			t.Fatalf("%v, want a gap of %d and an overlap of %d", got, neither, both)
		}
	})
}
